"""The model card, a run's README.md: the model, its data, its recipe and its scores."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.analysis import summarize
from striate.data import NAMED, Dataset
from striate.nn import Reliability
from striate.paths import user_path
from striate.tables import Plateau, Table, recipe_lines
from striate.text import escape_markdown, quantity, quote
from striate.training.metrics import Scores


def model_card(
    table: Table,
    dataset: Dataset,
    scores: Scores,
    training: Mapping[str, Any],
    sample: str,
    model_file: str,
    data: Sequence[str],
    reliability: Reliability | None = None,
) -> str:
    """The card as Markdown, whose commands are for the run directory as working directory.

    `sample` is a validation picture there, `data` the command line's arguments for the data set.
    """
    total = summarize(table).total
    source = f" {escape_markdown(table.source)}." if table.source else ""
    evaluate = f"\nstriate evaluate . {' '.join(map(quote, data))}" if data else ""
    return f"""# {escape_markdown(table.name)} on {escape_markdown(dataset.name)}

{total.parameters:,} parameters, {total.macs:,} multiply-adds for an image of
{"×".join(map(str, table.input))} (channels, height, width).{source}

## Scores on {scores.images:,} validation images

Top-1 **{scores.top1:.2%}**, top-5 {scores.top5:.2%}, loss {scores.loss:.4f}.

| class | precision | recall | images |
|---|---|---|---|
{_class_rows(dataset, scores)}

![loss and accuracy over the epochs](curves.png)
![confusion matrix](confusion.png)
![accuracy against the highest probability, before calibration](calibration.png)
![mistakes with the highest probability](mistakes.png)

{reliability_section(reliability)}
## Data

The images of {escape_markdown(dataset.name)}: {escape_markdown(dataset.source)}.
{len(dataset.train):,} training images, {scores.images:,} validation images, by a fixed split. {_selection(table)}

## Training

{_beginning(training)}{training["seconds"]:.1f} s on {training["device"]} ({training["machine"]}),
torch {training["torch"]}.

| setting | value |
|---|---|
{_recipe_rows(table)}

## Use

```
striate predict . {sample}{evaluate}
```

```python
import striate

striate.load("{model_file}").predict("{sample}")
```
"""


def reliability_section(reliability: Reliability | None) -> str:
    """What validation pictures say of a model's answers, as a section of its card."""
    title = "## Reliability\n\n"
    if reliability is None:
        return title + "Not calibrated: probabilities are the softmax of the logits, and there is no threshold.\n"
    report = reliability.report
    parts = [f"Probabilities are the softmax of the logits divided by {reliability.temperature:.3g}."]
    if reliability.threshold is None:
        parts.append(
            "There is no threshold for pictures of none of the classes: too few validation images, or no maps."
        )
    else:
        share = f"{100 * (1 - reliability.false_alarms):.3g}%"
        parts.append(
            f"A picture is of none of the classes if it is less like the training data than {share} of it, by the maps"
            f" of {escape_markdown(reliability.row or '')}."
        )
    text = title + "\n".join(parts) + "\n"
    return text + (_reliability_rows(reliability) if report.get("images") else "")


def _reliability_rows(reliability: Reliability) -> str:
    """What the validation images that nothing was fitted to say."""
    report = reliability.report
    before, after = report["calibration_error"]
    rows = [("expected calibration error, before and after", f"{before:.2%}, {after:.2%}")]
    if report["false_alarms"] is not None:
        rows.append(("said to be of none of the classes", f"{report['false_alarms']:.2%}"))
    rows += [
        (f"in the set of coverage {coverage:g}, and classes in it", f"{found:.2%}, {size:.2f}")
        for coverage, found, size in report["sets"]
    ]
    by_class = report["calibration_error_by_class"].items()
    rows += [
        (f"calibration error, predicted {escape_markdown(name)}", f"{a:.2%}, {b:.2%}") for name, (a, b) in by_class
    ]
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"\n| of {report['images']:,} validation images that nothing was fitted to | |\n|---|---|\n{lines}\n"


def data_arguments(out: Path, dataset: Dataset, data_dir: Path | str | None) -> list[str]:
    """The command line's arguments for a data set, with the run directory as working directory; none for data from
    Python.

    Folders are named relative to the run directory, so that both can be moved together.
    """
    if dataset.from_python:
        return []
    if dataset.name not in NAMED or Path(dataset.source).is_dir():
        return ["--data", _relative(dataset.source, out)]
    return ["--data", dataset.name, *(() if data_dir is None else ("--data-dir", _relative(data_dir, out)))]


def _relative(folder: Path | str, out: Path) -> str:
    """The folder's path from `out`, or its absolute one where there is none, as between drives of Windows."""
    real = os.path.realpath(user_path(folder))
    try:
        return os.path.relpath(real, os.path.realpath(out))
    except ValueError:
        return real


def _beginning(training: Mapping[str, Any]) -> str:
    """What the weights were before, and from which step on the number of epochs was another."""
    words = "From torchvision's ImageNet weights. " if training["pretrained"] else ""
    if (start := training["start_from"]) is not None:
        words += f"From the weights of {escape_markdown(start['model'])} (SHA-256 {start['sha256'][:16]}). "
    for change in training["epochs_changes"]:
        words += f"Until step {change['step']:,} it was to end after {quantity(change['planned'], 'epoch')}. "
    return words


def _selection(table: Table) -> str:
    """What was selected by the validation images, which makes the scores optimistic."""
    if table.recipe.patience is not None:
        return "The scores above are those of the best epoch, selected by them: expect a little less on other images."
    words = "The scores above are those of the last epoch; no epoch was selected by them"
    plateau = isinstance(table.recipe.schedule, Plateau)
    return words + (", but the learning rate fell when they stopped rising." if plateau else ".")


def _class_rows(dataset: Dataset, scores: Scores) -> str:
    classes = zip(dataset.classes, scores.precision, scores.recall, scores.support, strict=True)
    return "\n".join(f"| {escape_markdown(name)} | {p:.1%} | {r:.1%} | {n} |" for name, p, r, n in classes)


def _recipe_rows(table: Table) -> str:
    return "\n".join(f"| {name} | {escape_markdown(words)} |" for name, words in recipe_lines(table))
