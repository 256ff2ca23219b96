"""A model in use: pictures in, class probabilities out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from striate.data.decode import read_image
from striate.data.pictures import Dataset
from striate.data.preprocess import fit, normalize
from striate.errors import DataError, StriateError
from striate.inference.evaluation import Evaluation, Progress, evaluate
from striate.nn.model_file import Model, load
from striate.training.ranks import Ranks


@dataclass(frozen=True)
class Prediction:
    """What a model says of one picture: (class, probability) from the likeliest down, or why it cannot be read."""

    path: Path
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None


class Predictor:
    """A model that answers.

    >>> Predictor.load("lenet5").predict(["digit.png"])[0].top[0]  # doctest: +SKIP
    ('7', 0.998)
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.table = model.network.table
        self.classes = model.classes

    @classmethod
    def load(cls, path: Path | str) -> Predictor:
        """The model of a run directory or a .safetensors file, or one that ships. ModelError if it cannot be used."""
        return cls(load(Path(path)))

    def fit(self, images_NCHW: Tensor) -> Tensor:
        """uint8 pictures of one size, any size and 1 or 3 channels, as uint8 of the table's input, as in training."""
        return fit(images_NCHW, self.table)

    def answer(self, fitted_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of pictures that `fit` has made ready."""
        with torch.inference_mode():
            logits: Tensor = self.model.network(normalize(fitted_NCHW, self.table.preprocessing))
            return logits

    def logits(self, images_NCHW: Tensor) -> Tensor:
        """Logits (N, classes) of uint8 pictures of one size, any size."""
        return self.answer(self.fit(images_NCHW))

    def probabilities(self, images_NCHW: Tensor) -> Tensor:
        """Probabilities (N, classes) of uint8 pictures of one size, any size: the softmax of the logits."""
        return torch.softmax(self.logits(images_NCHW), dim=1)

    def predict(self, paths: Iterable[Path | str], top: int = 5) -> list[Prediction]:
        """A prediction for each picture, in order; one that cannot be read is reported, not fatal."""
        return [self._one(Path(path), top) for path in paths]

    def evaluate(
        self,
        dataset: Dataset,
        *,
        crops: int = 1,
        ranks: Ranks = Ranks(),
        on_progress: Progress = lambda _done, _total: None,
    ) -> Evaluation:
        """Evaluate on a data set's held-out images, one crop of each or the papers' ten.

        StriateError if its classes are not the model's, TableError if the table has no ten crops.
        """
        if dataset.classes != self.classes:
            raise StriateError(
                f"the model tells {_brief(self.classes)} apart, but {dataset.name} holds {_brief(dataset.classes)}"
            )
        return evaluate(self.answer, self.table, dataset, crops=crops, ranks=ranks, on_progress=on_progress)

    def _one(self, path: Path, top: int) -> Prediction:
        try:
            image_CHW = read_image(path, self.table.input[0])
        except DataError as error:
            return Prediction(path, error=str(error))
        best = self.probabilities(image_CHW.unsqueeze(0))[0].topk(min(top, len(self.classes)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return Prediction(path, tuple((self.classes[index], probability) for index, probability in pairs))


def _brief(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:3])
    return f"{len(classes)} classes ({shown}{', ...' if len(classes) > 3 else ''})"
