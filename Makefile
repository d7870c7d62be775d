# Two commands do everything: `make demo` and `make test`. `make bench` times the kernels, `make bench-training` the training,
# `make survey` plays the installed LV2 effects, `make fuzz` feeds damaged files.
# All set up what they need in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Real plugins, the command-line hosts they are compared in, and a sound server without a sound card.
PACKAGES := liblilv-0-0 lilv-utils lv2file guitarix-lv2 zam-plugins dragonfly-reverb-lv2 lsp-plugins-lv2 x42-plugins \
    jackd2 libportaudio2
SOURCES := $(shell find bridge models presets training -type f -not -name '*.pyc' -not -path '*/__pycache__/*' -not -path '*.vst3/*')

.PHONY: demo test bench bench-training survey fuzz check format clean
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

# Where root may install them without being asked for a password; elsewhere the tests that need them are skipped and say so.
$(VENV)/packages: $(BIN)/python Makefile
	@if dpkg -s $(PACKAGES) >/dev/null 2>&1; then \
	    touch $@; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null && touch $@; \
	else \
	    echo "tests of real plugins and of live playing are skipped: they need $(PACKAGES)"; \
	fi

$(VENV)/benched: $(VENV)/tested
	$(BIN)/python -m pip install --quiet --quiet --constraint constraints.txt --group bench
	touch $@

demo: $(VENV)/installed
	$(BIN)/ampboard demo --out demo --overwrite

test: $(VENV)/installed $(VENV)/tested $(VENV)/packages
	$(BIN)/python -m pytest --cov --cov-report=term

# The page docs/benchmarks.md and its chart. BENCH="--vector 8" measures with narrower vectors.
bench: $(VENV)/installed $(VENV)/benched
	$(BIN)/python -m tests.benchmarks $(BENCH)

# The page docs/training-benchmarks.md and its chart: about two hours of one core. BENCH=--short takes 40 minutes.
bench-training: $(VENV)/installed $(VENV)/benched $(VENV)/packages
	$(BIN)/python -m tests.benchmarks.training $(BENCH)

# Plays every LV2 effect that is installed here and writes the table in docs/plugins.md.
survey: $(VENV)/installed $(VENV)/packages
	$(BIN)/python -m tests.survey $(SURVEY)

# Ten minutes of damaged files; FUZZ="--seconds 60 --seed 7" for less, or others.
fuzz: $(VENV)/installed
	$(BIN)/python -m tests.fuzz $(FUZZ)

check: $(VENV)/installed $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(VENV)/tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build dist demo
