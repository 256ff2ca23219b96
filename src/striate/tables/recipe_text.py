"""A table's training recipe as text, for `striate summary --recipe` and the model card."""

from __future__ import annotations

import dataclasses
import re

from striate.tables.schema import TaggedUnion
from striate.tables.table import Table

_LOSSES = {
    "cross_entropy": "cross entropy",
    "rbf_mse": "squared distance to the prototype (LeCun et al. 1998, equation 8)",
    "rbf_map": "maximum a posteriori with a rubbish class (LeCun et al. 1998, equation 9)",
}


def recipe_lines(table: Table) -> list[tuple[str, str]]:
    """Name and description of each part of a table's recipe.

    >>> from striate.tables import load_table
    >>> dict(recipe_lines(load_table("resnet20")))["schedule"]
    'milestones, at 0.5, 0.75, factor 0.1'
    """
    recipe = table.recipe
    lines = [
        ("initialization", recipe_phrase(table.initialization)),
        ("loss", _LOSSES[recipe.loss]),
        ("rubbish (j)", f"{recipe.rubbish:g}" if recipe.loss == "rbf_map" else ""),
        *((f"loss of {head.name}", f"the same, on {head.after}, with weight {head.weight:g}") for head in table.heads),
        ("optimizer", recipe_phrase(recipe.optimizer)),
        ("learning rate", f"{recipe.learning_rate:g}"),
        ("schedule", recipe_phrase(recipe.schedule)),
        ("weight decay", _decay(recipe.weight_decay, recipe.decayed)),
        ("batch size", str(recipe.batch_size)),
        ("epochs", str(recipe.epochs)),
        ("augmentation", "; ".join(map(recipe_phrase, recipe.augmentation)) or "none"),
        ("label smoothing", _off(recipe.label_smoothing)),
        ("class weights", "" if recipe.class_weights == "equal" else recipe.class_weights),
        ("gradient clip", _off(recipe.gradient_clip)),
        ("EMA of weights", _off(recipe.ema)),
        ("patience", _off(recipe.patience)),
        ("seed", str(recipe.seed)),
        ("source", recipe.source),
    ]
    return [(name, words) for name, words in lines if words]


def recipe_phrase(part: TaggedUnion) -> str:
    """A part of a recipe as text: its kind, then each field that is set.

    >>> from striate.tables import PCAColour, RandomCrop
    >>> recipe_phrase(RandomCrop(of=(256, 480))), recipe_phrase(PCAColour())
    ('random crop, of 256 to 480', 'PCA colour, sigma 0.1')
    """
    fields = ((field.name, getattr(part, field.name)) for field in dataclasses.fields(part))  # type: ignore[arg-type]
    return ", ".join([_kind(part), *(_field(name, value) for name, value in fields if value)])


_NAMES = ("LeCun", "He", "Xavier", "Gaussian", "AdamW")


def _kind(part: TaggedUnion) -> str:
    """The class's name as lower-case words; proper names and acronyms keep their capitals."""
    if type(part).__name__ in _NAMES:
        return type(part).__name__
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]*", type(part).__name__)
    return " ".join(word if word.isupper() else word.lower() for word in words)


def _field(name: str, value: object) -> str:
    words = name.replace("_", " ")
    if value is True:
        return words
    if isinstance(value, tuple):
        joint = " to " if len(value) == 2 and name in ("of", "area", "aspect") else ", "
        return f"{words} {joint.join(map(_number, value))}"
    return f"{words} {_number(value)}"


def _number(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _off(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _decay(weight_decay: float, decayed: str) -> str:
    if weight_decay == 0:
        return "none"
    return f"{weight_decay:g}, " + ("of all parameters" if decayed == "all" else "of weights, not of biases")
