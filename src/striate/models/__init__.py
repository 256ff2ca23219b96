"""The trained models that ship in the package: NAME.safetensors, and its model card NAME.md beside it.

`scripts/ship.py` makes them. Nothing is imported here, so that `striate list` can name them without torch.
"""

from __future__ import annotations

from pathlib import Path


def shipped_models() -> dict[str, Path]:
    """The files of the models that ship, by name.

    >>> sorted(shipped_models())
    ['lenet5']
    """
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.safetensors"))}
