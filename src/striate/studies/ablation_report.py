"""An ablation's files: ablation.json, ablation.png and, last, README.md."""

from __future__ import annotations

import json
from pathlib import Path

from striate.errors import TrainingError
from striate.runtime import write_atomically
from striate.studies.ablation_results import Ablation, TableResult, ablation_to_json, finding, interval, points
from striate.text import escape_markdown, printable, quantity, shorten
from striate.training import RUN_CONFIG_NAME, figure_png
from striate.words import translate_markdown

ABLATION_NAME, ABLATION_PLOT_NAME, REPORT_NAME = "ablation.json", "ablation.png", "README.md"
_DOTS_PER_INCH = 120
_NAME = 40  # letters of a table's or a data set's name in the picture
# Blue and vermilion of Okabe and Ito's palette, as in a run's plots.
_SEED_COLOUR, _MEAN_COLOUR = "#0072B2", "#D55E00"


def check_free(out: Path) -> None:
    """TrainingError if the directory holds something that the report of an ablation would overwrite, or is a run."""
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: exists already, and is no directory; give another one")
    if (out / RUN_CONFIG_NAME).exists():
        raise TrainingError(f"{out}: holds a run; an ablation needs a directory of its own")
    if not (out / ABLATION_NAME).exists():
        for name in (REPORT_NAME, ABLATION_PLOT_NAME):
            if (out / name).exists():
                raise TrainingError(f"{out}: holds a {name} that is no ablation's; give another directory")


def write_ablation(ablation: Ablation, command: str | None) -> None:
    """Write the files of a complete ablation."""
    out = ablation.directory
    document = json.dumps(ablation_to_json(ablation, command), indent=1, allow_nan=False) + "\n"
    write_atomically(out / ABLATION_NAME, document.encode())
    plot_ablation(ablation, out / ABLATION_PLOT_NAME)
    write_atomically(out / REPORT_NAME, translate_markdown(_report(ablation, command)).encode())


def plot_ablation(ablation: Ablation, path: Path) -> None:
    """For each variant the differences a seed as points, and below them their mean and interval, as a PNG."""
    from matplotlib.figure import Figure

    count = len(ablation.variants)
    figure = Figure(figsize=(8, 1.7 + 0.6 * count), layout="constrained")
    axis = figure.subplots()
    axis.axvline(0, color="0.4", linewidth=1)
    for place, variant in enumerate(ablation.variants):
        difference = variant.difference
        first = place == 0
        axis.plot(
            difference.by_seed, [place - 0.12] * ablation.seeds, "o", color=_SEED_COLOUR, markersize=5, alpha=0.6,
            label="a seed" if first else None,
        )  # fmt: skip
        low, high = difference.interval
        axis.errorbar(
            difference.mean, place + 0.16, xerr=[[difference.mean - low], [high - difference.mean]], fmt="D",
            color=_MEAN_COLOUR, markersize=5, capsize=4, label="mean and 95 % interval" if first else None,
        )  # fmt: skip
    axis.set_yticks(range(count), [_short(variant.result.table) for variant in ablation.variants])
    axis.set(ylim=(count - 0.5, -0.5), xlabel="validation accuracy minus the base's, points")
    axis.set_title(f"{_short(ablation.base.table)} and its variants on {_short(ablation.data)}")
    axis.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    write_atomically(path, figure_png(figure, _DOTS_PER_INCH))


def _short(name: str) -> str:
    return shorten(printable(name), _NAME)


def _report(ablation: Ablation, command: str | None) -> str:
    base = ablation.base.table
    findings = "\n".join(f"- {escape_markdown(finding(base, variant))}" for variant in ablation.variants)
    again = f"\n## Command\n\n```\n{command}\n```\n" if command else ""
    return f"""# {escape_markdown(base)} and its variants on {escape_markdown(ablation.data)}

{findings}

![differences of validation accuracy]({ABLATION_PLOT_NAME})

{ablation_tables(ablation)}

## Method

{quantity(ablation.seeds, "seed")}; {ablation.images:,} training images, {ablation.validation_images:,} validation
images; {_epochs(ablation)}. On {escape_markdown("; ".join(ablation.devices))}. For one seed all networks learn from the
same images in the same order with the same augmentation, and "shared" is the part of the first weights that the base
has too. A difference is the variant's validation accuracy minus the base's, in points of a percent; its interval is
that of the mean, by Student's t over the seeds. Seconds are those of training, without validation, the median.
{again}"""


def ablation_tables(ablation: Ablation) -> str:
    """The means with the cost, and the accuracies a seed, as tables in Markdown."""
    means = [
        "| network | accuracy | difference | 95 % interval | shared | parameters | MACs | seconds |",
        "|---|---|---|---|---|---|---|---|",
        _row(ablation.base, "", "", ""),
        *(
            _row(
                variant.result,
                points(variant.difference.mean),
                interval(variant.difference),
                f"{variant.shared_weights:.0%}",
            )
            for variant in ablation.variants
        ),
    ]
    header = ["network", *(f"seed {seed}" for seed in range(ablation.seeds))]
    by_seed = [_cells(header), _cells(["---"] * len(header))]
    by_seed.append(_cells([escape_markdown(ablation.base.table), *(f"{one:.2%}" for one in ablation.base.accuracies)]))
    for variant in ablation.variants:
        name, pairs = (
            escape_markdown(variant.result.table),
            zip(variant.result.accuracies, variant.difference.by_seed, strict=True),
        )
        by_seed.append(_cells([name, *(f"{accuracy:.2%} ({points(by)})" for accuracy, by in pairs)]))
    return "\n".join([*means, "", *by_seed])


def _row(result: TableResult, *difference: str) -> str:
    cost = (f"{result.parameters:,}", f"{result.macs:,}", f"{result.median_seconds:,.1f}")
    return _cells([escape_markdown(result.table), f"{result.accuracy:.2%}", *difference, *cost])


def _cells(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _epochs(ablation: Ablation) -> str:
    results = (ablation.base, *(variant.result for variant in ablation.variants))
    numbers = sorted({result.epochs for result in results})
    if len(numbers) == 1:
        return quantity(numbers[0], "epoch")
    return f"{numbers[0]} to {numbers[-1]} epochs"
