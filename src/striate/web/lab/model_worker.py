"""A thread that does the lab's work, one piece after the other, with models of its own.

To look into a network is to register hooks in it and to set its mode: nobody else may use it meanwhile. So a worker has
its own copy of each model, and keeps the few that were asked for last.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import torch
from starlette.responses import Response

from striate.nn import Model
from striate.web.errors import HTTPError
from striate.web.responses import encode_json, json_response

T = TypeVar("T")
_MOST_MODELS = 3
_MOST_WAITING = 64
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class ModelSource:
    """How a model is loaded; a model with another `version` must be loaded again."""

    name: str
    version: int
    load: Callable[[], Model]


class ModelWorker:
    """One thread with a bounded queue and its own copies of models."""

    def __init__(self, name: str, find: Callable[[str], ModelSource], *, cores: int) -> None:
        """`find` gives the model of a name, `cores` is the number of threads that torch may use for this worker."""
        self._find = find
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        # A daemon, so that a server that stops does not wait for work that takes long.
        threading.Thread(target=self._run_forever, args=(cores,), name=name, daemon=True).start()
        self._models: OrderedDict[str, tuple[int, Model]] = OrderedDict()
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, run on the worker's thread. HTTPError 503 if too much is waiting."""
        if self._waiting >= _MOST_WAITING:
            raise HTTPError(503, "the lab is too busy; try again in 1 s", {"Retry-After": "1"})
        self._waiting += 1
        try:
            task: Future[T] = Future()
            self._queue.put((task, work))
            return await asyncio.wrap_future(task)
        finally:
            self._waiting -= 1

    async def respond(self, work: Callable[[], object]) -> Response:
        """What `work` returns as JSON, encoded on the worker's thread too; no browser caches it."""
        return json_response(await self.run(lambda: encode_json(work())), _NO_STORE)

    async def respond_with_model(self, name: str, work: Callable[[Model], object]) -> Response:
        """What `work` returns for a model, as JSON. HTTPError as from `find` if there is no such model."""
        source = self._find(name)
        return await self.respond(lambda: work(self._model(source)))

    def close(self) -> None:
        """End the thread after the work that is queued."""
        self._queue.put(None)

    def _run_forever(self, cores: int) -> None:
        torch.set_num_threads(cores)
        while (item := self._queue.get()) is not None:
            task, work = item
            if task.set_running_or_notify_cancel():
                try:
                    task.set_result(work())
                except BaseException as error:
                    task.set_exception(error)

    def _model(self, source: ModelSource) -> Model:
        """The model in its present version: a training writes a new one after each epoch."""
        version, model = self._models.pop(source.name, (None, None))
        if model is None or version != source.version:
            model = source.load()
        self._models[source.name] = source.version, model  # last in order: asked for last
        while len(self._models) > _MOST_MODELS:
            self._models.popitem(last=False)
        return model
