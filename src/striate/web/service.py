"""What the routes share: the models with their queues, the bodies, the metrics, the lab, and whether all is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from striate.inference import Predictor
from striate.web.batching import Batcher
from striate.web.classroom.service import ClassService, ClassSettings
from striate.web.classroom.store import Classroom
from striate.web.lab.lab import Lab
from striate.web.metrics import Metrics
from striate.web.request_body import RequestBodies
from striate.web.settings import LabSettings, Settings


class Service:
    """The models of one server, by name; a class draws for the first one.

    `failure` is the exception of a model that cannot predict at all.
    """

    def __init__(
        self,
        models: Mapping[str, Predictor],
        settings: Settings,
        lab: LabSettings = LabSettings(),
        class_settings: ClassSettings | None = None,
    ) -> None:
        """ClassroomError if there is a class that cannot be opened."""
        self.models = models
        self.settings = settings
        self.metrics = Metrics()
        self.bodies = RequestBodies(settings)
        self.lab = Lab(models, settings, self.bodies, lab)
        self.batchers = {name: Batcher(name, model, settings, self.metrics) for name, model in models.items()}
        self.classroom = None if class_settings is None else self._open_class(class_settings)
        self.draining = False
        self.failure: BaseException | None = None
        self._warm = False

    @property
    def ready(self) -> bool:
        """Whether every model has predicted once, and the server is not about to stop."""
        return self._warm and not self.draining

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the threads, and end them with the server."""
        warm_up = asyncio.gather(*[batcher.start() for batcher in self.batchers.values()])
        warm_up.add_done_callback(self._warmed_up)
        try:
            yield
        finally:
            warm_up.cancel()
            self.lab.close()
            if self.classroom is not None:
                self.classroom.close()
            for batcher in self.batchers.values():
                batcher.close()

    def _open_class(self, chosen: ClassSettings) -> ClassService:
        name, model = next(iter(self.models.items()))
        store = Classroom(chosen.folder, chosen.name, model.classes)
        return ClassService(store, name, self.batchers[name], self.bodies, self.settings)

    def _warmed_up(self, warm_up: asyncio.Future[list[None]]) -> None:
        if not warm_up.cancelled():
            self.failure = warm_up.exception()
            self._warm = self.failure is None
