"""A table for a data set: its classes, its preprocessing, and batches that are large enough."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from striate.data import Dataset
from striate.errors import TrainingError
from striate.tables import ABLATIONS, ARCHITECTURES, BatchNorm, Plan, Preprocessing, Table


def adapt_to_dataset(table: Table, dataset: Dataset, world_size: int = 1) -> Plan:
    """The plan of the table with this data set's classes, and preprocessing for its pictures.

    TrainingError if its batches are too small for so many processes, TableError if the table is impossible.
    """
    table = table.with_classes(len(dataset.classes))
    plan = replace(table, preprocessing=_preprocessing(table.preprocessing, dataset)).plan()
    _check_batches(plan, len(dataset.train), world_size)
    return plan


def _preprocessing(stated: Preprocessing, dataset: Dataset) -> Preprocessing:
    """The table's preprocessing; what it leaves open of the pictures is as the data set says."""
    return replace(
        stated,
        light_on_dark=stated.light_on_dark or dataset.light_on_dark,
        figure=stated.figure or dataset.figure,
    )


def warn_about_classes(table: Table, dataset: Dataset) -> str | None:
    """A warning if a user's own table states another number of classes than the data set has.

    A table that ships states ImageNet's classes, or ten, and everybody expects others.
    """
    shipped = ARCHITECTURES.get(table.name) or ABLATIONS.get(table.name)
    if table.classes == len(dataset.classes) or (shipped is not None and shipped.rows == table.rows):
        return None
    return (
        f"table {table.name}: row {table.rows[-1].name} has {table.classes} classes, but {dataset.name} has"
        f" {len(dataset.classes)}, and so has the network that is trained"
    )


def _check_batches(plan: Plan, images: int, world_size: int) -> None:
    """Each process needs an image of every batch, and two where a row normalizes units: one number has no variance."""
    batch_size = plan.table.recipe.batch_size
    parts = -(-images // batch_size) * world_size
    among = f" among {world_size} processes" if world_size > 1 else ""
    if images < parts:
        raise TrainingError(f"{images} images in batches of {batch_size}{among} leave one without any")
    for step in plan.flat_with_heads:
        if images < 2 * parts and isinstance(step.row, BatchNorm) and prod(step.output[1:]) == 1:
            raise TrainingError(
                f"table {plan.table.name}: row {step.path} normalizes over the batch and needs at least 2 images in"
                f" each, but {images} images in batches of {batch_size}{among} leave one with 1"
            )
