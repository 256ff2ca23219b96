"""What the lab's routes share: the models to look into, two lanes to work in, the limits of a request."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import torch

from striate.errors import ModelError
from striate.inference import Predictor
from striate.nn import Model, load_model
from striate.web.errors import HTTPError
from striate.web.lab.runs import RunStore
from striate.web.lab.settings import LabSettings
from striate.web.lab.worker import ModelSource, ModelWorker
from striate.web.request_body import RequestBodies
from striate.web.settings import Settings


class Lab:
    """The lab of one server. What follows a hand goes to the `quick` lane, what takes seconds to the `slow` one."""

    def __init__(
        self, models: Mapping[str, Predictor], settings: Settings, bodies: RequestBodies, own: LabSettings
    ) -> None:
        self.served = models
        self.settings, self.own = settings, own
        self.bodies = bodies
        self.runs = RunStore(own)
        self.quick = ModelWorker("lab", self.find, cores=1)
        self.slow = ModelWorker("lab-slow", self.find, cores=torch.get_num_threads())

    def find(self, name: str) -> ModelSource:
        """A model that is served, or `runs/NAME`: that of a run. Refusal 404 if there is none."""
        if name in self.served:
            return ModelSource(name, 0, lambda: copy.deepcopy(self.served[name].model))
        run = name.removeprefix("runs/")
        path = self.runs.model(run) if run != name else None
        try:
            if path is None:
                raise FileNotFoundError
            return ModelSource(name, path.stat().st_mtime_ns, lambda: _load(path, name))
        except OSError:
            raise HTTPError(404, "no model of that name") from None

    def close(self) -> None:
        """End the threads; a training goes on."""
        self.quick.close()
        self.slow.close()


def _load(path: Path, name: str) -> Model:
    """A model; what is wrong with it is told by its name, not by where it lies."""
    try:
        return load_model(path)
    except ModelError as error:
        raise ModelError(str(error).replace(str(path), name)) from None
