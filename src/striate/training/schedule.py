"""The learning rate of each step, by a recipe's schedule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import assert_never

from striate.tables import (
    Constant,
    Cosine,
    InverseTime,
    Milestones,
    OneCycle,
    Plateau,
    Recipe,
    StepDecay,
)


def learning_rate(recipe: Recipe, step: int, epoch_steps: int, accuracies: Sequence[float] = ()) -> float:
    """The learning rate of a step (counted from 0 over the whole training), an epoch being `epoch_steps`.

    `accuracies` are the validation accuracies of the epochs before, which `Plateau` needs. The schedules and their
    sources are in `striate.tables.recipe`.

        >>> recipe = Recipe(learning_rate=1.0, epochs=1)
        >>> [round(learning_rate(recipe, step, 101), 3) for step in (0, 20, 60, 100)]
        [0.04, 1.0, 0.5, 0.0]
    """
    steps, epoch = epoch_steps * recipe.epochs, step // epoch_steps
    match recipe.schedule:
        case Constant():
            share = 1.0
        case OneCycle():
            share = _one_cycle(step, max(1, steps - 1))
        case Cosine():
            share = (1 + math.cos(math.pi * step / max(1, steps - 1))) / 2
        case StepDecay(every=every, factor=factor):
            share = factor ** (epoch // every)
        case Milestones(at=at, factor=factor, warm_up=warm_up):
            share = 0.1 if epoch < warm_up else factor ** sum(step >= milestone * steps for milestone in at)
        case Plateau(factor=factor, patience=patience):
            share = factor ** _plateaus(accuracies, patience)
        case InverseTime(decay=decay):
            share = 1 / (1 + decay * step / steps)
        case schedule:
            assert_never(schedule)
    return recipe.learning_rate * share


def _one_cycle(step: int, last: int) -> float:
    """A linear rise over a fifth of the steps, from 1/25, then half a cosine down to 0."""
    peak = last / 5
    if step < peak:
        return (1 + 24 * step / peak) / 25
    return (1 + math.cos(math.pi * (step - peak) / (last - peak))) / 2


def _plateaus(accuracies: Sequence[float], patience: int) -> int:
    """How many plateaus there were: each time that the best accuracy was not exceeded for `patience` epochs."""
    best, epochs_since, plateaus = -math.inf, 0, 0
    for accuracy in accuracies:
        epochs_since = 0 if accuracy > best else epochs_since + 1
        best = max(best, accuracy)
        if epochs_since == patience:
            plateaus, epochs_since = plateaus + 1, 0
    return plateaus
