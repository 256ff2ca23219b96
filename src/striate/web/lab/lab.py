"""What the lab's routes share: the models to look into, the workers, the runs, the limits of a request."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from starlette.requests import Request
from starlette.responses import Response

from striate.data import LargePictureError
from striate.errors import ModelError
from striate.inference import Predictor
from striate.inspection import Sample
from striate.nn import Model, load_model
from striate.runs import RunStore
from striate.web.errors import HTTPError
from striate.web.lab.model_worker import ModelSource, ModelWorker
from striate.web.lab.requests import decode_sample, query_text
from striate.web.request_body import RequestBodies
from striate.web.settings import LabSettings, Settings

RUN_PREFIX = "runs/"
"""Of the name of a run's model, before the name of the run."""
_MOST_DIGITS = 12  # of a step


class Lab:
    """The lab of one server, with a worker for each kind of work: `quick` for what follows the user's hand, `slow` for
    what takes seconds, `tables` for large tables, and `files` for the runs, one change after the other."""

    def __init__(
        self, models: Mapping[str, Predictor], settings: Settings, bodies: RequestBodies, lab_settings: LabSettings
    ) -> None:
        self.models = models
        self.settings = settings
        self.bodies = bodies
        self.datasets = lab_settings.datasets
        self.runs = RunStore(lab_settings.runs, lab_settings.device)
        self.runs.remove_leftovers()
        self.quick = self._worker("lab", cores=1)  # with more, its threads wait for one another
        self.slow = self._worker("lab-slow", cores=torch.get_num_threads(), helpers=1)
        self.tables = self._worker("lab-tables", cores=1, helpers=0)  # Python alone: two threads are no faster
        self.files = self._worker("lab-files", cores=1, helpers=0)

    def find_model(self, name: str) -> ModelSource:
        """A model that is served; `runs/NAME`, that of a run; or `runs/NAME/STEP`, a snapshot of a run. HTTPError 404
        if there is none."""
        if (served := self.models.get(name)) is not None:
            return ModelSource(name, 0, lambda: copy.deepcopy(served.model))
        path = self.runs.model_path(*split_snapshot_name(name)) if name.startswith(RUN_PREFIX) else None
        try:
            if path is None:
                raise FileNotFoundError
            return ModelSource(name, path.stat().st_mtime_ns, lambda: _load(path, name))
        except OSError:
            raise HTTPError(404, "no model of that name") from None

    async def respond_to_image(
        self, request: Request, work: Callable[[Model, Sample], dict[str, Any]], *, slow: bool = False
    ) -> Response:
        """What `work` returns for the model named in the query and the image in the body, as JSON. Large images are
        left to the slow worker."""
        name = query_text(request, "model")

        def answer(model: Model, *, small: bool) -> dict[str, Any]:
            sample = decode_sample(content, model.network.table, small=small)
            return {**work(model, sample), **({"note": sample.note} if sample.note else {})}

        async with self.bodies.image(request) as content:
            if not slow:
                with contextlib.suppress(LargePictureError):
                    return await self.quick.respond_with_model(name, lambda model: answer(model, small=True))
            return await self.slow.respond_with_model(name, lambda model: answer(model, small=False))

    def close(self) -> None:
        """End the threads; a training goes on."""
        for worker in (self.quick, self.slow, self.tables, self.files):
            worker.close()

    def _worker(self, name: str, *, cores: int, helpers: int = 3) -> ModelWorker:
        seconds = self.settings.answer_seconds
        return ModelWorker(name, self.find_model, cores=cores, seconds=seconds, helpers=helpers)


def split_snapshot_name(name: str) -> tuple[str, int | None]:
    """The run of `runs/NAME` or of `runs/NAME/STEP`, and the step; None without one.

    >>> split_snapshot_name("runs/pets-1/128"), split_snapshot_name("runs/pets-1")
    (('pets-1', 128), ('pets-1', None))
    """
    run, _, step = name.removeprefix(RUN_PREFIX).partition("/")
    is_step = step.isascii() and step.isdigit() and len(step) < _MOST_DIGITS
    return (run, int(step)) if is_step else (name.removeprefix(RUN_PREFIX), None)


def _load(path: Path, name: str) -> Model:
    """A model; an error gives its name, not its path."""
    try:
        return load_model(path)
    except ModelError as error:
        raise ModelError(str(error).replace(str(path), name)) from None
