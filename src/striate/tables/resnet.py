"""ResNet: the paper's networks with shortcut options A, B and C, their plain twins, torchvision's, and CIFAR-10's.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016 (arXiv 1512.03385): table 1 and
figure 3 for ImageNet, section 4.2 for CIFAR-10. Stages have the paper's names, units are numbered: conv2_1, conv2_2.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from striate.tables import torchvision
from striate.tables.augmentation import HorizontalFlip, PCAColour, RandomCrop, RandomTranslation
from striate.tables.initialization import He, Torch
from striate.tables.preprocessing import CIFAR_MEAN, IMAGENET_MEAN, Preprocessing
from striate.tables.recipe import SGD, Milestones, Plateau, Recipe
from striate.tables.rows import AdaptiveAveragePool, Add, BatchNorm, Conv, Dense, Identity, MaxPool, Row
from striate.tables.table import ReferenceCounts, Table

Option = Literal["A", "B", "C"]
"""What a shortcut is: A the identity, zero-padded where maps grow; B a projection there; C a projection everywhere."""
Strided = Literal["1x1", "3x3"]
"""Which convolution of a bottleneck strides: the first 1x1 (the paper) or the 3x3 (torchvision, "v1.5")."""

_UNITS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
_MAPS = (64, 128, 256, 512)
_EXPANSION = 4  # of a bottleneck: it ends in four times the maps of its 3x3


# Frozen rows that stand in many networks are made once: it halves the time that this file takes to import.
@cache
def _conv_bn(number: int, maps: int, kernel: int, stride: int = 1, *, relu: bool) -> tuple[Row, ...]:
    """Batch normalization right after each convolution and before activation (section 3.4)."""
    return (
        Conv(f"conv{number}", maps=maps, kernel=kernel, stride=stride, padding=kernel // 2, bias=False),
        BatchNorm(f"bn{number}", activation="relu" if relu else None),
    )


@cache
def _shortcut(maps_in: int, maps: int, stride: int, option: Option) -> tuple[Row, ...]:
    """No rows is the identity (section 3.3 and equations 1 and 2)."""
    if option != "C" and maps_in == maps and stride == 1:
        return ()
    if option == "A":
        return (Identity("identity", maps=maps, stride=stride),)
    return (Conv("conv", maps=maps, kernel=1, stride=stride, bias=False), BatchNorm("bn"))


@cache
def basic_unit(name: str, maps_in: int, maps: int, stride: int = 1, option: Option = "B") -> Add:
    """Two 3x3 convolutions and a shortcut (figure 5, left).

    >>> basic_unit("conv3_1", maps_in=64, maps=128, stride=2, option="A").shortcut
    (Identity(name='identity', maps=128, stride=2),)
    """
    body = (*_conv_bn(1, maps, 3, stride, relu=True), *_conv_bn(2, maps, 3, relu=False))
    return Add(name, body=body, shortcut=_shortcut(maps_in, maps, stride, option), activation="relu")


@cache
def bottleneck_unit(
    name: str, maps_in: int, maps: int, stride: int = 1, option: Option = "B", strided: Strided = "1x1"
) -> Add:
    """1x1, 3x3 and 1x1 convolutions and a shortcut (figure 5, right): `maps` in the middle, four times as many out.

    >>> bottleneck_unit("conv2_1", maps_in=64, maps=64).body[-2].maps
    256
    """
    wide = _EXPANSION * maps
    body = (
        *_conv_bn(1, maps, 1, stride if strided == "1x1" else 1, relu=True),
        *_conv_bn(2, maps, 3, stride if strided == "3x3" else 1, relu=True),
        *_conv_bn(3, wide, 1, relu=False),
    )
    return Add(name, body=body, shortcut=_shortcut(maps_in, wide, stride, option), activation="relu")


def _stages(
    units: tuple[int, ...], maps: tuple[int, ...], option: Option, bottleneck: Strided | None = None
) -> tuple[Row, ...]:
    """conv2_x and on: the first unit of each stage but the first halves the size, and the maps double."""
    rows = []
    maps_in = maps[0]
    for stage, (count, wide) in enumerate(zip(units, maps, strict=True), 2):
        for unit in range(1, count + 1):
            name, stride = f"conv{stage}_{unit}", 2 if unit == 1 and stage > 2 else 1
            if bottleneck:
                rows.append(bottleneck_unit(name, maps_in, wide, stride, option, bottleneck))
                maps_in = _EXPANSION * wide
            else:
                rows.append(basic_unit(name, maps_in, wide, stride, option))
                maps_in = wide
    return tuple(rows)


def _plain_stages(units: tuple[int, ...], maps: tuple[int, ...]) -> tuple[Row, ...]:
    """The same convolutions without shortcuts (figure 3, middle): conv2_1a and conv2_1b stand for the unit conv2_1."""
    rows: list[Row] = []
    for stage, (count, wide) in enumerate(zip(units, maps, strict=True), 2):
        for layer in range(2 * count):
            name, stride = f"{stage}_{layer // 2 + 1}{'ab'[layer % 2]}", 2 if layer == 0 and stage > 2 else 1
            rows += [
                Conv(f"conv{name}", maps=wide, kernel=3, stride=stride, padding=1, bias=False),
                BatchNorm(f"bn{name}", activation="relu"),
            ]
    return tuple(rows)


def _imagenet_rows(stages: tuple[Row, ...], maps: int = 64, classes: int = 1000) -> tuple[Row, ...]:
    return (
        *_conv_bn(1, maps, 7, 2, relu=True),
        MaxPool("pool1", kernel=3, stride=2, padding=1),
        *stages,
        AdaptiveAveragePool("pool5", size=1),
        Dense("fc", units=classes, activation="softmax"),
    )


# The papers' networks subtract the mean only (section 3.4); torchvision's divide by the spread too.
_PREPROCESSING = Preprocessing(crop=224 / 256, mean=IMAGENET_MEAN, std=(1 / 255,))

_RECIPE = Recipe(
    optimizer=SGD(momentum=0.9),
    learning_rate=0.1,
    weight_decay=1e-4,
    decayed="all",
    batch_size=256,
    epochs=120,
    schedule=Plateau(factor=0.1),
    augmentation=(RandomCrop(of=(256, 480)), HorizontalFlip(), PCAColour(sigma=0.1)),
    source="He et al. 2016, section 3.4: 600,000 steps. Otherwise than there: the mean is one for each colour, not for"
    " each pixel. Where the paper says nothing, our choice: biases and batch normalization decay too.",
)

_EXPECTED = {
    "resnet18": ReferenceCounts(parameters=11_689_512, macs=1_814_073_344),
    "resnet34": ReferenceCounts(parameters=21_797_672, macs=3_663_761_408),
    "plain34": ReferenceCounts(parameters=21_623_848, macs=3_644_493_824),
    "resnet50": ReferenceCounts(parameters=25_557_032, macs=3_857_973_248),
    "resnet18:torchvision": ReferenceCounts(parameters=11_689_512, macs=1_814_073_344),
    "resnet34:torchvision": ReferenceCounts(parameters=21_797_672, macs=3_663_761_408),
    "resnet50:torchvision": ReferenceCounts(parameters=25_557_032, macs=4_089_184_256),
    "resnet101:torchvision": ReferenceCounts(parameters=44_549_160, macs=7_801_405_440),
    "resnet152:torchvision": ReferenceCounts(parameters=60_192_808, macs=11_513_626_624),
}


def resnet(depth: int, option: Option = "B") -> Table:
    """The paper's network of a depth (18, 34, 50, 101, 152) with a shortcut option; from 50 on of bottlenecks.

    >>> resnet(34, option="A").name
    'resnet34:A'
    """
    name = f"resnet{depth}" if option == "B" else f"resnet{depth}:{option}"
    shortcuts = {"A": "zero-padded identities", "B": "projections where maps grow", "C": "projections everywhere"}
    stages = _stages(_UNITS[depth], _MAPS, option, "1x1" if depth >= 50 else None)
    return Table(
        name=name,
        source=f"He et al. 2016, table 1, option {option}: {shortcuts[option]}",
        input=(3, 224, 224),
        rows=_imagenet_rows(stages),
        initialization=He(),
        preprocessing=_PREPROCESSING,
        recipe=_RECIPE,
        expected=_EXPECTED.get(name),
    )


def plain(depth: int) -> Table:
    """The plain twin of ResNet-18 or 34: the same convolutions, no shortcut.

    >>> plain(34).rows[-3].name
    'bn5_3b'
    """
    return Table(
        name=f"plain{depth}",
        source="He et al. 2016, figure 3, middle: the same convolutions, no shortcut",
        input=(3, 224, 224),
        rows=_imagenet_rows(_plain_stages(_UNITS[depth], _MAPS)),
        initialization=He(),
        preprocessing=_PREPROCESSING,
        recipe=_RECIPE,
        expected=_EXPECTED.get(f"plain{depth}"),
    )


def as_in_torchvision(depth: int) -> Table:
    """torchvision's network of a depth, for its weights: option B, a bottleneck strides on its 3x3 ("v1.5").

    >>> as_in_torchvision(50).name
    'resnet50:torchvision'
    """
    stages = _stages(_UNITS[depth], _MAPS, "B", "3x3" if depth >= 50 else None)
    return Table(
        name=f"resnet{depth}:torchvision",
        source="torchvision" + (': "v1.5", the stride on the 3x3' if depth >= 50 else ": as the paper's"),
        input=(3, 224, 224),
        rows=_imagenet_rows(stages),
        initialization=Torch(weights="fan_out"),
        preprocessing=torchvision.PREPROCESSING,
        recipe=torchvision.RECIPE,
        expected=_EXPECTED[f"resnet{depth}:torchvision"],
    )


def cifar(depth: int, option: Option | None = "A") -> Table:
    """The network of section 4.2 for 32x32 pictures, depth 6n + 2, with a shortcut option; or, None, its plain twin.

    The paper has option A here, and compares the three on ImageNet alone (section 4.1).

    >>> cifar(20).name, cifar(20, None).name, cifar(20, "C").name
    ('resnet20', 'plain20', 'resnet20:C')
    """
    units, maps = (depth - 2) // 6, (16, 32, 64)
    name = f"plain{depth}" if option is None else f"resnet{depth}"
    return Table(
        name=name if option in (None, "A") else f"{name}:{option}",
        source="He et al. 2016, section 4.2, CIFAR-10, " + (f"option {option}" if option else "no shortcut"),
        input=(3, 32, 32),
        rows=(
            *_conv_bn(1, 16, 3, relu=True),
            *(_stages((units,) * 3, maps, option) if option else _plain_stages((units,) * 3, maps)),
            AdaptiveAveragePool("pool", size=1),
            Dense("fc", units=10, activation="softmax"),
        ),
        initialization=He(),
        preprocessing=Preprocessing(mean=CIFAR_MEAN, std=(1 / 255,)),
        recipe=Recipe(
            optimizer=SGD(momentum=0.9),
            learning_rate=0.1,
            weight_decay=1e-4,
            decayed="all",
            batch_size=128,
            epochs=182,
            schedule=Milestones(at=(0.5, 0.75), factor=0.1, warm_up=1 if depth == 110 else 0),
            augmentation=(RandomTranslation(cells=4), HorizontalFlip()),
            source="He et al. 2016, section 4.2: 64,000 steps, which are 182 epochs of 45,000 images. Otherwise than"
            " there: the mean is one for each colour, not for each pixel. Where the paper says nothing, our choice:"
            " biases and batch normalization decay too.",
        ),
    )


def _tiny(name: str, stages: tuple[Row, ...]) -> Table:
    return Table(
        name=name,
        source="The same kind of rows on 3x64x64 with few maps, for trying out",
        input=(3, 64, 64),
        rows=_imagenet_rows(stages, maps=8, classes=10),
        initialization=He(),
        preprocessing=Preprocessing(mean=(0.5,), std=(0.5,)),
    )


TABLES = (
    *map(resnet, _UNITS),
    resnet(34, "A"),
    resnet(34, "C"),
    plain(18),
    plain(34),
    *map(as_in_torchvision, _UNITS),
    *map(cifar, (20, 32, 44, 56, 110)),
    *(cifar(depth, None) for depth in (20, 32, 44, 56)),
    cifar(20, "B"),
    cifar(20, "C"),
    _tiny("resnet18:tiny", _stages((1, 1, 1, 1), (8, 16, 24, 32), "A")),
    _tiny("resnet50:tiny", _stages((1, 2, 1, 1), (8, 8, 16, 16), "C", "1x1")),
)
