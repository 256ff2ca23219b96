"""The story as a page and a picture: small networks on small pictures, and apart from them the papers' on ImageNet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from striate.runtime import write_atomically
from striate.studies.story import ChapterResults, Result, Story, quarter
from striate.text import printable, quantity
from striate.training import figure_png
from striate.words import translate_markdown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAGE_NAME, PICTURE_NAME = "README.md", "story.png"
_DOTS_PER_INCH = 120
_FULL_COLOUR, _QUARTER_COLOUR, _PAPER_COLOUR = "#0072B2", "#E69F00", "#555555"  # Okabe and Ito's, and a grey


@dataclass(frozen=True)
class PaperResult:
    """Errors in per cent on ImageNet's validation pictures, ILSVRC-2012, as a paper states them for one network."""

    network: str
    year: int
    parameters: str
    top1: float | None
    top5: float
    source: str


PAPER_RESULTS = (
    PaperResult("AlexNet", 2012, "61 M", 40.7, 18.2, "Krizhevsky et al. 2012, table 2, one network"),
    PaperResult("VGG-16", 2014, "138 M", 28.07, 9.33, "as He et al. 2016 quote it, table 3, ten crops"),
    PaperResult("GoogLeNet", 2014, "7 M", None, 9.15, "Szegedy et al. 2015, table 3, one network, ten crops"),
    PaperResult("ResNet-152", 2015, "60 M", 21.43, 5.71, "He et al. 2016, table 3, ten crops"),
)
"""LeNet-5 is not among them: it was never trained on ImageNet."""


_PAPER_TITLES = ("Network", "Year", "Parameters", "Top-1 error, %", "Top-5 error, %", "Source")


def write_page(story: Story, out: Path, command: str) -> None:
    """Write README.md and story.png in a folder; `command` is the one that made the results."""
    write_atomically(out / PICTURE_NAME, story_picture(story))
    page = translate_markdown(story_page(story, command, PICTURE_NAME))
    write_atomically(out / PAGE_NAME, page.encode())


def story_page(story: Story, command: str, picture: str) -> str:
    """The page as Markdown; `picture` is the path of the picture, seen from it."""
    first, last = story.chapters[0], story.chapters[-1]
    full, short = quantity(story.epochs, "epoch"), quantity(quarter(story.epochs), "epoch")
    return f"""# What {last.chapter.year - first.chapter.year} years bought

One set of pictures, one recipe, {len(story.chapters)} networks: what their ideas are worth, from LeNet-5 to ResNet.
Each network is a small version for pictures of 32×32, stated by its table (`striate summary {last.chapter.table}`).

![errors of the small networks here, and of the papers' networks on ImageNet]({picture})

## Here

Errors on the {story.images:,} {story.part} pictures of {printable(Path(story.data).name)}: nothing was learned from
them, and nothing chosen by them. All networks learn by one recipe (`striate train {last.chapter.table} --short`): the
same pictures in the same order with the same translations and flips; those without batch normalization at half the
rate.

{_table(_titles(story), [_row(results, story.epochs) for results in story.chapters])}

The figures of {full} are those of one seed, without an interval; of {short} the mean of {len(first.quarter)} seeds is
given, and the range in brackets. Minutes are those of {full} on {story.device},
at the speed of the network's fastest epoch: the machine may have had other work. A year is that of the paper; MACs are
multiply-adds for one picture.

## The papers, on ImageNet

Other pictures (1.2 million of 1,000 kinds), other recipes, networks up to a thousand times as large: not to be compared
with the table above, but for their order.

{_table(_PAPER_TITLES, map(_paper_row, PAPER_RESULTS))}

## Again

```
{command}
```

It continues where it was interrupted.
"""


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (titles, ["---"] * len(titles), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titles(story: Story) -> tuple[str, ...]:
    full, short = quantity(story.epochs, "epoch"), quantity(quarter(story.epochs), "epoch")
    errors = (f"Top-1 error, {full}", f"Top-5 error, {full}", f"Top-1 error, {short}")
    return ("Network", "Table", "Year", "Parameters", "MACs", *errors, "Minutes")


def _paper_row(paper: PaperResult) -> tuple[str, ...]:
    top1 = "–" if paper.top1 is None else str(paper.top1)
    return (paper.network, str(paper.year), paper.parameters, top1, str(paper.top5), paper.source)


def _row(results: ChapterResults, epochs: int) -> tuple[str, ...]:
    chapter, full = results.chapter, results.full
    errors = (f"{full.top1_error:.1%}", f"{full.top5_error:.1%}", _mean_and_range(results.quarter))
    cost = (f"{results.parameters:,}", f"{results.macs:,}")
    return (chapter.network, f"`{chapter.table}`", str(chapter.year), *cost, *errors, f"{results.minutes(epochs):.0f}")


def _mean_and_range(results: Sequence[Result]) -> str:
    errors = [result.top1_error for result in results]
    return f"{sum(errors) / len(errors):.1%} ({min(errors):.1%} to {max(errors):.1%})"


def story_picture(story: Story) -> bytes:
    """The picture as a PNG: on the left the networks here, on the right the papers'."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    here, papers = figure.subplots(1, 2, width_ratios=(5, 4))
    _draw_here(here, story)
    _draw_papers(papers)
    for axes in (here, papers):
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_axisbelow(True)
        axes.grid(axis="y", alpha=0.3)
        axes.set_ylim(0, 1.25 * axes.get_ylim()[1])  # room for the legend
        axes.legend(loc="upper right")
    return figure_png(figure, _DOTS_PER_INCH)


def _draw_here(axes: Axes, story: Story) -> None:
    full = [100 * results.full.top1_error for results in story.chapters]
    names = [f"{results.chapter.network}\n{results.chapter.year}" for results in story.chapters]
    _draw_bars(axes, names, full, _FULL_COLOUR, f"{quantity(story.epochs, 'epoch')}, one seed")
    short = [[100 * result.top1_error for result in results.quarter] for results in story.chapters]
    means = [sum(errors) / len(errors) for errors in short]
    below = [mean - min(errors) for mean, errors in zip(means, short, strict=True)]
    above = [max(errors) - mean for mean, errors in zip(means, short, strict=True)]
    label = f"{quantity(quarter(story.epochs), 'epoch')}, mean and range of {len(short[0])} seeds"
    axes.errorbar(names, means, yerr=(below, above), color=_QUARTER_COLOUR, fmt="s", capsize=4, label=label)
    axes.set(title=f"Small networks on {Path(story.data).name}", ylabel="top-1 error, %")


def _draw_papers(axes: Axes) -> None:
    names = [f"{paper.network}\n{paper.year}" for paper in PAPER_RESULTS]
    _draw_bars(axes, names, [paper.top5 for paper in PAPER_RESULTS], _PAPER_COLOUR, "one network, the papers'")
    axes.set(title="The papers' networks on ImageNet", ylabel="top-5 error, %")


def _draw_bars(axes: Axes, names: list[str], errors: list[float], colour: str, label: str) -> None:
    bars = axes.bar(names, errors, width=0.6, color=colour, label=label)
    axes.bar_label(bars, fmt="%.1f", label_type="center", color="white")
