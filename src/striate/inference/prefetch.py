"""Picture files read ahead by threads, decoded and made ready, while the network answers for those before them."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from striate.data import decode, preprocess
from striate.errors import DataError
from striate.tables import Table

_TOGETHER = 4  # pictures in one piece of work: every hand-over between threads costs as much as a part of a picture


@dataclass(frozen=True)
class Decoded:
    """A picture made ready, uint8 (channels, height, width) of the table's input; or why it cannot be read."""

    path: Path
    image_CHW: Tensor | None = None
    error: str | None = None


def prefetch(paths: Sequence[Path], table: Table, side: int, ahead: int) -> Generator[Decoded, None, None]:
    """The pictures in order, of which `ahead` are made ready at most before they are asked for.

    Larger pictures are scaled down to a shorter side of `side` pixels as they are decoded. Closing the iterator stops
    the threads.
    """
    pieces = [paths[begin : begin + _TOGETHER] for begin in range(0, len(paths), _TOGETHER)]
    waiting: deque[Future[list[Decoded]]] = deque()
    pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="striate-read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata; once for all threads
            for piece in pieces:
                waiting.append(pool.submit(_read, piece, table, side))
                if len(waiting) * _TOGETHER >= ahead:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _read(paths: Sequence[Path], table: Table, side: int) -> list[Decoded]:
    return [_one(path, table, side) for path in paths]


def _one(path: Path, table: Table, side: int) -> Decoded:
    try:
        pixels_HWC = torch.from_numpy(decode(path, table.input[0], side))
        return Decoded(path, preprocess(pixels_HWC.permute(2, 0, 1).unsqueeze(0), table)[0])
    except DataError as error:
        return Decoded(path, error=str(error))
