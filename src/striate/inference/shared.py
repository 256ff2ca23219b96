"""The work of many pictures shared among the processes that torchrun started."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import distributed

from striate.inference.predictor import Prediction, Predictor
from striate.training.machine import set_threads
from striate.training.ranks import joined


def shared(predictor: Predictor, paths: Sequence[Path], top: int) -> Iterator[Prediction]:
    """The predictions for all paths, in order: as they come where one process is alone, else the first process has all
    of them at the end, and the others none. Each process takes an equal part.
    """
    with joined() as ranks:
        set_threads(ranks.local_ranks)
        if ranks.ranks == 1:
            yield from predictor.stream(paths, top)
            return
        begin, end = (len(paths) * number // ranks.ranks for number in (ranks.rank, ranks.rank + 1))
        parts: list[list[Prediction]] | None = [[] for _ in range(ranks.ranks)] if ranks.first else None
        distributed.gather_object(list(predictor.stream(paths[begin:end], top)), parts)
        for part in parts or ():
            yield from part
