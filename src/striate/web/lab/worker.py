"""A thread that does the lab's work, one piece after the other, with models of its own.

Looking into a network hangs hooks into it and sets its mode: nobody else may use it meanwhile. So a lane has its own
copy of each model that it is asked for, the last few of them.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import torch
from starlette.responses import Response

from striate.errors import StriateError
from striate.nn import Model
from striate.web.errors import HTTPError

T = TypeVar("T")
_MODELS = 3
_WAITING = 64


@dataclass(frozen=True)
class ModelSource:
    """Where a model comes from; another `stamp` says that it is another one now."""

    name: str
    stamp: int
    load: Callable[[], Model]


Find = Callable[[str], ModelSource]
"""The model of a name. Refusal 404 if there is none."""


class ModelWorker:
    """One thread, its queue bounded, its models the few that were asked for last."""

    def __init__(self, name: str, find: Find, *, cores: int) -> None:
        """`cores` are those that torch may use for this lane: one, where several would spend longer on meeting."""
        self._find = find
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        # A daemon, so that a server that is told to stop does not wait for what takes long.
        threading.Thread(target=self._forever, args=(cores,), name=name, daemon=True).start()
        self._models: OrderedDict[str, tuple[int, Model]] = OrderedDict()
        self._waiting = 0

    async def do(self, work: Callable[[], T]) -> T:
        """What `work` returns, done on the lane's thread. Refusal 422 for what it cannot use, 503 if too much waits."""
        if self._waiting >= _WAITING:
            raise HTTPError(503, "too much is asked of the lab; try again in 1 s", {"Retry-After": "1"})
        self._waiting += 1
        try:
            task: Future[T] = Future()
            self._queue.put((task, work))
            return await asyncio.wrap_future(task)
        except StriateError as error:
            raise HTTPError(422, str(error)) from None
        finally:
            self._waiting -= 1

    async def answer(self, work: Callable[[], object]) -> Response:
        """What `work` returns as JSON, made on the lane's thread too."""
        return json_response(await self.do(lambda: encoded(work())))

    async def answer_of(self, name: str, work: Callable[[Model], object]) -> Response:
        """What `work` returns for a model, as JSON. Refusal 404 if there is no such model."""
        source = self._find(name)
        return await self.answer(lambda: work(self._model(source)))

    def close(self) -> None:
        """End the thread when it has done what it is at."""
        self._queue.put(None)

    def _forever(self, cores: int) -> None:
        torch.set_num_threads(cores)
        while (next_one := self._queue.get()) is not None:
            task, work = next_one
            if task.set_running_or_notify_cancel():
                try:
                    task.set_result(work())
                except BaseException as error:
                    task.set_exception(error)

    def _model(self, source: ModelSource) -> Model:
        """The model as it is now: a training writes it anew after each epoch."""
        stamp, model = self._models.pop(source.name, (None, None))
        if model is None or stamp != source.stamp:
            model = source.load()
        self._models[source.name] = source.stamp, model  # last in order: asked for last
        while len(self._models) > _MODELS:
            self._models.popitem(last=False)
        return model


def encoded(document: object) -> bytes:
    """A document as JSON, without a character that is not needed."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(errors="replace")


def json_response(body: bytes) -> Response:
    """JSON that is encoded already; it is of this moment, so no browser keeps it."""
    return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})
