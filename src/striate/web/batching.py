"""A model's pictures answered in batches, off the event loop.

    loop -> waiting -> decoders: decode, fit -> ready -> one thread: the network -> loop

Whatever is ready when the network is free is a batch. It waits, a few milliseconds at most, only while pictures that
could join it are being decoded: whoever asks alone is answered at once. What is accepted is bounded and answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from striate.data import decode_input
from striate.errors import DataError
from striate.tables import Table
from striate.web.errors import SAID, HTTPError
from striate.web.metrics import Metrics
from striate.web.settings import Settings

RankedClasses = list[tuple[int, float]]
"""(class's index, probability) from the likeliest down."""
_LEAST_BATCH = 8  # beyond it, convolutions on a CPU gain little
_CHUNK = 2**16  # bytes decoded in one go: small pictures together, a photo alone
_DECODERS = 4
_LIGHT = 0.004  # seconds: a network that answers one picture in less leaves the other cores to HTTP and decoding
_RECENT = 0.2  # share of the last batch in the mean pace


class Model(Protocol):
    """What a batcher needs of `striate.inference.Predictor`."""

    table: Table
    classes: tuple[str, ...]

    def preprocess(self, images_NCHW: Tensor) -> Tensor:
        """Pictures of one size as the table's input."""

    def forward(self, inputs_NCHW: Tensor) -> Tensor:
        """Logits (N, classes)."""


class _Request:
    """The pictures of one request, until all have an answer. Belongs to the event loop."""

    def __init__(self, count: int, top: int, future: asyncio.Future[list[RankedClasses | DataError]]) -> None:
        self.top = top
        self.future = future
        self.answers: list[Any] = [None] * count
        self.missing = count


class _Picture:
    """A place in a request; its content is first the file, then the network's input."""

    __slots__ = ("content", "place", "request")

    def __init__(self, request: _Request, place: int, content: Any) -> None:
        self.request, self.place, self.content = request, place, content


class Batcher:
    """One model's queue and threads. All public methods belong to the event loop that `start` was called in."""

    def __init__(self, name: str, predictor: Model, settings: Settings, measures: Metrics) -> None:
        self.predictor = predictor
        self.load = 0
        self._settings = settings
        self._pace = 0.0  # seconds a picture
        self._arrived: list[_Picture] = []
        self._waiting: deque[_Picture] = deque()
        self._ready: deque[_Picture] = deque()
        self._decoding = 0
        self._closed = False
        self._lock = threading.Lock()
        self._to_decode, self._to_answer = threading.Condition(self._lock), threading.Condition(self._lock)
        self._queue = measures.queue.labels(name)
        self._queue.set_function(lambda: self.load)
        self._batches, self._rejected = measures.batches.labels(name), measures.rejected.labels(name)

    def start(self) -> asyncio.Future[None]:
        """Start the threads; the future is done when the model has answered once, or says why it cannot."""
        self._loop, self._cores = asyncio.get_running_loop(), torch.get_num_threads()
        warmed: asyncio.Future[None] = self._loop.create_future()
        decoders = [self._decode_forever] * min(_DECODERS, self._cores)
        work: list[Callable[[], None]] = [lambda: self._answer_forever(warmed), *decoders]
        self._threads = [threading.Thread(target=target, daemon=True) for target in work]
        for thread in self._threads:
            thread.start()
        return warmed

    def close(self) -> None:
        """End the threads when they have done what is waiting."""
        with self._lock:
            self._closed = True
            self._to_decode.notify_all()
            self._to_answer.notify_all()
        for thread in self._threads:
            thread.join(timeout=1)

    def check_room(self, count: int = 1) -> None:
        """Refusal 503, with the time to come again, if so many more pictures would be too many."""
        in_time = int(self._settings.answer_seconds / 2 / max(self._pace, 1e-9))  # what a slow network can answer
        room = min(self._settings.queue, max(self._settings.pictures, in_time))
        if self.load + count > room:
            self._rejected.inc()
            seconds = max(1, math.ceil(self.load * self._pace))
            raise HTTPError(
                503,
                f"the queue is full ({room} pictures); try again in {seconds} s",
                {"Retry-After": str(seconds)},
            )

    async def answer(self, contents: Sequence[bytes], top: int) -> list[RankedClasses | DataError]:
        """The `top` likeliest classes of each picture, or why it cannot be read. Refusal 503 if it takes too long."""
        self.check_room(len(contents))
        request = _Request(len(contents), min(top, len(self.predictor.classes)), self._loop.create_future())
        self.load += len(contents)
        if not self._arrived:
            self._loop.call_soon(self._hand_over)  # with all that comes in this round of the loop
        self._arrived += [_Picture(request, place, content) for place, content in enumerate(contents)]
        timer = self._loop.call_later(self._settings.answer_seconds, self._expire, request)
        try:
            return await request.future
        finally:
            timer.cancel()

    def _hand_over(self) -> None:
        with self._lock:
            self._waiting.extend(self._arrived)
            self._to_decode.notify()
        self._arrived.clear()

    def _expire(self, request: _Request) -> None:
        if not request.future.done():
            message = f"no answer within {self._settings.answer_seconds:g} s"
            request.future.set_exception(HTTPError(503, message, {"Retry-After": "10"}))

    def _deliver(self, answered: list[tuple[_Picture, Any]]) -> None:
        self.load -= len(answered)
        for picture, answer in answered:
            request = picture.request
            request.answers[picture.place] = answer
            request.missing -= 1
            if request.future.done():
                continue
            if isinstance(answer, HTTPError):
                request.future.set_exception(answer)
            elif request.missing == 0:
                request.future.set_result(request.answers)

    def _send(self, answered: list[tuple[_Picture, Any]]) -> None:
        if answered:
            with contextlib.suppress(RuntimeError):  # the loop has ended: so have those who would be told
                self._loop.call_soon_threadsafe(self._deliver, answered)

    # Decoders.

    def _decode_forever(self) -> None:
        torch.set_num_threads(1)  # of this thread's work: several pictures at a time are better than one by several
        while chunk := self._next_chunk():
            answered: list[tuple[_Picture, Any]] = []
            fitted = []
            try:
                fitted = self._fit(chunk, answered)
            except Exception:
                answered = [(picture, _failed()) for picture in chunk]
            with self._lock:
                self._decoding -= len(chunk)
                self._ready.extend(fitted)
                self._to_answer.notify()
            self._send(answered)

    def _next_chunk(self) -> list[_Picture]:
        """Pictures to decode in one go; none when the batcher is closed."""
        with self._lock:
            while not self._waiting:
                if self._closed:
                    return []
                self._to_decode.wait()
            chunk: list[_Picture] = []
            size = 0
            while self._waiting and size < _CHUNK and len(chunk) < self._settings.batch:
                picture = self._waiting.popleft()
                size += len(picture.content)
                chunk.append(picture)
            self._decoding += len(chunk)
            if self._waiting:
                self._to_decode.notify()
            return chunk

    def _fit(self, chunk: list[_Picture], answered: list[tuple[_Picture, Any]]) -> list[_Picture]:
        """The pictures whose content is now the network's input; of the others is noted why not."""
        of_size: dict[tuple[int, ...], list[tuple[_Picture, Tensor]]] = {}
        table = self.predictor.table
        for picture in chunk:
            if picture.request.future.done():  # too late
                answered.append((picture, None))
                continue
            name = "the image" if len(picture.request.answers) == 1 else f"image {picture.place + 1}"
            try:
                image_CHW = decode_input(picture.content, table, name=name, max_pixels=self._settings.pixels)
            except DataError as error:
                answered.append((picture, error))
                continue
            of_size.setdefault(tuple(image_CHW.shape), []).append((picture, image_CHW))
        for same in of_size.values():
            images_NHWC = torch.stack([image_CHW.permute(1, 2, 0) for _, image_CHW in same])
            images_NCHW = images_NHWC.permute(0, 3, 1, 2)  # channels last in memory, as a single image is
            for (picture, _), input_CHW in zip(same, self.predictor.preprocess(images_NCHW), strict=True):
                picture.content = input_CHW
        return [picture for same in of_size.values() for picture, _ in same]

    # The network.

    def _answer_forever(self, warmed: asyncio.Future[None]) -> None:
        self._warm(warmed)
        while batch := self._next_batch():
            answers: list[Any]
            started = time.perf_counter()
            try:
                answers = self._ranks(batch)
            except Exception:
                answers = [_failed() for _ in batch]
            self._send(list(zip(batch, answers, strict=True)))
            self._batches.observe(len(batch))
            self._pace += _RECENT * ((time.perf_counter() - started) / len(batch) - self._pace)

    def _warm(self, warmed: asyncio.Future[None]) -> None:
        """Answer black pictures, first one and then as many as in a batch: the first of a kind is slow."""
        black_CHW = torch.zeros(self.predictor.table.input, dtype=torch.uint8)
        torch.set_num_threads(1)  # of this thread's work
        try:
            for _ in range(3):
                started = time.perf_counter()
                self.predictor.forward(black_CHW.unsqueeze(0))
                self._pace = time.perf_counter() - started
            if self._pace > _LIGHT:
                torch.set_num_threads(self._cores)
            self.predictor.forward(black_CHW.expand(self._size(), -1, -1, -1))
        except Exception as error:
            self._loop.call_soon_threadsafe(warmed.set_exception, error)
        else:
            self._loop.call_soon_threadsafe(warmed.set_result, None)

    def _size(self) -> int:
        fast = int(self._settings.batch_seconds / max(self._pace, 1e-9))
        return min(self._settings.batch, max(_LEAST_BATCH, fast))

    def _next_batch(self) -> list[_Picture]:
        """What to answer now; nothing when the batcher is closed."""
        with self._lock:
            while not self._ready:
                if self._closed and not self._waiting and not self._decoding:
                    return []
                self._to_answer.wait()
            until, size = time.monotonic() + self._settings.wait_seconds, self._size()
            while len(self._ready) < size and (self._waiting or self._decoding):
                if (left := until - time.monotonic()) <= 0:
                    break
                self._to_answer.wait(left)
            return [self._ready.popleft() for _ in range(min(size, len(self._ready)))]

    def _ranks(self, batch: list[_Picture]) -> list[RankedClasses]:
        logits = self.predictor.forward(torch.stack([picture.content for picture in batch]))
        best = torch.softmax(logits, dim=1).topk(max(picture.request.top for picture in batch))
        rows = zip(batch, best.indices.tolist(), best.values.tolist(), strict=True)
        return [
            list(zip(indices[: picture.request.top], values[: picture.request.top], strict=True))
            for picture, indices, values in rows
        ]


def _failed() -> HTTPError:
    """What is told of the exception that is being handled: to the log all of it, to the client nothing."""
    logging.getLogger(__name__).exception("a batch failed")
    return HTTPError(500, SAID[500])
