"""AlexNet: the paper's two towers, the notes' Table 13-2, and torchvision's later network of the same name.

Krizhevsky, Sutskever, Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012. Rows
have the notes' names: the convolutions are C1, C3, C5, C6, C7, the dense rows F8, F9 and Out.
"""

from __future__ import annotations

from dataclasses import replace

from striate.tables import torchvision
from striate.tables.augmentation import HorizontalFlip, PCAColour, RandomCrop
from striate.tables.initialization import ByActivation, Gaussian, Torch
from striate.tables.preprocessing import CIFAR_MEAN, IMAGENET_MEAN, Preprocessing
from striate.tables.recipe import SGD, SHORT_UNNORMALIZED, Plateau, Recipe
from striate.tables.rows import LRN, AdaptiveAveragePool, AveragePool, Conv, Dense, Dropout, MaxPool, Row
from striate.tables.table import ReferenceCounts, Table

# 224 of 256 pixels, raw values minus their mean (section 2; the paper's mean is one for each pixel as well).
_PREPROCESSING = Preprocessing(crop=224 / 256, mean=IMAGENET_MEAN, std=(1 / 255,))

_RECIPE = Recipe(
    optimizer=SGD(momentum=0.9),
    learning_rate=0.01,
    weight_decay=5e-4,
    decayed="all",
    batch_size=128,
    epochs=90,
    schedule=Plateau(factor=0.1),
    augmentation=(RandomCrop(of=256), HorizontalFlip(), PCAColour(sigma=0.1)),
    source="Krizhevsky et al. 2012, sections 4.1 and 5; the rate fell three times, by hand. Otherwise than there: crops"
    " are of the whole picture with its shorter side at 256, not of its middle 256x256; the mean is one for each"
    " colour, not for each pixel. Where the paper says nothing, our choice: biases decay too, and LRN stays inside a"
    " tower.",
)


def _pool(name: str) -> MaxPool:
    """Overlapping pooling (section 3.4)."""
    return MaxPool(name, kernel=3, stride=2)


def _rows(input_conv: Conv, towers: int, maps: tuple[int, int, int, int], units: int, classes: int) -> tuple[Row, ...]:
    """The paper's eight layers. C3, C6 and C7 see their own tower only, C5 and the dense rows both (section 3.5)."""
    c3, c5, c6, c7 = maps
    return (
        input_conv,
        LRN("N1", groups=towers),
        _pool("S2"),
        Conv("C3", maps=c3, kernel=5, padding="same", groups=towers, activation="relu"),
        LRN("N3", groups=towers),
        _pool("S4"),
        Conv("C5", maps=c5, kernel=3, padding="same", activation="relu"),
        Conv("C6", maps=c6, kernel=3, padding="same", groups=towers, activation="relu"),
        Conv("C7", maps=c7, kernel=3, padding="same", groups=towers, activation="relu"),
        _pool("S7"),
        *_classifier(units, classes),
    )


def _classifier(units: int, classes: int) -> tuple[Row, ...]:
    return (
        Dense("F8", units=units, activation="relu"),
        Dropout("D8", rate=0.5),
        Dense("F9", units=units, activation="relu"),
        Dropout("D9", rate=0.5),
        Dense("Out", units=classes, activation="softmax"),
    )


# Padding 2 makes of 224 the 55 that the paper states; without it, 227 pixels would.
ALEXNET = Table(
    name="alexnet",
    source="Krizhevsky, Sutskever, Hinton 2012, section 3.5 and figure 2",
    input=(3, 224, 224),
    rows=_rows(
        Conv("C1", maps=96, kernel=11, stride=4, padding=2, activation="relu"),
        towers=2,
        maps=(256, 384, 384, 256),
        units=4096,
        classes=1000,
    ),
    towers=2,
    # Bias 1 in the second, fourth and fifth convolutions and the hidden dense rows (section 5).
    initialization=Gaussian(std=0.01, bias_one=("C3", "C6", "C7", "F8", "F9")),
    preprocessing=_PREPROCESSING,
    recipe=_RECIPE,
    expected=ReferenceCounts(parameters=60_965_224, macs=724_406_816),
)

# The table says SAME for C1, which gives 56; its own size, 55, is that of padding 2. It leaves out the pool after
# C7, without which F8 alone would have 177 million parameters.
ALEXNET_NOTES = Table(
    name="alexnet:notes",
    source="The notes, Table 13-2: every convolution sees every map, no LRN; S7 added",
    input=(3, 224, 224),
    rows=(
        Conv("C1", maps=96, kernel=11, stride=4, padding=2, activation="relu"),
        _pool("S2"),
        Conv("C3", maps=256, kernel=5, padding="same", activation="relu"),
        _pool("S4"),
        Conv("C5", maps=384, kernel=3, padding="same", activation="relu"),
        Conv("C6", maps=384, kernel=3, padding="same", activation="relu"),
        Conv("C7", maps=256, kernel=3, padding="same", activation="relu"),
        _pool("S7"),
        *_classifier(4096, 1000),
    ),
    initialization=ALEXNET.initialization,
    preprocessing=_PREPROCESSING,
    recipe=_RECIPE,
    expected=ReferenceCounts(parameters=62_378_344, macs=1_135_256_096),
)

ALEXNET_TORCHVISION = Table(
    name="alexnet:torchvision",
    source="torchvision, after Krizhevsky 2014, One weird trick: one tower, no LRN",
    input=(3, 224, 224),
    rows=(
        Conv("C1", maps=64, kernel=11, stride=4, padding=2, activation="relu"),
        _pool("S2"),
        Conv("C3", maps=192, kernel=5, padding=2, activation="relu"),
        _pool("S4"),
        Conv("C5", maps=384, kernel=3, padding=1, activation="relu"),
        Conv("C6", maps=256, kernel=3, padding=1, activation="relu"),
        Conv("C7", maps=256, kernel=3, padding=1, activation="relu"),
        _pool("S7"),
        AdaptiveAveragePool("A7", size=6),
        Dropout("D7", rate=0.5),
        Dense("F8", units=4096, activation="relu"),
        Dropout("D8", rate=0.5),
        Dense("F9", units=4096, activation="relu"),
        Dense("Out", units=1000, activation="softmax"),
    ),
    initialization=Torch(),
    preprocessing=torchvision.PREPROCESSING,
    recipe=replace(torchvision.RECIPE, learning_rate=0.01),
    expected=ReferenceCounts(parameters=61_100_840, macs=714_188_480),
)

ALEXNET_TINY = replace(
    ALEXNET,
    name="alexnet:tiny",
    source="The same rows on 3x56x56 with few maps, for trying out",
    input=(3, 56, 56),
    rows=_rows(
        Conv("C1", maps=8, kernel=7, stride=2, padding=2, activation="relu"),
        towers=2,
        maps=(16, 24, 24, 16),
        units=32,
        classes=10,
    ),
    preprocessing=Preprocessing(mean=(0.5,), std=(0.5,)),
    initialization=ByActivation(),
    recipe=Recipe(),
    expected=None,
)


def _small_lrn(name: str) -> LRN:
    """The paper's numbers: alpha for inputs that are pixels over 64 (a std of 1/4) is 64^2 times that of pixels."""
    return LRN(name, alpha=1e-4 * 64**2)


# Krizhevsky's own network for CIFAR-10, of which AlexNet's section 3.3 speaks, in its file "layers-18pct.cfg".
ALEXNET_SMALL = Table(
    name="alexnet:small",
    source="Krizhevsky 2011, cuda-convnet, layers-18pct.cfg, for CIFAR-10, with two ideas of AlexNet that it lacks: LRN"
    " over neighbouring maps (there: neighbouring places of a map), and dropout",
    input=(3, 32, 32),
    rows=(
        Conv("conv1", maps=32, kernel=5, padding=2, activation="relu"),
        MaxPool("pool1", kernel=3, stride=2, ceil=True),
        _small_lrn("norm1"),
        Conv("conv2", maps=32, kernel=5, padding=2, activation="relu"),
        AveragePool("pool2", kernel=3, stride=2, ceil=True),
        _small_lrn("norm2"),
        Conv("conv3", maps=64, kernel=5, padding=2, activation="relu"),
        AveragePool("pool3", kernel=3, stride=2, ceil=True),
        Dropout("dropout", rate=0.5),
        Dense("fc10", units=10, activation="softmax"),
    ),
    preprocessing=Preprocessing(mean=CIFAR_MEAN, std=(1 / 4,)),
    recipe=SHORT_UNNORMALIZED,
    expected=ReferenceCounts(parameters=89_578, macs=12_298_240),
)

TABLES = (ALEXNET, ALEXNET_NOTES, ALEXNET_TORCHVISION, ALEXNET_TINY, ALEXNET_SMALL)
