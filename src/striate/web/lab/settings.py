"""What the lab may use: where its runs lie, which data can be trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LabSettings:
    """`data` are the sets that the page may train on, what `striate train --data` takes by the name that is shown.

    The page can name no other: whoever reaches the server can read no folder that was not offered.
    """

    runs: Path = Path("runs")
    data: Mapping[str, str] = field(default_factory=dict)
    data_dir: str | None = None
