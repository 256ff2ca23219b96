"""Recipes in words: nothing is left out, whatever the recipe holds."""

from dataclasses import replace

import pytest

from striate.tables import ARCHITECTURES, Recipe, load_table
from striate.tables.augmentation import Brightness, HorizontalFlip, RandomResizedCrop, RandomTranslation
from striate.tables.recipe import SGD, AdamW, OneCycle
from striate.tables.recipe_text import recipe_lines, recipe_phrase


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_recipe_has_words(name):
    lines = dict(recipe_lines(ARCHITECTURES[name]))
    assert {"initialization", "loss", "optimizer", "schedule", "weight decay", "batch size", "epochs"} <= lines.keys()
    assert all(words.isprintable() for words in lines.values())


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if ":" not in name and name != "minivggnet"])
def test_papers_recipes_name_their_source(name):
    assert dict(recipe_lines(ARCHITECTURES[name]))["source"]


def test_phrases():
    assert recipe_phrase(SGD(momentum=0.9, nesterov=True)) == "SGD, momentum 0.9, nesterov"
    assert recipe_phrase(AdamW()) == "AdamW"
    assert recipe_phrase(OneCycle()) == "one cycle"
    assert recipe_phrase(RandomResizedCrop()) == "random resized crop, area 0.08 to 1, aspect 0.75 to 1.33"
    assert recipe_phrase(HorizontalFlip()) == "horizontal flip"


def test_heads_and_augmentation_are_listed():
    table = replace(
        load_table("googlenet"), recipe=Recipe(augmentation=(RandomTranslation(cells=4), Brightness(by=0.2)))
    )
    lines = dict(recipe_lines(table))
    assert lines["loss of aux1"] == "the same, on inception_4a, with weight 0.3"
    assert lines["augmentation"] == "random translation, cells 4; brightness, by 0.2"
    assert lines["weight decay"] == "0.01, of weights, not of biases"
