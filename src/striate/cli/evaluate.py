"""Scores of a model on the held-out images of a data set: top-1, top-5, per class, confusion, worst mistakes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from striate.cli.arguments import MODEL_HELP
from striate.cli.data import add_data_arguments, data_options
from striate.cli.output import print_columns, print_json, print_text

if TYPE_CHECKING:
    from torch import Tensor

    from striate.data.pictures import BadImage, ImageSet
    from striate.training.metrics import Scores

NAME = "evaluate"
HELP = "top-1, top-5, per-class, confusion matrix, worst mistakes"
EXAMPLE = "striate evaluate runs/first --data digits"

_WORST = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `striate evaluate`."""
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    add_data_arguments(parser, required=True)


def run(options: argparse.Namespace) -> None:
    """Print the scores of a model."""
    from striate.data.sources import load
    from striate.inference.predictor import Predictor

    predictor = Predictor.load(options.model)
    dataset = load(options.data, table=predictor.table, **data_options(options))
    scores, logits = predictor.evaluate(dataset)
    if options.json:
        print_json(_json(scores, predictor.classes, dataset.skipped))
        return
    print(f"{dataset.name}: top-1 {scores.top1:.2%}, top-5 {scores.top5:.2%}, loss {scores.loss:.4f}")
    print(f"{scores.images} held-out images\n")
    _print_classes(scores, predictor.classes)
    _print_mistakes(logits, dataset.held_out, predictor.classes)


def _json(scores: Scores, classes: tuple[str, ...], skipped: tuple[BadImage, ...]) -> dict[str, Any]:
    rows = zip(classes, scores.precision, scores.recall, scores.support, strict=True)
    return {
        "schema": 1,
        "images": scores.images,
        "top1": scores.top1,
        "top5": scores.top5,
        "loss": scores.loss,
        "classes": [{"name": name, "precision": p, "recall": r, "images": n} for name, p, r, n in rows],
        "confusion": scores.confusion.tolist(),
        "skipped": [{"path": str(bad.path), "reason": bad.reason} for bad in skipped],
    }


def _print_classes(scores: Scores, classes: tuple[str, ...]) -> None:
    """A line for each class: its rates, and how often it was taken for each class."""
    # A leading space tells a class's column from the others, whatever the class is called.
    header = ("Class", "Precision", "Recall", "Images", "Taken for:", *(f" {name}" for name in classes))
    rows = zip(classes, scores.precision, scores.recall, scores.support, scores.confusion.tolist(), strict=True)
    lines = [
        (name, f"{p:.1%}", f"{r:.1%}", str(n), "", *(str(c or "·") for c in counts)) for name, p, r, n, counts in rows
    ]
    print_columns(header, lines, right=header[1:], hide_first=("Taken for:", *header[:4:-1]))


def _print_mistakes(logits: Tensor, images: ImageSet, classes: tuple[str, ...]) -> None:
    """The mistakes that the model was surest of."""
    probabilities, predicted = logits.softmax(dim=1).max(dim=1)
    labels = images.labels
    wrong = (predicted != labels).nonzero().flatten()
    if len(wrong) == 0:
        print("\nNo mistakes.")
        return
    print(f"\nWorst of {len(wrong)} mistakes:")
    for index in wrong[probabilities[wrong].argsort(descending=True)][:_WORST].tolist():
        true, taken = classes[int(labels[index])], classes[int(predicted[index])]
        where = f"held-out image {index}" if images.names is None else images.names[index]
        print_text(f"  {where}: {true}, taken for {taken} with {probabilities[index]:.1%}")
