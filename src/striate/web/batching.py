"""A model's pictures predicted in batches, off the event loop.

    event loop -> waiting -> decoder threads: decode, preprocess -> ready -> model thread: the network -> event loop

Whatever is ready when the network is free is a batch. It waits, a few milliseconds at most, only while pictures that
could join it are being decoded, so a request that comes alone is answered at once. The queue is bounded, and every
picture that is accepted is answered.

Large pictures, which take long to decode, have a decoder thread of their own, so that small ones do not wait for them.
The pictures of a form take turns with those of other requests; of the large ones, first comes that whose request has
taken least until after it, and if too many wait, the last in that order is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import heapq
import itertools
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from striate.data import LargePictureError, decode_input, notes_on
from striate.errors import DataError
from striate.inference import Outputs
from striate.nn import NOT_FINITE
from striate.tables import Table
from striate.web.errors import DESCRIPTIONS, HTTPError
from striate.web.metrics import Metrics
from striate.web.settings import Settings


@dataclass(frozen=True, slots=True)
class Ranking:
    """(class's index, probability), the most probable first; the note on the picture, or ""; and whether it is of none
    of the classes, None of a model without a threshold."""

    top: list[tuple[int, float]]
    note: str
    none_of_these: bool | None = None


_LEAST_BATCH = 8  # beyond it, convolutions on a CPU gain little
_CHUNK_BYTES = 2**16  # decoded in one go: small pictures together, a photo alone
_CHUNK_SECONDS = 0.02  # after which the rest of them waits again, where few bytes hold many pixels
_DECODERS = 4
_LIGHT = 0.004  # seconds: a network that needs less for one picture leaves the other cores to HTTP and decoding
_SMOOTHING = 0.2  # weight of the last batch in the mean time for a picture


class Model(Protocol):
    """What a batcher needs of `striate.inference.Predictor`."""

    table: Table
    classes: tuple[str, ...]

    def preprocess(self, images_NCHW: Tensor) -> Tensor:
        """Pictures of one size as the table's input."""

    @property
    def temperature(self) -> float:
        """What logits are divided by."""

    def forward(self, inputs_NCHW: Tensor) -> Tensor:
        """Logits (N, classes)."""

    def outputs(self, inputs_NCHW: Tensor) -> Outputs:
        """Logits, and whether the pictures are of none of the classes."""


class _Request:
    """The pictures of one request, until all have a result. Belongs to the event loop."""

    def __init__(self, count: int, top: int, future: asyncio.Future[list[Ranking | DataError]]) -> None:
        self.top = top
        self.future = future
        self.results: list[Any] = [None] * count
        self.missing = count
        self.large_cost = 0  # of its large pictures so far; guarded by the batcher's lock


class _Picture:
    """A picture of a request: `content` is first the file, then the network's input; `note` is the one on it, or "".
    `place` is that in its lane: the lowest comes first."""

    __slots__ = ("content", "index", "note", "place", "request")

    def __init__(self, request: _Request, index: int, content: Any) -> None:
        self.request, self.index, self.content = request, index, content
        self.note = ""
        self.place = (0, 0)

    @property
    def name(self) -> str:
        """What errors call it."""
        return "the image" if len(self.request.results) == 1 else f"image {self.index + 1}"


class _Lane:
    """Pictures that wait for a decoder. Guarded by the lock of `changed`."""

    def __init__(self, lock: threading.Lock) -> None:
        self.changed = threading.Condition(lock)
        self.decoding = 0
        self._heap: list[tuple[tuple[int, int], _Picture]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._heap)

    def add(self, pictures: Sequence[_Picture], turns: Iterable[int]) -> None:
        """Let pictures wait, each behind all of a lower or the same turn."""
        for picture, turn in zip(pictures, turns, strict=True):
            picture.place = turn, next(self._numbers)
        self.put_back(pictures)

    def put_back(self, pictures: Sequence[_Picture]) -> None:
        """Let pictures wait where they did."""
        for picture in pictures:
            heapq.heappush(self._heap, (picture.place, picture))
        self.changed.notify()  # one decoder, which calls another if it leaves any: a chunk is cheaper than two halves

    def pop(self) -> _Picture:
        """The picture whose turn it is."""
        return heapq.heappop(self._heap)[1]

    def pop_last(self) -> _Picture:
        """The picture whose turn is last."""
        last = max(self._heap)
        self._heap.remove(last)
        heapq.heapify(self._heap)
        return last[1]


class Batcher:
    """One model's queue and threads. All public methods belong to the event loop that `start` was called in."""

    def __init__(self, name: str, predictor: Model, settings: Settings, metrics: Metrics) -> None:
        self.predictor = predictor
        self.pending = 0
        """Pictures accepted and not answered yet."""
        self._settings = settings
        self._picture_seconds = 0.0
        self._arrived: list[_Picture] = []
        self._ready: deque[_Picture] = deque()
        self._closed = False
        self._lock = threading.Lock()
        self._small, self._large = _Lane(self._lock), _Lane(self._lock)
        self._to_predict = threading.Condition(self._lock)
        self._queue = metrics.queue.labels(name)
        self._queue.set_function(lambda: self.pending)
        self._batches, self._rejected = metrics.batches.labels(name), metrics.rejected.labels(name)

    def start(self) -> asyncio.Future[None]:
        """Start the threads; the future is done when the model has predicted once, or failed to."""
        self._loop, self._cores = asyncio.get_running_loop(), torch.get_num_threads()
        warm: asyncio.Future[None] = self._loop.create_future()
        lanes = [*[self._small] * min(_DECODERS, self._cores), self._large]
        decoders = [functools.partial(self._run_decoder, lane) for lane in lanes]
        targets: list[Callable[[], None]] = [lambda: self._run_model(warm), *decoders]
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()
        return warm

    def close(self) -> None:
        """End the threads when the queue is empty."""
        with self._lock:
            self._closed = True
            for condition in (self._small.changed, self._large.changed, self._to_predict):
                condition.notify_all()
        for thread in self._threads:
            thread.join(timeout=1)

    def check_room(self, count: int = 1) -> None:
        """HTTPError 503 with Retry-After if the queue has no room for so many more pictures."""
        in_time = int(self._settings.answer_seconds / 2 / max(self._picture_seconds, 1e-9))  # for a slow network
        room = min(self._settings.queue, max(self._settings.pictures, in_time))
        if self.pending - self._large_pending() + count > room:
            self._rejected.inc()
            seconds = max(1, math.ceil(self.pending * self._picture_seconds))
            raise HTTPError(
                503,
                f"the queue is full ({room} pictures); try again in {seconds} s",
                {"Retry-After": str(seconds)},
            )

    async def predict(self, contents: Sequence[bytes], top: int) -> list[Ranking | DataError]:
        """The `top` most probable classes of each picture, or why it cannot be read. HTTPError 503 if late."""
        self.check_room(len(contents))
        request = _Request(len(contents), min(top, len(self.predictor.classes)), self._loop.create_future())
        self.pending += len(contents)
        if not self._arrived:
            self._loop.call_soon(self._enqueue)  # with all that arrives in this round of the loop
        self._arrived += [_Picture(request, index, content) for index, content in enumerate(contents)]
        timer = self._loop.call_later(self._settings.answer_seconds, self._expire, request)
        try:
            return await request.future
        finally:
            timer.cancel()

    def _enqueue(self) -> None:
        with self._lock:
            self._small.add(self._arrived, (picture.index for picture in self._arrived))
        self._arrived.clear()

    def _large_pending(self) -> int:
        return len(self._large) + self._large.decoding

    def _expire(self, request: _Request) -> None:
        if not request.future.done():
            message = f"no answer within {self._settings.answer_seconds:g} s"
            request.future.set_exception(HTTPError(503, message, {"Retry-After": "10"}))

    def _deliver(self, results: list[tuple[_Picture, Any]]) -> None:
        self.pending -= len(results)
        for picture, result in results:
            request = picture.request
            request.results[picture.index] = result
            request.missing -= 1
            if request.future.done():
                continue
            if isinstance(result, HTTPError):
                request.future.set_exception(result)
            elif request.missing == 0:
                request.future.set_result(request.results)

    def _send(self, results: list[tuple[_Picture, Any]]) -> None:
        if results:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its clients are gone
                self._loop.call_soon_threadsafe(self._deliver, results)

    # Decoder threads.

    def _run_decoder(self, lane: _Lane) -> None:
        torch.set_num_threads(1)  # in this thread: several pictures at a time are better than one by several threads
        while chunk := self._next_chunk(lane):
            results: list[tuple[_Picture, Any]] = []
            decoded = self._decode(chunk, lane, results)
            ready = [picture for group in decoded for picture in self._preprocess(group, results)]
            with self._lock:
                lane.decoding -= len(chunk)
                self._ready.extend(ready)
                self._to_predict.notify()
            self._send(results)

    def _next_chunk(self, lane: _Lane) -> list[_Picture]:
        """Pictures to decode in one go, large ones alone; none when the batcher is closed."""
        most = 1 if lane is self._large else self._settings.batch
        with self._lock:
            while not lane:
                if self._closed and (lane is self._small or not (self._small or self._small.decoding)):
                    return []
                lane.changed.wait()
            chunk: list[_Picture] = []
            size = 0
            while lane and size < _CHUNK_BYTES and len(chunk) < most:
                picture = lane.pop()
                size += len(picture.content)
                chunk.append(picture)
            lane.decoding += len(chunk)
            if lane:
                lane.changed.notify()
            return chunk

    def _decode(
        self, chunk: list[_Picture], lane: _Lane, results: list[tuple[_Picture, Any]]
    ) -> list[list[tuple[_Picture, Tensor]]]:
        """The pictures that can be decoded, in groups of one size; large ones wait for their own decoder. The errors of
        the others are added to `results`. Those for which there is no time are put back, and taken out of the chunk."""
        by_shape: dict[tuple[int, ...], list[tuple[_Picture, Tensor]]] = {}
        until = time.perf_counter() + _CHUNK_SECONDS
        for place, picture in enumerate(chunk):
            if place and time.perf_counter() > until:
                with self._lock:
                    lane.put_back(chunk[place:])
                    lane.decoding -= len(chunk) - place
                del chunk[place:]
                break
            if picture.request.future.done():  # too late
                results.append((picture, None))
                continue
            try:
                image_CHW, picture.note = decode_input(
                    picture.content, self.predictor.table, name=picture.name, small=lane is self._small
                )
            except LargePictureError as error:
                self._leave_to_large(picture, error.cost, results)
                continue
            except DataError as error:
                results.append((picture, error))
                continue
            except Exception:  # of this picture alone
                results.append((picture, _log_failure()))
                continue
            by_shape.setdefault(tuple(image_CHW.shape), []).append((picture, image_CHW))
        return list(by_shape.values())

    def _preprocess(self, group: list[tuple[_Picture, Tensor]], results: list[tuple[_Picture, Any]]) -> list[_Picture]:
        """The pictures of a group, whose content is now the network's input."""
        images_NHWC = torch.stack([image_CHW.permute(1, 2, 0) for _, image_CHW in group])
        images_NCHW = images_NHWC.permute(0, 3, 1, 2)  # channels last in memory, as a single image is
        try:
            inputs_NCHW = self.predictor.preprocess(images_NCHW)
        except Exception:
            if len(group) > 1:  # which of them was it?
                return [picture for one in group for picture in self._preprocess([one], results)]
            results.append((group[0][0], _log_failure()))
            return []
        pictures = [picture for picture, _ in group]
        notes = notes_on(images_NCHW, inputs_NCHW, self.predictor.table, [picture.note for picture in pictures])
        for picture, input_CHW, note in zip(pictures, inputs_NCHW, notes, strict=True):
            picture.content, picture.note = input_CHW, note
        return pictures

    def _leave_to_large(self, picture: _Picture, cost: int, results: list[tuple[_Picture, Any]]) -> None:
        """Let a large picture wait for its own decoder; if too many do, the last one gets an error."""
        with self._lock:
            picture.request.large_cost += cost
            self._large.add([picture], [picture.request.large_cost])
            if self._large_pending() <= self._settings.queue // 2:
                return
            last = self._large.pop_last()
        error = HTTPError(503, "too many large pictures are waiting; try again in 10 s", {"Retry-After": "10"})
        results.append((last, error))

    # The model thread.

    def _run_model(self, warm: asyncio.Future[None]) -> None:
        self._warm_up(warm)
        while batch := self._next_batch():
            results: list[Any]
            started = time.perf_counter()
            try:
                results = self._rankings(batch)
            except Exception:
                results = [_log_failure() for _ in batch]
            self._send(list(zip(batch, results, strict=True)))
            self._batches.observe(len(batch))
            seconds = (time.perf_counter() - started) / len(batch)
            self._picture_seconds += _SMOOTHING * (seconds - self._picture_seconds)

    def _warm_up(self, warm: asyncio.Future[None]) -> None:
        """Predict black pictures, first one and then a whole batch: the first of each size is slow."""
        black_CHW = torch.zeros(self.predictor.table.input, dtype=torch.uint8)
        torch.set_num_threads(1)  # in this thread
        try:
            for _ in range(3):
                started = time.perf_counter()
                self.predictor.forward(black_CHW.unsqueeze(0))
                self._picture_seconds = time.perf_counter() - started
            if self._picture_seconds > _LIGHT:
                torch.set_num_threads(self._cores)
            self.predictor.forward(black_CHW.expand(self._batch_size(), -1, -1, -1))
        except Exception as error:
            self._loop.call_soon_threadsafe(warm.set_exception, error)
        else:
            self._loop.call_soon_threadsafe(warm.set_result, None)

    def _batch_size(self) -> int:
        in_time = int(self._settings.batch_seconds / max(self._picture_seconds, 1e-9))
        return min(self._settings.batch, max(_LEAST_BATCH, in_time))

    def _next_batch(self) -> list[_Picture]:
        """Pictures to predict now; none when the batcher is closed."""
        with self._lock:
            while not self._ready:
                if self._closed and not any(len(lane) or lane.decoding for lane in (self._small, self._large)):
                    return []
                self._to_predict.wait()
            deadline, size = time.monotonic() + self._settings.wait_seconds, self._batch_size()
            while len(self._ready) < size and (self._small or self._small.decoding):
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self._to_predict.wait(left)
            return [self._ready.popleft() for _ in range(min(size, len(self._ready)))]

    def _rankings(self, batch: list[_Picture]) -> list[Ranking | DataError]:
        outputs = self.predictor.outputs(torch.stack([picture.content for picture in batch]))
        probabilities = torch.softmax(outputs.logits / self.predictor.temperature, dim=1)
        best = probabilities.topk(max(picture.request.top for picture in batch))
        finite = outputs.logits.isfinite().all(dim=1).tolist()
        unlike = [None] * len(batch) if outputs.none_of_these is None else outputs.none_of_these.tolist()
        rows = zip(batch, finite, unlike, best.indices.tolist(), best.values.tolist(), strict=True)
        return [
            Ranking(
                list(zip(indices[: picture.request.top], shares[: picture.request.top], strict=True)),
                picture.note,
                is_unlike,
            )
            if is_finite
            else DataError(f"{picture.name}: {NOT_FINITE}")
            for picture, is_finite, is_unlike, indices, shares in rows
        ]


def _log_failure() -> HTTPError:
    """Log the exception that is being handled; the client gets a 500 without its text."""
    logging.getLogger(__name__).exception("a batch failed")
    return HTTPError(500, DESCRIPTIONS[500])
