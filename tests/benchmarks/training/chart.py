"""Error against processor time, a panel for each device."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from .jobs import OURS
from .records import Outcome
from .subjects import SUBJECTS


def write_chart(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Draw every run: ampboard's in full, dots at the ends of budgets; the peers' dashed."""
    finished = [one for one in outcomes if one.ended]
    subjects = [subject.name for subject in SUBJECTS if any(one.job.subject == subject.name for one in finished)]
    names = list(dict.fromkeys((one.job.trainer, one.job.architecture) for one in finished))
    figure = Figure(figsize=(9, 0.6 + 3.2 * ((len(subjects) + 1) // 2)), layout="constrained")
    panels = figure.subplots((len(subjects) + 1) // 2 or 1, 2, squeeze=False).flatten()
    for panel in panels[len(subjects) :]:
        panel.set_axis_off()
    for subject, panel in zip(subjects, panels, strict=False):
        for one in finished:
            if one.job.subject != subject:
                continue
            key = (one.job.trainer, one.job.architecture)
            ours, color = one.job.trainer == OURS, f"C{names.index(key)}"
            seconds = [point.cpu_seconds for point in one.points]
            errors = [point.esr for point in one.points]
            panel.plot(seconds, errors, "-" if ours else "--", color=color, linewidth=0.7 if ours else 1.5)
            panel.plot(seconds[-1:], errors[-1:], "o" if ours else "s", color=color, markersize=4, label=" ".join(key))
        panel.set(xscale="log", yscale="log", title=subject, xlabel="processor seconds", ylabel="ESR")
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        panel.grid(alpha=0.3)
    labels: dict[str, object] = {}
    for panel in panels:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            labels.setdefault(label, handle)
    figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=4, fontsize=8)  # pyright: ignore
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
