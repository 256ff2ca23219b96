"""Striate: the classic convolutional networks, each stated as the table in its paper.

    >>> import striate
    >>> striate.summarize("lenet5").total.parameters
    60000

Names are imported when they are first used, so that nothing pays for torch before it needs it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from striate.analysis import Report as Report
    from striate.analysis import summarize as summarize
    from striate.data import DataOptions as DataOptions
    from striate.errors import StriateError as StriateError
    from striate.inference import Predictor as Predictor
    from striate.inference import load as load
    from striate.nn import Network as Network
    from striate.nn import build as build
    from striate.studies import ablate as ablate
    from striate.tables import Plan as Plan
    from striate.tables import Table as Table
    from striate.tables import load_table as load_table
    from striate.training import Callback as Callback
    from striate.training import Epoch as Epoch
    from striate.training import Options as Options
    from striate.training import Progress as Progress
    from striate.training import resume as resume
    from striate.training import train as train

__version__ = "0.2.0"

_HOMES = {
    "Callback": "striate.training",
    "DataOptions": "striate.data",
    "Epoch": "striate.training",
    "Network": "striate.nn",
    "Options": "striate.training",
    "Plan": "striate.tables",
    "Predictor": "striate.inference",
    "Progress": "striate.training",
    "Report": "striate.analysis",
    "StriateError": "striate.errors",
    "Table": "striate.tables",
    "ablate": "striate.studies",
    "build": "striate.nn",
    "load": "striate.inference",
    "load_table": "striate.tables",
    "resume": "striate.training",
    "summarize": "striate.analysis",
    "train": "striate.training",
}

__all__ = [*_HOMES, "__version__"]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'striate' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
