# Two commands do everything: `make demo` and `make test`. Both set up what they need in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := $(shell find bridge models presets training -type f -not -name '*.pyc' -not -path '*/__pycache__/*' -not -path '*.vst3/*')

.PHONY: demo test check format clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet --upgrade "pip>=25.1"

# The package as a user gets it: built by pip, with the native bridge compiled.
$(VENV)/installed: $(BIN)/python pyproject.toml CMakeLists.txt constraints.txt $(SOURCES)
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt .
	touch $@

$(VENV)/tested: $(BIN)/python pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --group test --group check
	touch $@

demo: $(VENV)/installed
	$(BIN)/ampboard demo --out demo --overwrite

test: $(VENV)/installed $(VENV)/tested
	$(BIN)/python -m pytest --cov --cov-report=term

check: $(VENV)/installed $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist demo
