"""One short recipe for every network, so that two networks differ in their tables alone."""

from __future__ import annotations

from dataclasses import replace

from striate.tables.recipe import SHORT, SHORT_UNNORMALIZED, Recipe
from striate.tables.rows import BatchNorm
from striate.tables.steps import flatten
from striate.tables.table import Table


def short_recipe(table: Table) -> Recipe:
    """The recipe `SHORT` with the table's own loss; at a fifth of its rate where nothing normalizes the batches.

    TableError if the table is impossible.

        >>> from striate.tables import ARCHITECTURES
        >>> short_recipe(ARCHITECTURES["resnet20"]).epochs, short_recipe(ARCHITECTURES["resnet20"]).learning_rate
        (20, 0.1)
        >>> short_recipe(ARCHITECTURES["lenet5"]).learning_rate
        0.02
    """
    normalized = any(isinstance(step.row, BatchNorm) for step in flatten(table.plan().steps))
    recipe = SHORT if normalized else SHORT_UNNORMALIZED
    return replace(recipe, loss=table.recipe.loss, rubbish=table.recipe.rubbish)
