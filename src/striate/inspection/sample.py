"""A picture as a network gets it, and as people see that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from striate.data import normalize, preprocess, read_image
from striate.errors import StriateError
from striate.nn import Model
from striate.tables import Table


@dataclass(frozen=True)
class Sample:
    """A picture under the lens: `fitted_CHW` is uint8 of the table's input, `input_NCHW` is it normalized (N = 1)."""

    name: str
    fitted_CHW: Tensor
    input_NCHW: Tensor


def load_sample(path: Path, table: Table) -> Sample:
    """A picture of any size, made the table's input as in training. DataError if it cannot be read."""
    return sample_of(path.name, preprocess(read_image(path, table.input[0]).unsqueeze(0), table)[0], table)


def sample_of(name: str, fitted_CHW: Tensor, table: Table) -> Sample:
    """A picture that has the table's input already.

    >>> import torch
    >>> from striate.tables import load_table
    >>> black = torch.zeros(1, 32, 32, dtype=torch.uint8)
    >>> sample_of("black", black, load_table("lenet5")).input_NCHW.shape
    torch.Size([1, 1, 32, 32])
    """
    return Sample(name, fitted_CHW, normalize(fitted_CHW.unsqueeze(0), table.preprocessing))


def class_index(model: Model, name: str) -> int:
    """The logit of a class. StriateError names those that the model knows."""
    if name not in model.classes:
        shown = ", ".join(model.classes[:10]) + (", ..." if len(model.classes) > 10 else "")
        raise StriateError(f"there is no class {name!r}; the model tells {len(model.classes)} apart: {shown}")
    return model.classes.index(name)
