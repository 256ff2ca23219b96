"""One short recipe for every network, so that two networks differ in their tables alone."""

from __future__ import annotations

from dataclasses import replace

from striate.tables.recipe import SHORT, SHORT_UNNORMALIZED, Recipe
from striate.tables.rows import BatchNorm
from striate.tables.steps import flatten
from striate.tables.table import Table


def short_recipe(table: Table) -> Recipe:
    """The recipe `SHORT`; at half its rate where nothing normalizes the batches.

    A loss of an RBF output stays the table's own, at a tenth of the rate: it is a sum of squared distances, and its
    gradient is that much larger.

    TableError if the table is impossible.

        >>> from striate.tables import ARCHITECTURES
        >>> [short_recipe(ARCHITECTURES[name]).learning_rate for name in ("resnet20", "alexnet:small", "lenet5")]
        [0.1, 0.05, 0.005]
    """
    normalized = any(isinstance(step.row, BatchNorm) for step in flatten(table.plan().steps))
    recipe = SHORT if normalized else SHORT_UNNORMALIZED
    if table.recipe.loss == "cross_entropy":
        return recipe
    rate = recipe.learning_rate / 10
    return replace(recipe, learning_rate=rate, loss=table.recipe.loss, rubbish=table.recipe.rubbish)
