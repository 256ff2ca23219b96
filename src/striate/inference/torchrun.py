"""Predictions for many images, shared among the processes that torchrun started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import distributed

from striate.data import ImageSource
from striate.inference.prediction import Prediction
from striate.inference.predictor import Predictor
from striate.runtime import init_distributed, set_threads


def predict_distributed(
    predictor: Predictor, images: Sequence[ImageSource], top: int, coverage: float | None = None
) -> Iterator[Prediction]:
    """The predictions for all images, in order: as they come where there is one process; else each process takes an
    equal part, and the first has all of them at the end, the others none.
    """
    with init_distributed(predictor.device) as group:
        set_threads(group.local_world_size)
        if group.world_size == 1:
            yield from predictor.stream(images, top, coverage=coverage)
            return
        begin, end = (len(images) * number // group.world_size for number in (group.rank, group.rank + 1))
        parts: list[list[Prediction]] | None = [[] for _ in range(group.world_size)] if group.is_first else None
        distributed.gather_object(list(predictor.stream(images[begin:end], top, coverage=coverage)), parts)
        for part in parts or ():
            yield from part
