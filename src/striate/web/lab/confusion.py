"""GET /lab/confusion, confusion/pictures and run/picture: where a run's network fails, with its validation pictures."""

from __future__ import annotations

import io
import threading
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from striate.analysis import total_cost
from striate.data import ImageSet, load_dataset
from striate.errors import RequestError, StriateError
from striate.nn import Model, check_logits
from striate.runs import RunPaths
from striate.runtime import find_device
from striate.training import load_run_config, predict_logits, trained_options
from striate.web.errors import HTTPError
from striate.web.lab.lab import RUN_PREFIX, Lab, split_snapshot_name
from striate.web.lab.requests import lab_route, query_int, query_text

T = TypeVar("T")
_MOST_IMAGES, _LEAST_IMAGES, _MOST_MACS = 2000, 32, 1e11
"""Pictures that a network predicts for its matrix: fewer for a large one, whose answer takes seconds."""
_SHOWN, _MOST_PAIRS = 12, 1600
"""Pictures of a cell, and cells: all of 40 classes."""
_SETS, _PREDICTIONS = 2, 64
_MOST_CLASSES = 10**6


@dataclass(frozen=True)
class _Pictures:
    """The pictures of a run that its networks predict, out of so many validation pictures."""

    images: ImageSet
    of: int


class _Kept(OrderedDict[Any, T]):
    """The newest results, each computed once."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._lock = most, threading.Lock()

    def once(self, key: Any, compute: Callable[[], T]) -> T:
        """What `compute` returned for a key."""
        with self._lock:
            if key not in self:
                self[key] = compute()
                while len(self) > self._most:
                    self.popitem(last=False)
            self.move_to_end(key)
            return self[key]


def routes(lab: Lab) -> list[Route]:
    """The routes of the matrix in Train; the slow worker reads the data and predicts."""
    sets: _Kept[_Pictures] = _Kept(_SETS)
    predictions: _Kept[Tensor] = _Kept(_PREDICTIONS)

    def pictures_of(model: Model, run: str) -> _Pictures:
        directory = RunPaths(lab.runs.folder, run).directory
        version = (directory / "run.json").stat().st_mtime_ns
        return sets.once((run, version), lambda: _pictures(model, directory))

    async def answer(request: Request, work: Callable[[Model, _Pictures, Tensor], dict[str, Any]]) -> Response:
        name = query_text(request, "model")
        if not name.startswith(RUN_PREFIX):
            raise RequestError("model: expected runs/NAME or runs/NAME/STEP, a model of a run")
        version, run = lab.find_model(name).version, split_snapshot_name(name)[0]

        def document(model: Model) -> dict[str, Any]:
            pictures = pictures_of(model, run)
            return work(model, pictures, predictions.once((name, version), lambda: _predict(model, pictures.images)))

        return await lab.slow.respond_with_model(name, document)

    async def matrix(request: Request) -> Response:
        return await answer(request, _matrix)

    async def cell(request: Request) -> Response:
        true, predicted = (query_int(request, name, 0, _MOST_CLASSES) for name in ("true", "predicted"))
        return await answer(request, lambda _, pictures, found: _cell(pictures.images, found, true, predicted))

    async def picture(request: Request) -> Response:
        run, image = query_text(request, "name"), query_int(request, "image", 0, _MOST_IMAGES)
        lab.find_model(f"{RUN_PREFIX}{run}")
        return await lab.slow.respond_with_model(
            f"{RUN_PREFIX}{run}", lambda model: _picture(pictures_of(model, run).images, image)
        )

    return [
        lab_route("GET", "confusion", matrix),
        lab_route("GET", "confusion/pictures", cell),
        lab_route("GET", "run/picture", picture),
    ]


def _pictures(model: Model, directory: Path) -> _Pictures:
    """Validation pictures of a run, at even distances if they are many. HTTPError 404 if its data are not there."""
    try:
        config = load_run_config(directory, finished=True)
        if config.from_python:
            raise HTTPError(404, "the data of this run were given from Python: they are not here")
        table = model.network.table
        options = trained_options(model.training, config.options.data)
        dataset = load_dataset(config.source, table, options, classes=model.classes)
        dataset.check_classes(model.classes)
        images = dataset.part("validation")
    except StriateError:  # whose text names folders of this machine
        raise HTTPError(404, "the data of this run are no longer where they were") from None
    most = max(_LEAST_IMAGES, min(_MOST_IMAGES, int(_MOST_MACS / total_cost(model.network.plan).macs)))
    return _Pictures(images.subsample(most), len(images))


def _predict(model: Model, images: ImageSet) -> Tensor:
    """Probabilities (N, classes), of logits in float32, as every view computes."""
    logits = predict_logits(model.network, images, find_device("float32", device="cpu"))
    return model.probabilities(check_logits(logits))


def _matrix(model: Model, pictures: _Pictures, probabilities: Tensor) -> dict[str, Any]:
    """The cells that are not empty as (true, predicted, pictures); of many classes those with most pictures."""
    labels, classes = pictures.images.labels, len(model.classes)
    cells, counts = (labels * classes + probabilities.argmax(dim=1)).unique(return_counts=True)  # type: ignore[no-untyped-call]
    pairs = [(*divmod(cell, classes), count) for cell, count in zip(cells.tolist(), counts.tolist(), strict=True)]
    pairs.sort(key=lambda pair: (-pair[2], pair))
    return {
        "classes": list(model.classes),
        "images": len(labels),
        "of": pictures.of,
        "accuracy": float((probabilities.argmax(dim=1) == labels).double().mean()),
        "cells": [list(pair) for pair in pairs[:_MOST_PAIRS]],
    }


def _cell(images: ImageSet, probabilities: Tensor, true: int, predicted: int) -> dict[str, Any]:
    """The pictures of a cell: of mistakes the most probable first, of the others the least probable."""
    highest, answers = probabilities.max(dim=1)
    inside = ((images.labels == true) & (answers == predicted)).nonzero().flatten()
    ranked = inside[highest[inside].argsort(descending=true != predicted, stable=True)].tolist()
    shown = [{**_picture(images, image), "probability": float(highest[image])} for image in ranked[:_SHOWN]]
    return {"images": len(ranked), "pictures": shown}


def _picture(images: ImageSet, image: int) -> dict[str, Any]:
    """A picture with all its pixels, so that every view predicts what the matrix counts; of its file only the name."""
    if image >= len(images):
        raise RequestError(f"image: expected a whole number from 0 to {len(images) - 1}")
    pixels_HWC, buffer = images.pictures[image], io.BytesIO()
    Image.fromarray(pixels_HWC.squeeze(2) if pixels_HWC.shape[2] == 1 else pixels_HWC).save(buffer, "PNG")
    name = None if images.names is None else Path(images.names[image]).name
    return {"image": image, "name": name, "content": b64encode(buffer.getvalue()).decode("ascii")}
