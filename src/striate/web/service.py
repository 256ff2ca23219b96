"""What the routes share: the models with their queues, the bodies, the counts, and whether all is ready."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from striate.inference import Predictor
from striate.web.batching import Batcher
from striate.web.lab.lab import Lab
from striate.web.lab.settings import LabSettings
from striate.web.metrics import Metrics
from striate.web.request_body import RequestBodies
from striate.web.settings import Settings


class Service:
    """The models of one server. `failure` is why one of them cannot answer, once that is known."""

    def __init__(self, models: Mapping[str, Predictor], settings: Settings, lab: LabSettings = LabSettings()) -> None:
        self.models = models
        self.settings = settings
        self.measures = Metrics()
        self.bodies = RequestBodies(settings)
        self.lab = Lab(models, settings, self.bodies, lab)
        self.batchers = {name: Batcher(name, model, settings, self.measures) for name, model in models.items()}
        self.draining = False
        self.failure: BaseException | None = None
        self._warm = False

    @property
    def ready(self) -> bool:
        """Whether every model has answered once, and the server is not about to stop."""
        return self._warm and not self.draining

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The threads, from the start of the server to its end."""
        warming = asyncio.gather(*[batcher.start() for batcher in self.batchers.values()])
        warming.add_done_callback(self._warmed)
        try:
            yield
        finally:
            warming.cancel()
            self.lab.close()
            for batcher in self.batchers.values():
                batcher.close()

    def _warmed(self, warming: asyncio.Future[list[None]]) -> None:
        if not warming.cancelled():
            self.failure = warming.exception()
            self._warm = self.failure is None
