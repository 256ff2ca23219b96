"""A thread that does the lab's work, one piece after the other, with models of its own.

To look into a network is to register hooks in it and to set its mode: nobody else may use it meanwhile. So a thread has
its own copy of each model, and keeps the few that were asked for last.

A thread cannot be ended. So when a piece has waited a second for one that takes long, another thread, a helper, begins
to work on what waits, and ends when nothing does.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import torch
from starlette.responses import Response

from striate.nn import Model
from striate.web.errors import HTTPError
from striate.web.responses import encode_json, json_response

T = TypeVar("T")
_MOST_MODELS = 3
_MOST_WAITING = 64
_PATIENCE = 1.0  # seconds that a piece waits before a helper begins
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class ModelSource:
    """How a model is loaded; a model with another `version` must be loaded again."""

    name: str
    version: int
    load: Callable[[], Model]


class _Models(threading.local):
    """The models of one thread by their names, each with its version; the one that was asked for last is the last."""

    def __init__(self) -> None:
        self.by_name: OrderedDict[str, tuple[int, Model]] = OrderedDict()


class ModelWorker:
    """A bounded queue, one thread that works on it with its own copies of models, and helpers while that one is busy
    for long."""

    def __init__(
        self, name: str, find: Callable[[str], ModelSource], *, cores: int, seconds: float, helpers: int
    ) -> None:
        """`find` gives the model of a name, `cores` is the number of threads that torch may use in each thread of this
        worker, `seconds` the time within which work must be done, `helpers` how many may help at most."""
        self._name, self._find, self._cores = name, find, cores
        self._seconds, self._most_helpers = seconds, helpers
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        # A daemon, so that a server that stops does not wait for work that takes long.
        threading.Thread(target=self._run_forever, name=name, daemon=True).start()
        self._helpers: list[threading.Thread] = []
        self._models = _Models()
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, run on a thread of the worker. HTTPError 503 if too much is waiting, or it takes too
        long."""
        if self._waiting >= _MOST_WAITING:
            raise HTTPError(503, "the lab is too busy; try again in 1 s", {"Retry-After": "1"})
        self._waiting += 1
        task: Future[T] = Future()
        self._queue.put((task, work))
        timer = asyncio.get_running_loop().call_later(_PATIENCE, self._help_if_waiting, task)
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(task)
        except TimeoutError:
            raise HTTPError(503, f"no answer within {self._seconds:g} s", {"Retry-After": "10"}) from None
        finally:
            timer.cancel()
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

    def _run_forever(self) -> None:
        torch.set_num_threads(self._cores)
        while (item := self._queue.get()) is not None:
            _do(*item)

    def _help_if_waiting(self, task: Future[Any]) -> None:
        """Start a helper if a piece of work has not begun yet."""
        self._helpers = [helper for helper in self._helpers if helper.is_alive()]
        if not (task.running() or task.done()) and len(self._helpers) < self._most_helpers:
            self._helpers.append(threading.Thread(target=self._help, name=f"{self._name}-helper", daemon=True))
            self._helpers[-1].start()

    def _help(self) -> None:
        """Work until nothing waits."""
        torch.set_num_threads(self._cores)
        with contextlib.suppress(Empty):
            while (item := self._queue.get_nowait()) is not None:
                _do(*item)
            self._queue.put(None)  # the end is meant for the other thread

    def _model(self, source: ModelSource) -> Model:
        """The model in its present version: a training writes a new one after each epoch."""
        models = self._models.by_name
        version, model = models.pop(source.name, (None, None))
        if model is None or version != source.version:
            model = source.load()
        models[source.name] = source.version, model
        while len(models) > _MOST_MODELS:
            models.popitem(last=False)
        return model


def _do(task: Future[T], work: Callable[[], T]) -> None:
    """Do a piece of work, unless nobody waits for it any more."""
    if task.set_running_or_notify_cancel():
        try:
            task.set_result(work())
        except BaseException as error:
            task.set_exception(error)
