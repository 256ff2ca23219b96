"""The models that ship, by name. A file's name has `-` where the model's has `:`, which Windows allows in no name."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def shipped_models() -> dict[str, Path]:
    """The files of the models that ship, by name.

    >>> shipped_models()["lenet5"].name
    'lenet5.safetensors'
    """
    return {path.stem.replace("-", ":", 1): path for path in sorted(FOLDER.glob("*.safetensors"))}


def find_shipped(name: str) -> Path | None:
    """The file of the model that ships under a name, which may be written as its file's: `alexnet-small`, and with the
    suffix; None if there is none.

    >>> find_shipped("lenet5.safetensors") == shipped_models()["lenet5"]
    True
    """
    return shipped_models().get(name.removesuffix(".safetensors").replace("-", ":", 1))
