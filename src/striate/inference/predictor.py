"""A model in use: pictures in, class probabilities out."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from striate.data import DIGIT_SEARCH_SIDE, Dataset, normalize, preprocess, preprocessed_batches, stored_side
from striate.inference.choose import EngineChoice, PrecisionChoice, choose_engine
from striate.inference.engines import Engine
from striate.inference.evaluation import Evaluation, Progress, evaluate
from striate.inference.prefetch import Decoded, prefetch
from striate.nn import Model, load_model
from striate.runtime import ProcessGroup, one_thread

BATCH = 32
"""Pictures that are answered at once: more are no faster."""
_CALIBRATING = 128  # pictures


@dataclass(frozen=True)
class Prediction:
    """What a model says of one picture: (class, probability) from the likeliest down, or why it cannot be read."""

    path: Path
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None


class Predictor:
    """A model that answers, on whatever engine `choose_engine` found.

    >>> Predictor.load("lenet5").predict(["digit.png"])[0].top[0]  # doctest: +SKIP
    ('7', 0.998)
    """

    def __init__(self, model: Model, *, engine: EngineChoice = "auto", precision: PrecisionChoice = "auto") -> None:
        self.model = model
        self.table = model.network.table
        self.classes = model.classes
        self.engine: Engine | None = None
        """What answers, once it is chosen."""
        self._wish = (engine, precision)

    @classmethod
    def load(cls, path: Path | str, *, engine: EngineChoice = "auto", precision: PrecisionChoice = "auto") -> Predictor:
        """The model of a run directory or a .safetensors file, or one that ships. ModelError if it cannot be used.

        `engine` ("torch", "inductor", "onnxruntime", "openvino") and `precision` ("float32", "bfloat16", "int8") are
        what it shall answer with; "auto" is the fastest that gives the same answers: see `choose_engine`.
        """
        return cls(load_model(Path(path)), engine=engine, precision=precision)

    def choose_engine(self, fitted_NCHW: Tensor | None = None, *, batch: int = BATCH, work: float = math.inf) -> Engine:
        """Choose what answers, for `work` pictures in batches of `batch`, by trying these; and keep it.

        `fitted_NCHW` are pictures that `fit` has made ready, drawn ones if there are none; for int8 a hundred or so
        real ones, which show each row's range.
        StriateError as from `striate.inference.choose.choose`. Who does not call this has the first pictures decide.
        """
        engine, precision = self._wish
        pictures_NCHW = self.fit(_drawn(self.table.input[0])) if fitted_NCHW is None else fitted_NCHW
        normalized = normalize(pictures_NCHW, self.table.preprocessing)
        self.engine = choose_engine(
            self.model.network, normalized, engine=engine, precision=precision, batch=batch, work=work
        )
        return self.engine

    def calibrate(self, dataset: Dataset, *, work: float = math.inf) -> Engine:
        """Choose what answers by pictures of a data set, from all through its training part: what int8 needs."""
        fitted_NCHW = torch.cat(list(preprocessed_batches(dataset.train.subsample(_CALIBRATING), self.table)))
        return self.choose_engine(fitted_NCHW, work=work)

    def as_float32(self) -> Predictor:
        """The same model in float32, to compare with."""
        return Predictor(self.model, precision="float32")

    @property
    def side(self) -> int:
        """Pixels of the shorter side to which a larger picture is scaled down as it is decoded, as in training."""
        return DIGIT_SEARCH_SIDE if self.table.preprocessing.figure else stored_side(self.table)

    def fit(self, images_NCHW: Tensor) -> Tensor:
        """uint8 pictures of one size, any size and 1 or 3 channels, as uint8 of the table's input, as in training."""
        return preprocess(images_NCHW, self.table)

    def answer(self, fitted_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of pictures that `fit` has made ready."""
        engine = self.engine or self.choose_engine(fitted_NCHW, batch=len(fitted_NCHW), work=len(fitted_NCHW))
        with one_thread() if engine.has_threads_of_its_own else contextlib.nullcontext():
            normalized_NCHW = normalize(fitted_NCHW, self.table.preprocessing)
        return engine.run(normalized_NCHW)

    def logits(self, images_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of uint8 pictures of one size, any size."""
        return self.answer(self.fit(images_NCHW))

    def probabilities(self, images_NCHW: Tensor) -> Tensor:
        """Probabilities (N, classes) of uint8 pictures of one size, any size: the softmax of the logits."""
        return torch.softmax(self.logits(images_NCHW), dim=1)

    def predict(self, paths: Iterable[Path | str], top: int = 5) -> list[Prediction]:
        """A prediction for each picture, in order; one that cannot be read is reported, not fatal."""
        return list(self.stream(list(paths), top))

    def stream(self, paths: Sequence[Path | str], top: int = 5) -> Iterator[Prediction]:
        """The predictions as they come, in order, while the next pictures are read ahead by threads."""
        reads = prefetch(list(map(Path, paths)), self.table, self.side, 2 * BATCH)
        with contextlib.closing(reads):
            while batch := list(islice(reads, BATCH)):
                yield from self._batch(batch, top, len(paths))

    def evaluate(
        self,
        dataset: Dataset,
        *,
        crops: int = 1,
        group: ProcessGroup = ProcessGroup(),
        on_progress: Progress = lambda _done, _total: None,
    ) -> Evaluation:
        """Evaluate on a data set's held-out images, one crop of each or the papers' ten.

        DataError if its classes are not the model's, TableError if the table has no ten crops.
        """
        dataset.check_classes(self.classes)
        if self.engine is None:
            self.calibrate(dataset, work=crops * len(dataset.validation))
        return evaluate(self.answer, self.table, dataset, crops=crops, group=group, on_progress=on_progress)

    def _batch(self, batch: Sequence[Decoded], top: int, work: int) -> Iterator[Prediction]:
        good = [read.image_CHW for read in batch if read.image_CHW is not None]
        if good:
            fitted_NCHW = torch.stack(good)
            if self.engine is None:
                self.choose_engine(fitted_NCHW, batch=len(good), work=work)
            best = self.answer(fitted_NCHW).softmax(dim=1).topk(min(top, len(self.classes)))
            answers = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        for read in batch:
            if read.image_CHW is None:
                yield Prediction(read.path, error=read.error)
            else:
                pairs = zip(*next(answers), strict=True)
                yield Prediction(read.path, tuple((self.classes[index], share) for index, share in pairs))


def _drawn(channels: int) -> Tensor:
    """Pictures of soft random shapes, always the same: what an engine is tried with where there are no others."""
    generator = torch.Generator().manual_seed(0)
    coarse_NCHW = torch.randint(256, (BATCH, channels, 6, 6), generator=generator).float()
    return functional.interpolate(coarse_NCHW, (96, 96), mode="bilinear").round().to(torch.uint8)
