"""What torchvision's networks share: how pictures are prepared, and how the V1 weights were trained."""

from __future__ import annotations

from striate.tables.augmentation import HorizontalFlip, RandomResizedCrop
from striate.tables.preprocessing import IMAGENET_MEAN, IMAGENET_STD, Preprocessing
from striate.tables.recipe import SGD, Recipe, StepDecay

PREPROCESSING = Preprocessing(crop=224 / 256, mean=IMAGENET_MEAN, std=IMAGENET_STD)
RECIPE = Recipe(
    optimizer=SGD(momentum=0.9),
    learning_rate=0.1,
    weight_decay=1e-4,
    decayed="all",
    batch_size=256,
    epochs=90,
    schedule=StepDecay(every=30),
    augmentation=(RandomResizedCrop(), HorizontalFlip()),
    source="torchvision's references/classification: 32 images on each of 8 GPUs",
)
