"""The argument TABLE: a table, or a trained model, whose table it then is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from striate.tables import Plan

TABLE_HELP = (
    "a name, family:variant, the path of a .toml table, or a trained model: a run directory, a .safetensors file"
)


def plan_of(name: str) -> Plan:
    """The plan of a table, or of a trained model. TableError or ModelError if there is none.

    >>> plan_of("lenet5").table.name
    'lenet5'
    """
    from striate.tables import ABLATIONS, ARCHITECTURES, EXAMPLES, load_plan

    is_model = name.lower().endswith(".safetensors") or Path(name).is_dir()
    if not is_model or any(name in tables for tables in (ARCHITECTURES, EXAMPLES, ABLATIONS)):
        return load_plan(name)
    from striate.nn import read_metadata

    return read_metadata(name).plan
