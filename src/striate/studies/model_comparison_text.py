"""A comparison of two models in words and rows, for the terminal and for the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from striate.studies.ablation_results import points
from striate.studies.model_comparison import Change, ModelComparison
from striate.text import quantity, shorten

_VALUE = 60
"""Letters of a value of a table or a recipe."""
_KINDS = {"broken": "right, now wrong", "mended": "wrong, now right", "other": "wrong in another way"}


def score_rows(comparison: ModelComparison) -> list[tuple[str, str, str, str]]:
    """For each score its name, both models' and the difference."""
    one, other = comparison.evaluations
    shares = [
        (name, *(getattr(each.scores, field) for each in (one, other)))
        for name, field in (("top-1", "top1"), ("top-5", "top5"))
    ]
    shares.append(("calibration error", one.calibration_error, other.calibration_error))
    rows = [(name, f"{a:.2%}", f"{b:.2%}", f"{points(100 * (b - a))} points") for name, a, b in shares]
    losses = one.scores.loss, other.scores.loss
    return [*rows, ("loss", *(f"{loss:.4f}" for loss in losses), points(losses[1] - losses[0]))]  # type: ignore[list-item]


def verdict(comparison: ModelComparison) -> str:
    """The difference of top-1 in a sentence, with its interval and the test."""
    answers, (low, high) = comparison.answers, comparison.interval
    if low == high == 0:
        return "The two are one model: nothing differs."
    ends = f"95 % interval {points(100 * low)} to {points(100 * high)}"
    found = (
        "The second is worse"
        if comparison.is_worse
        else "The second is better"
        if low > 0
        else "No difference of top-1 was measured"
    )
    return (
        f"{found}: {points(100 * answers.difference)} points ({ends}); McNemar's exact test p = {answers.p_value:.2g}:"
        f" of {quantity(answers.pictures, 'picture')} the first alone has {answers.first_only:,} right, the second"
        f" alone {answers.second_only:,}."
    )


def changes_in_words(comparison: ModelComparison) -> str:
    """How many answers changed, and how."""
    counts = comparison.counts
    return (
        f"{len(comparison.changes):,} of {quantity(comparison.answers.pictures, 'picture')} have another answer:"
        f" {counts['broken']:,} right before and wrong now, {counts['mended']:,} wrong before and right now,"
        f" {counts['other']:,} wrong in another way."
    )


def weights_in_words(comparison: ModelComparison) -> str:
    """Whether the weights are equal, or how far they are from one another."""
    weights = comparison.weights
    if weights.equal:
        return "Weights: equal, to the bit."
    if not weights.shared:
        return "Weights: no row has the same name and shape in both."
    far = f"{weights.relative:.2g} of the first's norm" if weights.relative is not None else "the first's are 0"
    alone = f"; {quantity(len(weights.alone), 'tensor')} in one alone" if weights.alone else ""
    largest = max(weights.shared, key=lambda tensor: tensor.largest)
    return (
        f"Weights: the norm of the differences is {far} ({quantity(len(weights.shared), 'tensor')} of the same name and"
        f" shape{alone}); the largest is {largest.largest:.2g}, in {largest.name}."
    )


def difference_rows(comparison: ModelComparison) -> list[tuple[str, str, str]]:
    """The fields of table and recipe that differ, each with both values."""
    parts = (("", comparison.table_differences), ("recipe.", comparison.recipe_differences))
    return [
        (begin + difference.field, _value(difference.first), _value(difference.second))
        for begin, found in parts
        for difference in found
    ]


def some_of_each(changes: Sequence[Change], most: int) -> list[Change]:
    """Up to so many changes of each kind, in their order."""
    kinds = [[change for change in changes if change.kind == kind] for kind in _KINDS]
    return [change for of_kind in kinds for change in of_kind[:most]]


def change_rows(changes: Sequence[Change]) -> list[tuple[str, str, str, str, str]]:
    """For each change the picture, its class, both answers and what the change did."""
    return [
        (
            change.path or f"image {change.image}",
            change.true,
            *(f"{name} {probability:.1%}" for name, probability in (change.first, change.second)),
            _KINDS[change.kind],
        )  # type: ignore[misc]
        for change in changes
    ]


def _value(value: Any) -> str:
    """A value as JSON, shortened; a row by its type, nothing for what is not there."""
    if isinstance(value, dict) and "type" in value:
        return str(value["type"])
    return "" if value is None else shorten(json.dumps(value, ensure_ascii=False), _VALUE)
