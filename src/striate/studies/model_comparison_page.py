"""The page of two models on the same pictures: report.html with its pictures, as `striate inspect` writes one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from striate.inspection.views import (
    COLOURS,
    HtmlReport,
    View,
    caption,
    label_axes,
    new_figure,
    new_image_grid,
    save_view,
    show_picture,
    write_html_report,
)
from striate.studies.model_comparison import ModelComparison
from striate.studies.model_comparison_text import (
    change_rows,
    changes_in_words,
    difference_rows,
    score_rows,
    some_of_each,
    verdict,
    weights_in_words,
)
from striate.text import printable, shorten
from striate.words import translate

_SHOWN_OF_KIND = 16
_COLUMNS = 8
_CLASSES = 40
_TENSORS = 40
_NAME, _CAPTION = 30, 10
"""Letters of a name beside a bar, and above a small picture."""


def write_comparison_page(comparison: ModelComparison, directory: Path) -> Path:
    """Write report.html and its pictures into a directory, made if it is missing; returns the page's path."""
    directory.mkdir(parents=True, exist_ok=True)
    saved = tuple(save_view(view, directory) for view in comparison_views(comparison))
    first, second = comparison.names
    plans = (comparison.tables.first.plan, comparison.tables.second.plan)
    title = translate("{first} and {second} on {data}")
    title = title.format(first=first, second=second, data=comparison.data)
    return write_html_report(HtmlReport(title, plans, saved), directory)


def comparison_views(comparison: ModelComparison) -> Iterator[View]:
    """The sections of the page: scores, classes, changed answers, tables and recipes, weights."""
    yield _scores_view(comparison)
    yield _classes_view(comparison)
    if comparison.changes:
        yield _changes_view(comparison)
    yield _networks_view(comparison)
    if comparison.weights.shared and not comparison.weights.equal:
        yield _weights_view(comparison)


def _scores_view(comparison: ModelComparison) -> View:
    answers, (low, high) = comparison.answers, comparison.interval
    figure = new_figure(1.6, width=6.5)
    axes = figure.subplots()
    difference = 100 * answers.difference
    reach = [[difference - 100 * low], [100 * high - difference]]
    axes.errorbar([difference], [0], xerr=reach, fmt="o", capsize=5, color=COLOURS[1])
    axes.axvline(0, color=COLOURS[6], linewidth=1)
    axes.set(yticks=[], ylim=(-1, 1))
    label_axes(axes, "top-1, points: the second less the first, with its 95 % interval", "")
    evaluations = comparison.evaluations
    trained = [
        f"{printable(name)} was trained on {evaluation.trained_on:,} of these pictures: its scores flatter."
        for name, evaluation in zip(comparison.names, evaluations, strict=True)
        if evaluation.leak
    ]
    return View(
        "scores",
        "Scores",
        (verdict(comparison), *trained),
        figure,
        header=("Score", *comparison.names, "Difference"),
        rows=score_rows(comparison),
    )


def _classes_view(comparison: ModelComparison) -> View:
    present = [row for row in comparison.classes if row.images]
    rows = sorted(present, key=lambda row: row.recall[1] - row.recall[0])
    drawn = rows if len(rows) <= _CLASSES else [*rows[: _CLASSES // 2], *rows[-_CLASSES // 2 :]]
    figure = new_figure(0.8 + 0.22 * len(drawn), width=6.5)
    axes = figure.subplots()
    gains = [100 * (row.recall[1] - row.recall[0]) for row in drawn]
    axes.barh(range(len(drawn)), gains, color=[COLOURS[3] if gain < 0 else COLOURS[1] for gain in gains])
    axes.set_yticks(range(len(drawn)), [shorten(printable(row.name), _NAME) for row in drawn])
    axes.invert_yaxis()
    axes.axvline(0, color=COLOURS[6], linewidth=1)
    label_axes(axes, "recall, points: the second less the first", "")
    names = [f"{measure}, {name}" for measure in ("Recall", "Precision") for name in comparison.names]
    cells = [(row.name, str(row.images), *(f"{share:.1%}" for share in (*row.recall, *row.precision))) for row in rows]
    words = ("The classes from the most that was lost to the most that was won. One class alone has few pictures.",)
    return View("classes", "Class by class", words, figure, header=("Class", "Pictures", *names), rows=cells)


def _changes_view(comparison: ModelComparison) -> View:
    shown = some_of_each(comparison.changes, _SHOWN_OF_KIND)
    lines = -(-len(shown) // _COLUMNS)
    figure, axes = new_image_grid(lines, _COLUMNS, "class: first's answer → second's")
    for axis, change in zip(axes.flat, shown, strict=False):
        show_picture(axis, np.moveaxis(comparison.images.pictures[change.image], 2, 0))
        caption(axis, f"{_short(change.true)}:\n{_short(change.first[0])} → {_short(change.second[0])}")
    words = [changes_in_words(comparison)]
    if len(shown) < len(comparison.changes):
        words.append(f"Shown are {_SHOWN_OF_KIND} of each kind at most, those of which the second is surest.")
    header = ("Picture", "Class", *comparison.names, "Change")
    return View("changes", "Changed answers", tuple(words), figure, header=header, rows=change_rows(shown))


def _short(name: str) -> str:
    """A class's name with room for two of them above a small picture."""
    name = printable(name)
    return name if len(name) <= _CAPTION else f"{name[: _CAPTION - 1]}…"


def _networks_view(comparison: ModelComparison) -> View:
    reports = comparison.tables.first, comparison.tables.second
    figure = new_figure(1.9, width=6.5)
    panels = figure.subplots(1, 2)
    for axes, (name, field) in zip(panels, (("parameters", "parameters"), ("MACs", "macs")), strict=True):
        drawn = axes.barh((0, 1), [getattr(report.total, field) for report in reports], color=COLOURS[1:3])
        axes.bar_label(drawn, [f"{getattr(report.total, field):,}" for report in reports], padding=3, fontsize=8)
        axes.set_yticks((0, 1), [shorten(printable(name), _NAME) for name in comparison.names])
        axes.invert_yaxis()
        axes.margins(x=0.4)
        axes.set_xticks([])
        label_axes(axes, name, "")
    rows = difference_rows(comparison)
    words = "Every field of table and recipe that differs." if rows else "Table and recipe are the same."
    return View("networks", "Tables and recipes", (words,), figure, header=("Field", *comparison.names), rows=rows)


def _weights_view(comparison: ModelComparison) -> View:
    tensors = comparison.weights.shared
    drawn = tensors[:_TENSORS]
    figure = new_figure(0.8 + 0.2 * len(drawn), width=6.5)
    axes = figure.subplots()
    axes.barh(range(len(drawn)), [tensor.relative or 0 for tensor in drawn], color=COLOURS[1])
    axes.set_yticks(range(len(drawn)), [shorten(tensor.name, _NAME) for tensor in drawn])
    axes.invert_yaxis()
    label_axes(axes, "norm of the differences over the norm of the first's weights", "")
    rows = [
        (tensor.name, "" if tensor.relative is None else f"{tensor.relative:.3g}", f"{tensor.largest:.3g}")
        for tensor in tensors
    ]
    words = (weights_in_words(comparison),)
    return View("weights", "Weights", words, figure, header=("Tensor", "Relative", "Largest"), rows=rows)
