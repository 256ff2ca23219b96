"""The table language and the networks written in it. Nothing here, or below it, imports torch or NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from striate.errors import TableError
from striate.tables.augmentation import (
    Affine,
    Augmentation,
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Rotation,
)
from striate.tables.initialization import ByActivation, Gaussian, He, Initialization, LeCun, Torch, Xavier
from striate.tables.notation import (
    NOTATION_COLUMNS,
    NOTATION_NONE,
    activation_word,
    notation_cells,
    notation_input_cells,
    padding_word,
    table_html,
    tower_cell,
)
from striate.tables.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from striate.tables.recipe import (
    FINE_TUNING,
    SGD,
    AdamW,
    Constant,
    Cosine,
    InverseTime,
    Loss,
    Milestones,
    OneCycle,
    Plateau,
    Recipe,
    StepDecay,
)
from striate.tables.recipe_text import recipe_lines, recipe_phrase
from striate.tables.row import Activation
from striate.tables.rows import (
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    LRNConvention,
    MaxPool,
    Row,
    Subsample,
)
from striate.tables.schema import TaggedUnion, from_dict, nearest_name, suggest_name, to_dict, value_of
from striate.tables.steps import Step, flatten, walk, walk_heads, walk_rows
from striate.tables.table import Head, ReferenceCounts, Table
from striate.tables.toml import (
    dumps_table,
    load_toml,
    loads_table,
    parse_toml,
    read_table_dict,
    table_from_dict,
    table_to_dict,
)
from striate.tables.towers import exchanges_towers, tower_share
from striate.tables.window import Padding, Pair, Shape, Sides, Window, format_shape, pair

__all__ = [
    "ARCHITECTURES",
    "EXAMPLES",
    "FINE_TUNING",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "LRN",
    "NOTATION_COLUMNS",
    "NOTATION_NONE",
    "RBF",
    "SGD",
    "Activation",
    "AdamW",
    "AdaptiveAveragePool",
    "Add",
    "Affine",
    "Augmentation",
    "AveragePool",
    "BatchNorm",
    "Brightness",
    "ByActivation",
    "Concat",
    "Constant",
    "Conv",
    "Cosine",
    "Dense",
    "Dropout",
    "Gaussian",
    "He",
    "Head",
    "HorizontalFlip",
    "Identity",
    "Initialization",
    "InverseTime",
    "LRNConvention",
    "LeCun",
    "Loss",
    "MaxPool",
    "Milestones",
    "OneCycle",
    "PCAColour",
    "Padding",
    "Pair",
    "Plateau",
    "Preprocessing",
    "RandomCrop",
    "RandomResizedCrop",
    "RandomTranslation",
    "Recipe",
    "ReferenceCounts",
    "Rotation",
    "Row",
    "Shape",
    "Sides",
    "Step",
    "StepDecay",
    "Subsample",
    "Table",
    "TaggedUnion",
    "Torch",
    "Window",
    "Xavier",
    "activation_word",
    "dumps_table",
    "exchanges_towers",
    "flatten",
    "format_shape",
    "from_dict",
    "load_table",
    "load_toml",
    "loads_table",
    "nearest_name",
    "notation_cells",
    "notation_input_cells",
    "padding_word",
    "pair",
    "parse_toml",
    "read_table_dict",
    "recipe_lines",
    "recipe_phrase",
    "suggest_name",
    "table_from_dict",
    "table_html",
    "table_to_dict",
    "to_dict",
    "tower_cell",
    "tower_share",
    "value_of",
    "walk",
    "walk_heads",
    "walk_rows",
]


class _Tables(Mapping[str, Table]):
    """Tables by their names; a family's file is imported when one of its tables is asked for."""

    def __init__(self, families: dict[str, tuple[str, ...]]) -> None:
        self.families = families
        self._family = {name: family for family, names in families.items() for name in names}

    def __getitem__(self, name: str) -> Table:
        tables: tuple[Table, ...] = import_module(f"striate.tables.{self._family[name]}").TABLES
        return next(table for table in tables if table.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._family)

    def __len__(self) -> int:
        return len(self._family)


ARCHITECTURES = _Tables(
    {
        "lenet5": ("lenet5", "lenet5:distorted", "lenet5:notes", "lenet5:modern", "lenet5:3x3", "lenet5:tiny"),
        "alexnet": ("alexnet", "alexnet:notes", "alexnet:torchvision", "alexnet:tiny"),
        "googlenet": ("googlenet", "googlenet:torchvision", "googlenet:direct", "googlenet:tiny"),
        "resnet": (
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet34:A", "resnet34:C"),
            *("plain18", "plain34"),
            *(f"resnet{depth}:torchvision" for depth in (18, 34, 50, 101, 152)),
            *("resnet20", "resnet32", "resnet44", "resnet56", "resnet110"),
            *("plain20", "plain32", "plain44", "plain56"),
            *("resnet20:B", "resnet20:C"),
            *("resnet18:tiny", "resnet50:tiny"),
        ),
        "minivggnet": ("minivggnet", "minivggnet:tiny"),
    }
)
"""Every network and its variants, by family."""

EXAMPLES = _Tables({"notes": ("notes:5x5", "notes:two-3x3", "notes:direct", "notes:bottleneck", "notes:9-5-3-1")})
"""Pieces of networks that the notes work out: to analyse and compare, not to train."""


def load_table(name: str) -> Table:
    """The table of a name, a `family:variant`, or the path of a `.toml` file.

    TableError if there is none, or if the file states no possible table.

        >>> load_table("lenet5:modern").input
        (1, 32, 32)
    """
    for tables in (ARCHITECTURES, EXAMPLES):
        if name in tables:
            return tables[name]
    if name.endswith(".toml"):
        from pathlib import Path

        from striate.tables import toml

        return toml.load_toml(Path(name))
    near = nearest_name(name, [*ARCHITECTURES, *EXAMPLES])
    hint = f"did you mean {near!r}?" if near else "`striate list` names them all"
    raise TableError(f"unknown network {name!r} (and no .toml file); {hint}")
