"""The page of a model's errors: a confusion matrix whose cells show their pictures, classes, slices, the training.

One file without script: a cell is a link to its pictures, which are shown while they are the address's target; why the
network predicts what it does is computed beforehand, so that the page needs no server, and opens below a picture.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from striate.inspection.views import COLOURS, REPORT_NAME, html_document, label_axes, new_figure
from striate.markup import escape_html
from striate.nn import Model
from striate.runtime import write_atomically
from striate.studies.error_analysis import ClassRates, ErrorAnalysis
from striate.studies.error_pictures import Cell, chosen_for_why, chosen_pictures, evidence, inputs_of, picture_address
from striate.studies.proportions import Interval
from striate.studies.slices import Slice
from striate.studies.snapshot_accuracy import SnapshotAccuracy
from striate.text import printable, quantity
from striate.training import figure_png
from striate.words import translate

_MATRIX_CLASSES = 40
"""Up to so many classes the page has the matrix; of more, the cells with the most mistakes."""
_PAIRS = 100
_WHY = (
    "Why, below a mistake, shows what speaks for the predicted class and what for the true one (Grad-CAM, or occlusion"
    " in a network without maps). It is there for some mistakes of each cell, `striate inspect MODEL PICTURE` explains"
    " others."
)
_LINES = 5  # classes whose course is drawn
_UNITS = {"brightness": "{:.2f}", "size": "{:.0f}", "sharpness": "{:.3g}"}
_TITLES = {
    "brightness": "brightness, 0 to 1",
    "size": "shorter side of the picture as stored, pixels",
    "sharpness": "sharpness, variance of the Laplacian",
}


@dataclass(frozen=True)
class ErrorPage:
    """What the page shows: an analysis, the model, names of both; the training if the run keeps snapshots."""

    analysis: ErrorAnalysis
    model: Model
    name: str
    data: str
    training: SnapshotAccuracy | None = None

    @cached_property
    def cells(self) -> dict[Cell, list[int]]:
        """The images of each cell of the confusion matrix."""
        return self.analysis.cells()

    @cached_property
    def shown(self) -> dict[Cell, list[int]]:
        """Those of them that the page shows."""
        return chosen_pictures(self.cells)


def write_error_page(page: ErrorPage, directory: Path) -> Path:
    """Write the page as report.html into a directory, made if it is missing; returns its path. OSError names it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / REPORT_NAME
    write_atomically(path, error_page(page).encode())
    return path


def error_page(page: ErrorPage) -> str:
    """The page as HTML, in the language of `words.reading`."""
    name, data = printable(page.name), printable(page.data)
    title = translate("Where {model} fails on {data}").format(model=name, data=data)
    sections = {
        "matrix": ("Confusion matrix", _matrix_section(page)),
        "classes": ("Worst classes", _classes_section(page.analysis)),
        "slices": ("Slices", _slices_section(page.analysis)),
        "training": ("Along the training", _training_section(page)),
    }
    contents = "".join(f'<li><a href="#{key}">{_words(heading)}</a></li>' for key, (heading, _) in sections.items())
    parts = "\n".join(
        f'<section id="{key}"><h2>{_words(heading)}</h2>\n{body}</section>'
        + (_cell_sections(page) if key == "matrix" else "")
        for key, (heading, body) in sections.items()
    )
    body = f"""<header>
<h1>{escape_html(title)}</h1>
{_paragraphs(_scores(page.analysis))}
</header>
<nav aria-label="{_words("Contents")}"><ol>{contents}</ol></nav>
<main>
{parts}
</main>"""
    return html_document(title, body, _STYLE)


def _scores(analysis: ErrorAnalysis) -> list[str]:
    evaluation, scores = analysis.evaluation, analysis.evaluation.scores
    lines = [f"Top-1 accuracy {scores.top1:.2%} on {scores.images:,} pictures: {len(evaluation.mistakes):,} mistakes."]
    if evaluation.leak:
        lines.append(f"{evaluation.trained_on:,} of these pictures were trained on: expect lower scores on new ones.")
    return lines


def _matrix_section(page: ErrorPage) -> str:
    if len(page.model.classes) > _MATRIX_CLASSES:
        return _pairs(page)
    words = (
        "Rows are the true classes, columns the predicted ones; a number is a link to the pictures of its cell.",
        _WHY,
    )
    return _paragraphs(words) + _table(_matrix_head(page), [_matrix_row(page, true) for true in _classes(page)])


def _classes(page: ErrorPage) -> range:
    return range(len(page.model.classes))


def _matrix_head(page: ErrorPage) -> str:
    names = "".join(f'<th scope="col">{escape_html(name)}</th>' for name in page.model.classes)
    return f'<th scope="col">{_words("True class")}</th>{names}'


def _matrix_row(page: ErrorPage, true: int) -> str:
    images = max(1, page.analysis.classes[true].images)
    cells = "".join(
        f'<td class="{"right" if true == predicted else "wrong"}" style="--share:{count / images:.2f}">'
        f"{_cell_link(page, (true, predicted)) if count else '·'}</td>"
        for predicted in _classes(page)
        for count in (len(page.cells.get((true, predicted), ())),)
    )
    return f'<th scope="row">{escape_html(page.model.classes[true])}</th>{cells}'


def _cell_link(page: ErrorPage, cell: Cell) -> str:
    label = escape_html(_cell_title(page, cell))
    return f'<a href="#{_cell_id(cell)}" aria-label="{label}">{len(page.cells[cell]):,}</a>'


def _cell_id(cell: Cell) -> str:
    return f"cell-{cell[0]}-{cell[1]}"


def _cell_title(page: ErrorPage, cell: Cell) -> str:
    true, predicted = (printable(page.model.classes[index]) for index in cell)
    pictures = translate(quantity(len(page.cells[cell]), "picture"))
    template = "{true}, predicted {predicted}: {pictures}"
    return translate(template).format(true=true, predicted=predicted, pictures=pictures)


def _pairs(page: ErrorPage) -> str:
    """Of many classes the cells with the most mistakes."""
    wrong = sorted((cell for cell in page.cells if cell[0] != cell[1]), key=lambda cell: -len(page.cells[cell]))
    names = [escape_html(name) for name in page.model.classes]
    rows = [
        f'<th scope="row">{names[cell[0]]}</th><td>{names[cell[1]]}</td><td>{_cell_link(page, cell)}</td>'
        for cell in wrong[:_PAIRS]
    ]
    words = f"Of {len(page.model.classes):,} classes: the {len(rows)} pairs that are confused most."
    return _paragraphs((words, _WHY)) + _table(_head("True class", "Predicted", "Pictures"), rows)


def _cell_sections(page: ErrorPage) -> str:
    """The pictures of every cell that has a link."""
    whys = _whys(page)
    is_listed = len(page.model.classes) <= _MATRIX_CLASSES
    return "\n".join(_cell_section(page, cell, whys) for cell in sorted(page.cells) if is_listed or cell[0] != cell[1])


def _cell_section(page: ErrorPage, cell: Cell, whys: dict[int, str]) -> str:
    shown, every = page.shown[cell], page.cells[cell]
    more = len(every) - len(shown)
    order = "The most probable mistakes first." if cell[0] != cell[1] else "The least probable ones first."
    words = (*((order,) if len(shown) > 1 else ()), *((f"Not shown: {more:,} more.",) if more else ()))
    figures = "\n".join(_figure(page, cell, image, whys.get(image, "")) for image in shown)
    return f"""<section id="{_cell_id(cell)}" class="cell">
<h3>{escape_html(_cell_title(page, cell))}</h3>
{_paragraphs(words)}<p><a href="#matrix">{_words("Back to the matrix")}</a></p>
<div class="pictures">
{figures}
</div></section>"""


def _figure(page: ErrorPage, cell: Cell, image: int, why: str) -> str:
    images, evaluation = page.analysis.images, page.analysis.evaluation
    number = translate("picture {number}").format(number=image)
    name = number if images.names is None else Path(images.names[image]).name
    true, predicted = (escape_html(page.model.classes[index]) for index in cell)
    return f"""<figure><img src="{picture_address(images.pictures[image])}" alt="{escape_html(name)}">
<figcaption>{escape_html(name)}<br>{_words("Predicted")}: <b>{predicted}</b> {evaluation.probabilities[image]:.1%}<br>
{_words("True class")}: <b>{true}</b>{why}</figcaption></figure>"""


def _whys(page: ErrorPage) -> dict[int, str]:
    """For the mistakes that are explained what speaks for the predicted class, and what for the true one."""
    chosen = chosen_for_why(page.shown)
    samples = inputs_of(page.analysis.images, page.model, [image for image, *_ in chosen])
    found = {}
    for image, true, predicted in chosen:
        panels = "".join(
            f'<span><img src="{picture_address(evidence(page.model, samples[image], target))}" alt="">'
            f"{escape_html(page.model.classes[target])}</span>"
            for target in (predicted, true)
        )
        found[image] = f'<details><summary>{_words("Why")}</summary><div class="why">{panels}</div></details>'
    return found


def _classes_section(analysis: ErrorAnalysis) -> str:
    words = "In brackets the 95 % interval (Wilson): a class of few pictures may be better or worse than it seems."
    by_recall, by_precision = analysis.worst_by_recall(), analysis.worst_by_precision()
    recall = [_rates(one, one.recall, one.recall_interval, one.images) for one in by_recall]
    precision = [_rates(one, one.precision, one.precision_interval, one.predicted) for one in by_precision]
    return (
        _paragraphs((words,))
        + f"<h3>{_words('Found least: lowest recall')}</h3>"
        + _table(_head("Class", "Recall", "Right", "Pictures"), recall)
        + f"<h3>{_words('Named wrongly most: lowest precision')}</h3>"
        + _table(_head("Class", "Precision", "Right", "Predicted"), precision)
    )


def _rates(one: ClassRates, share: float, interval: Interval, of: int) -> str:
    cells = (_with_interval(share, interval), f"{one.correct:,}", f"{of:,}")
    return f'<th scope="row">{escape_html(one.name)}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)


def _with_interval(share: float, interval: Interval) -> str:
    return f"{share:.1%} ({interval[0]:.1%}–{interval[1]:.1%})"


def _slices_section(analysis: ErrorAnalysis) -> str:
    if not analysis.slices:
        return _paragraphs(("All pictures are of one brightness, size and sharpness.",))
    worse = [_worse(one) for one in analysis.slices if one.is_worse]
    words = (
        "Pictures by brightness and sharpness, as the network reads them, and by size.",
        "A slice is called worse if its accuracy is lower than that of all other pictures and so is the whole 95 %"
        " interval of the difference, made wider because several slices are looked at.",
        *(worse or ("No slice is measurably worse than the others.",)),
    )
    rows = [
        f'<th scope="row">{_words(_TITLES[one.measure])}</th><td>{_range(one)}</td><td>{one.images:,}</td>'
        f"<td>{_with_interval(one.accuracy, one.interval)}</td><td>{_words('worse') if one.is_worse else ''}</td>"
        for one in analysis.slices
    ]
    return _paragraphs(words) + _table(_head("Property", "From – to", "Pictures", "Accuracy", ""), rows)


def _range(one: Slice) -> str:
    return " – ".join(_UNITS[one.measure].format(end) for end in (one.low, one.high))


def _worse(one: Slice) -> str:
    low, high = (100 * end for end in one.difference)
    return (
        f"Worse: {one.measure} {_range(one)}, accuracy {one.accuracy:.1%}, between {-high:.1f} and {-low:.1f} points"
        " below the other pictures."
    )


def _training_section(page: ErrorPage) -> str:
    training = page.training
    if training is None:
        return _paragraphs(
            (
                "There are no snapshots of this model's training. A run that is trained with --replay N keeps N of"
                " them, and evaluated by its directory its page shows each class along the training.",
            )
        )
    drawn = [page.model.classes.index(one.name) for one in page.analysis.worst_by_recall(_LINES)]
    words = (
        f"Accuracy on {training.images:,} of the pictures after so many steps: of all pictures, and of the classes"
        " whose recall is lowest at the end.",
    )
    address = f"data:image/png;base64,{_curves(page, training, drawn)}"
    head = _head("Step", "All") + "".join(
        f'<th scope="col">{escape_html(page.model.classes[one])}</th>' for one in drawn
    )
    rows = [
        f'<th scope="row">{step:,}</th>'
        + "".join(f"<td>{share:.1%}</td>" for share in (accuracy, *(recall[one] for one in drawn)))
        for step, accuracy, recall in zip(training.steps, training.accuracy, training.recall, strict=True)
    ]
    figure = f'<figure tabindex="0"><img src="{address}" alt="{_words("Accuracy along the training")}"></figure>'
    return _paragraphs(words) + figure + _table(head, rows)


def _curves(page: ErrorPage, training: SnapshotAccuracy, drawn: Sequence[int]) -> str:
    """The courses as a PNG in base64; steps are in a geometric sequence, so their axis is logarithmic but for 0."""
    figure = new_figure(3.2, width=6.5)
    axes = figure.subplots()
    axes.plot(training.steps, 100 * training.accuracy, color=COLOURS[6], linewidth=2, label="all")
    for colour, one in zip(COLOURS, drawn, strict=False):
        name = printable(page.model.classes[one])
        axes.plot(training.steps, 100 * training.recall[:, one], color=colour, marker="o", markersize=3, label=name)
    axes.set_xscale("symlog", linthresh=1)
    axes.legend(fontsize=8)
    label_axes(axes, "step", "accuracy, %")
    return base64.b64encode(figure_png(figure, 110)).decode()


def _head(*names: str) -> str:
    return "".join(f'<th scope="col">{_words(name)}</th>' if name else "<td></td>" for name in names)


def _table(head: str, rows: Sequence[str]) -> str:
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    return f'<div class="table" tabindex="0">{table}</div>\n'


def _paragraphs(words: Sequence[str]) -> str:
    return "".join(f"<p>{_words(paragraph)}</p>\n" for paragraph in words)


def _words(text: str) -> str:
    """A text of the page as HTML; names of files and classes, which may hold anything, are not translated."""
    return escape_html(translate(text))


_STYLE = """
h3 { font-size: 1.05rem; margin: 1rem 0 .3rem; overflow-wrap: anywhere; }
td, th { padding-right: .6rem; }
#matrix td, #matrix th[scope=col] { text-align: right; }
#matrix td a { color: inherit; display: block; min-width: 1.5rem; padding: .15rem .2rem; border-radius: .2rem; }
th { max-width: 14rem; overflow-wrap: break-word; }
td { white-space: nowrap; }
.right { background: color-mix(in srgb, #0072b2 calc(var(--share) * 25%), transparent); }
.wrong { background: color-mix(in srgb, #d55e00 calc(var(--share) * 70%), transparent); }
.cell { display: none; }
.cell:target { display: block; border: 2px solid var(--link); border-radius: .4rem; padding: 0 1rem; }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; padding-bottom: 1rem; }
.pictures figure { margin: 0; width: 8.5rem; background: none; padding: 0; font-size: .85rem; overflow-wrap: anywhere; }
.pictures img { width: 7rem; max-width: none; height: auto; image-rendering: pixelated; background: #fff; }
summary { cursor: pointer; color: var(--link); padding: .2rem 0; }
.why { display: flex; gap: .3rem; }
.why span { width: 4.1rem; }
.why img { width: 100%; }
"""
