"""A trained model in use: images in, class probabilities out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, overload

import torch
from torch import Tensor
from torch.nn import functional

from striate.data import (
    DataOptions,
    Dataset,
    DataSource,
    Decoded,
    ImageSource,
    Part,
    ProgressCallback,
    is_image_source,
    load_dataset,
    normalize,
    preprocess,
    preprocessed_batches,
    read_inputs,
)
from striate.errors import DataError, ModelError
from striate.inference.choose import EngineChoice, PrecisionChoice, choose_engine
from striate.inference.engines import Engine
from striate.inference.evaluation import Evaluation, default_part, evaluate
from striate.inference.prediction import Prediction
from striate.nn import NOT_FINITE, Model, check_logits, find_model, load_model, save_model
from striate.runtime import ProcessGroup, find_device, one_thread
from striate.tables import Table
from striate.text import first_line
from striate.training import TrainedOn, prediction_sets, trained_options

BATCH = 32
"""Images in a batch: more are no faster."""
_CALIBRATION_IMAGES = 128
_MUCH_MORE = 10
"""An engine is chosen anew for more than this many times the images that it was chosen for."""


@dataclass(frozen=True)
class Outputs:
    """What the network gives for N images: logits (N, classes), and for each whether it is of none of the classes, bool
    (N,); None of a model without a threshold."""

    logits: Tensor
    none_of_these: Tensor | None


class Predictor:
    """A model with its preprocessing, run by the engine that `choose_engine` finds.

    >>> predictor = Predictor.load("lenet5")
    >>> predictor.predict("digit.png").top[0]  # doctest: +SKIP
    ('7', 0.998)
    """

    def __init__(
        self,
        model: Model,
        *,
        engine: EngineChoice = "auto",
        precision: PrecisionChoice = "auto",
        device: str | None = None,
        path: Path | None = None,
        raw: bool = False,
    ) -> None:
        """`raw` gives the softmax of the logits, not calibrated."""
        self.model = model
        self.reliability = model.reliability
        """What validation pictures say of the answers; None of a model that was not calibrated."""
        self.raw = raw
        self.table = model.network.table
        self.classes = model.classes
        self.engine: Engine | None = None
        """The engine, once it is chosen."""
        self._requested = (engine, precision)
        self.device = device
        self.path = path
        """The file that the model was loaded from, if it was."""
        self._chosen_for = 0.0  # images

    @classmethod
    def load(
        cls,
        path: Path | str,
        *,
        engine: EngineChoice = "auto",
        precision: PrecisionChoice = "auto",
        device: str | None = None,
        raw: bool = False,
    ) -> Predictor:
        """The model of a run directory or a .safetensors file, one that ships, or one on the Hub (hf://OWNER/NAME).
        ModelError if it cannot be used.

        `engine` ("torch", "inductor", "onnxruntime", "openvino") and `precision` ("float32", "bfloat16", "int8") are
        those to compute with; "auto" is the fastest that gives the same predictions: see `choose_engine`. `device` is
        "cpu", "cuda", "cuda:1", "mps", "xpu" or "auto"; by default what $STRIATE_DEVICE says, else "auto", which is the
        GPU if there is one. StriateError if it is not there. With `raw` probabilities are the softmax of the logits,
        not calibrated by the model's temperature.
        """
        if path == "":
            raise ModelError("an empty name, where a model was expected")
        if device is not None:
            find_device("float32", device=device)
        path = find_model(path)
        return cls(load_model(path), engine=engine, precision=precision, device=device, path=path, raw=raw)

    def push_to_hub(self, repository: str, **options: Any) -> str:
        """Upload the model and its card to the Hugging Face Hub, by huggingface_hub's own mixin (the extra `hub`).

        The card is the README.md beside the model file, with the pictures that it shows. From then on the model is
        `striate.load("hf://OWNER/NAME")`.

        Args:
            repository: OWNER/NAME, made if it does not exist.
            options: those of `huggingface_hub.ModelHubMixin.push_to_hub`: `private`, `branch`, `token`, ...

        Returns:
            The address of the commit.

        Raises:
            ModelError: huggingface_hub is not installed, or the Hub refuses.

            striate.load("runs/pets").push_to_hub("kim/pets", private=True)
        """
        try:
            from striate.inference.hub import HubModel, find_card
        except ImportError:
            raise ModelError("huggingface_hub is not installed: pip install 'striate[hub]'") from None
        hub_model = HubModel(partial(save_model, model=self.model), find_card(self.path))
        try:
            commit = hub_model.push_to_hub(repository, model_card_kwargs={"repository": repository}, **options)
        except Exception as error:  # whatever the net raises
            raise ModelError(f"{repository}: cannot be uploaded ({first_line(error)})") from None
        return str(commit)

    def choose_engine(self, inputs_NCHW: Tensor | None = None, *, batch: int = BATCH, work: float = math.inf) -> Engine:
        """Choose the engine for `work` images in batches of `batch`, by a trial on these, and keep it.

        `inputs_NCHW` are images as `preprocess` makes them, random ones by default; for int8 a hundred or so real ones,
        from which each row's range is taken. StriateError as from `striate.inference.choose_engine`. Where this is not
        called, the first images decide; an engine that was found by "auto" for few images is chosen anew when more than
        ten times as many come at once.
        """
        engine, precision = self._requested
        if inputs_NCHW is None:
            inputs_NCHW = self.preprocess(_random_images(self.table.input[0]))
        normalized_NCHW = normalize(inputs_NCHW, self.table.preprocessing)
        self.engine = choose_engine(
            self.model.network,
            normalized_NCHW,
            engine=engine,
            precision=precision,
            batch=batch,
            work=work,
            device=self.device,
            features_of=self._features_of,
        )
        self._chosen_for = work
        return self.engine

    def calibrate(self, dataset: Dataset, *, work: float = math.inf) -> Engine:
        """Choose the engine by images from all through a data set's training part, which int8 needs."""
        return self.choose_engine(calibration_inputs(dataset, self.table), work=work)

    def as_float32(self) -> Predictor:
        """The same model in float32, to compare with."""
        return Predictor(self.model, precision="float32", device=self.device, path=self.path, raw=self.raw)

    def preprocess(self, images_NCHW: Tensor) -> Tensor:
        """uint8 images of one size, any size and 1 or 3 channels, as uint8 of the table's input, as in training."""
        return preprocess(images_NCHW, self.table)

    def forward(self, inputs_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of images that `preprocess` has made."""
        return self._run(inputs_NCHW)[:, : len(self.classes)]

    def outputs(self, inputs_NCHW: Tensor) -> Outputs:
        """Logits of images that `preprocess` has made, and whether they are of none of the classes."""
        if self.reliability is None or self.reliability.row is None:
            return Outputs(self.forward(inputs_NCHW), None)
        found = self._run(inputs_NCHW)
        logits, features = found[:, : len(self.classes)], found[:, len(self.classes) :]
        return Outputs(logits, self.reliability.none_of_these(features))

    @property
    def temperature(self) -> float:
        """What logits are divided by before their softmax is taken: 1 of a model that was not calibrated, or `raw`."""
        return 1.0 if self.raw else self.model.temperature

    @property
    def _features_of(self) -> str | None:
        return None if self.reliability is None else self.reliability.row

    def _run(self, inputs_NCHW: Tensor) -> Tensor:
        engine = self._engine_for(len(inputs_NCHW), inputs_NCHW)
        with one_thread() if engine.has_threads_of_its_own else contextlib.nullcontext():
            normalized_NCHW = normalize(inputs_NCHW, self.table.preprocessing)
        return engine.run(normalized_NCHW)

    def logits(self, images_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of uint8 images of one size, any size. ModelError if one is not finite."""
        return check_logits(self.forward(self.preprocess(images_NCHW)))

    def probabilities(self, images_NCHW: Tensor) -> Tensor:
        """Probabilities (N, classes) of uint8 images of one size, any size: the softmax of the logits, divided by the
        temperature.

        ModelError if a logit is not finite.
        """
        return torch.softmax(self.logits(images_NCHW) / self.temperature, dim=1)

    @overload
    def predict(  # type: ignore[overload-overlap]
        self, images: ImageSource, top: int = 5, *, coverage: float | None = None
    ) -> Prediction: ...

    @overload
    def predict(
        self, images: Iterable[ImageSource], top: int = 5, *, coverage: float | None = None
    ) -> list[Prediction]: ...

    def predict(
        self, images: ImageSource | Iterable[ImageSource], top: int = 5, *, coverage: float | None = None
    ) -> Prediction | list[Prediction]:
        """The `top` likeliest classes of an image, or of each of many, in order; with a `coverage` also the set of
        classes that has the true one with this probability, for images like the training data.

        An image is a path, a file's bytes, a PIL image, or a NumPy array or torch tensor, uint8 or floats from 0 to 1,
        (height, width), (height, width, 1 or 3) or (1 or 3, height, width). DataError if the one image cannot be read,
        or its logits are not finite; of many, such images are reported in `Prediction.error`. ModelError if the model
        has no sets of this coverage.

        >>> import numpy as np
        >>> predictor = Predictor.load("lenet5")
        >>> len(predictor.predict(np.zeros((28, 28), np.uint8)).top)
        5
        >>> [prediction.error for prediction in predictor.predict(["missing.png"])]
        ['missing.png: no such file']
        """
        if not is_image_source(images):
            return list(self.stream(list(images), top, coverage=coverage))  # type: ignore[arg-type]
        (prediction,) = self.stream([images], top, coverage=coverage)  # type: ignore[list-item]
        if prediction.error is not None:
            raise DataError(prediction.error)
        return prediction

    def stream(
        self, images: Sequence[ImageSource], top: int = 5, *, coverage: float | None = None
    ) -> Iterator[Prediction]:
        """The predictions as they come, in order, while the next images are read ahead by threads."""
        limit = None if coverage is None else self.set_threshold(coverage)
        reads = read_inputs(images, self.table, ahead=2 * BATCH)
        with contextlib.closing(reads):
            while batch := list(islice(reads, BATCH)):
                yield from self._predict_batch(batch, top, len(images), limit)

    def set_threshold(self, coverage: float) -> float:
        """Of -log(probability), for prediction sets of this coverage. ModelError if the model has none."""
        sets = {} if self.reliability is None else self.reliability.sets
        name = self.path or self.table.name
        if coverage not in sets:
            known = ", ".join(f"{one:g}" for one in sets)
            has = f"has prediction sets of coverage {known}" if known else "has no prediction sets"
            raise ModelError(
                f"{name}: {has}; `striate calibrate` makes those of the pictures that it was validated with"
            )
        return sets[coverage]

    def load_dataset(
        self,
        data: DataSource,
        options: DataOptions | None = None,
        *,
        on_progress: ProgressCallback = lambda _done, _total: None,
        on_listed: Callable[[str], None] = lambda _line: None,
    ) -> Dataset:
        """A data set as `striate.data.load_dataset`, to evaluate the model on: with its classes, some of which may be
        missing, and by default split as when it was trained."""
        options = trained_options(self.model.training) if options is None else options
        return load_dataset(
            data, self.table, options, classes=self.classes, on_progress=on_progress, on_listed=on_listed
        )

    def evaluate(
        self,
        data: Dataset | DataSource,
        *,
        part: Part | None = None,
        crops: int = 1,
        group: ProcessGroup = ProcessGroup(),
        on_progress: ProgressCallback = lambda _done, _total: None,
    ) -> Evaluation:
        """Evaluate on a part of a data set, one crop of each image or the papers' ten.

        `data` is a data set, or what `load_dataset` takes. `part` is "train", "validation", "test" or "all"; by default
        it is "test" where there are test images, "validation" of a named set and of the data that the model was trained
        on, else "all". `Evaluation.trained_on` says how many of the images the model was trained on.

        DataError if its classes are not the model's or the part is empty, TableError if the table has no ten crops,
        ModelError if a logit is not finite.

        >>> evaluation = Predictor.load("lenet5").evaluate("digits")
        >>> evaluation.part, evaluation.scores.images, evaluation.trained_on
        ('validation', 360, None)
        """
        dataset = data if isinstance(data, Dataset) else self.load_dataset(data)
        dataset.check_classes(self.classes)
        trained_on = TrainedOn.load(self.path, self.model.training)
        part = default_part(dataset, trained_on) if part is None else part
        work = crops * len(dataset.part(part))
        if self.engine is None or self._is_outgrown(work):
            self.calibrate(dataset, work=work)
        how: dict[str, Any] = {
            "crops": crops,
            "temperature": self.temperature,
            "group": group,
            "on_progress": on_progress,
        }
        return evaluate(self.forward, self.table, dataset, part=part, trained_on=trained_on, **how)

    def _predict_batch(
        self, batch: Sequence[Decoded], top: int, work: int, limit: float | None
    ) -> Iterator[Prediction]:
        readable = [read.image_CHW for read in batch if read.image_CHW is not None]
        if readable:
            inputs_NCHW = torch.stack(readable)
            self._engine_for(work, inputs_NCHW)
            outputs = self.outputs(inputs_NCHW)
            logits = outputs.logits / self.temperature
            best = logits.softmax(dim=1).topk(min(top, len(self.classes)))
            unlike = [None] * len(logits) if outputs.none_of_these is None else outputs.none_of_these.tolist()
            sets = [None] * len(logits) if limit is None else self._sets(outputs.logits, limit)
            finite = logits.isfinite().all(dim=1).tolist()
            rows = zip(finite, unlike, sets, best.indices.tolist(), best.values.tolist(), strict=True)
        for read in batch:
            if read.image_CHW is None:
                yield Prediction(read.name, read.path, error=read.error)
                continue
            is_finite, is_unlike, classes, *ranked = next(rows)
            if not is_finite:
                yield Prediction(read.name, read.path, error=f"{read.name}: {NOT_FINITE}")
            else:
                pairs = zip(*ranked, strict=True)
                top_classes = tuple((self.classes[index], share) for index, share in pairs)
                input_CHW = read.image_CHW if work == 1 else None
                yield Prediction(
                    read.name,
                    read.path,
                    top_classes,
                    note=read.note,
                    none_of_these=is_unlike,
                    set=classes,
                    input_CHW=input_CHW,
                )

    def _sets(self, logits: Tensor, limit: float) -> list[tuple[str, ...]]:
        """The prediction set of each image, likeliest first. Sets go by calibrated probabilities, `raw` or not."""
        assert self.reliability is not None
        losses = -(logits / self.reliability.temperature).log_softmax(dim=1)
        inside = prediction_sets(losses, limit)
        order = losses.argsort(dim=1, stable=True)
        return [
            tuple(self.classes[index] for index in ranked if members[index])
            for ranked, members in zip(order.tolist(), inside.tolist(), strict=True)
        ]

    def _engine_for(self, work: int, inputs_NCHW: Tensor) -> Engine:
        """The engine; if none has been chosen for about so much work, one chosen by these images."""
        if self.engine is None or self._is_outgrown(work):
            return self.choose_engine(inputs_NCHW, batch=len(inputs_NCHW), work=work)
        return self.engine

    def _is_outgrown(self, work: int) -> bool:
        """Whether "auto" found the engine for far fewer images, by a shorter trial or none.

        A requested engine stays, and so does one in int8, whose ranges come from the images of its calibration.
        """
        engine, precision = self._requested
        return engine == "auto" and precision != "int8" and work > _MUCH_MORE * self._chosen_for


def load(
    path: Path | str,
    *,
    engine: EngineChoice = "auto",
    precision: PrecisionChoice = "auto",
    device: str | None = None,
    raw: bool = False,
) -> Predictor:
    """A trained model, ready to predict: `Predictor.load`.

    `path` is a run directory, a .safetensors model file, the name of a model that ships, or hf://OWNER/NAME, which is
    fetched from the Hugging Face Hub (the extra `hub`). ModelError if there is no such model or it cannot be used,
    StriateError if there is no such `device`.

    >>> load("lenet5").predict("digit.png").top[0]  # doctest: +SKIP
    ('7', 0.998)
    """
    return Predictor.load(path, engine=engine, precision=precision, device=device, raw=raw)


def calibration_inputs(dataset: Dataset, table: Table) -> Tensor:
    """Up to 128 images from all through a data set's training part, as `preprocess` makes them: the ranges of values in
    int8 are taken from them.

    >>> from striate.data import load_dataset
    >>> from striate.tables import load_table
    >>> table = load_table("lenet5")
    >>> calibration_inputs(load_dataset("digits", table), table).shape
    torch.Size([128, 1, 32, 32])
    """
    images = (dataset.train if len(dataset.train) else dataset.part("all")).subsample(_CALIBRATION_IMAGES)
    return torch.cat(list(preprocessed_batches(images, table)))


def _random_images(channels: int) -> Tensor:
    """Images of soft random shapes, always the same: what engines are tried on where there are no others."""
    generator = torch.Generator().manual_seed(0)
    coarse_NCHW = torch.randint(256, (BATCH, channels, 6, 6), generator=generator).float()
    return functional.interpolate(coarse_NCHW, (96, 96), mode="bilinear").round().to(torch.uint8)
