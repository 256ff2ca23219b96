"""GoogLeNet: the paper's 22 layers with both auxiliary heads, torchvision's version, and one without bottlenecks.

Szegedy et al., "Going Deeper with Convolutions", CVPR 2015: table 1, figure 3. What the paper leaves open (LRN's
numbers, Xavier with bias 0.2, batch, rate, decay, epochs) is that of Guadarrama's release in Caffe, "bvlc_googlenet".
"""

from __future__ import annotations

from collections.abc import Callable

from striate.tables.augmentation import Brightness, HorizontalFlip, RandomResizedCrop
from striate.tables.initialization import Torch, Xavier
from striate.tables.preprocessing import CIFAR_MEAN, IMAGENET_MEAN, Preprocessing
from striate.tables.recipe import SGD, SHORT, Recipe, StepDecay
from striate.tables.rows import (
    LRN,
    AdaptiveAveragePool,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    MaxPool,
    Row,
)
from striate.tables.table import Head, ReferenceCounts, Table

Maps = tuple[int, int, int, int, int, int]
"""A line of table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj."""

TABLE_1: dict[str, Maps] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def _conv(name: str, maps: int, kernel: int) -> Conv:
    return Conv(name, maps=maps, kernel=kernel, padding="same", activation="relu")


def inception(name: str, maps: Maps) -> Concat:
    """The module of figure 2(b): 1x1; 1x1 then 3x3; 1x1 then 5x5; 3x3 pooling then 1x1, stacked in depth.

    >>> inception("inception_3a", TABLE_1["3a"]).branches[1][0].maps
    96
    """
    one, reduce3, three, reduce5, five, projection = maps
    return Concat(
        name,
        branches=(
            (_conv("conv1x1", one, 1),),
            (_conv("reduce", reduce3, 1), _conv("conv3x3", three, 3)),
            (_conv("reduce", reduce5, 1), _conv("conv5x5", five, 5)),
            (MaxPool("pool", kernel=3, stride=1, padding="same"), _conv("project", projection, 1)),
        ),
    )


def _without_bottleneck(name: str, maps: Maps) -> Concat:
    """The same without the 1x1 reductions: 3x3 and 5x5 see every map that comes in.

    Not figure 2(a), which leaves out the projection too, so that the maps grow with every module: here each module
    ends in as many maps as in the paper's network, and the two can be compared one by one.
    """
    one, _, three, _, five, projection = maps
    return Concat(
        name,
        branches=(
            (_conv("conv1x1", one, 1),),
            (_conv("conv3x3", three, 3),),
            (_conv("conv5x5", five, 5),),
            (MaxPool("pool", kernel=3, stride=1, padding="same"), _conv("project", projection, 1)),
        ),
    )


def _stage(number: str, module: Callable[[str, Maps], Concat], width: int = 1) -> tuple[Concat, ...]:
    """The modules of one size of maps, in order."""
    return tuple(
        module(f"inception_{name}", _narrow(maps, width)) for name, maps in TABLE_1.items() if name[0] == number
    )


def _narrow(maps: Maps, width: int) -> Maps:
    return tuple(number // width for number in maps)  # type: ignore[return-value]


def _pool(name: str) -> MaxPool:
    return MaxPool(name, kernel=3, stride=2, ceil=True)


def _lrn(name: str) -> LRN:
    return LRN(name, size=5, alpha=1e-4, beta=0.75, k=1.0, convention="torch")


def _rows(module: Callable[[str, Maps], Concat], width: int, last: int, classes: int) -> tuple[Row, ...]:
    """Table 1 from top to bottom, every number of maps divided by `width`; `last` is the size of the last maps."""
    return (
        Conv("conv1", maps=64 // width, kernel=7, stride=2, padding=3, activation="relu"),
        _pool("pool1"),
        _lrn("norm1"),
        _conv("conv2_reduce", 64 // width, 1),
        _conv("conv2", 192 // width, 3),
        _lrn("norm2"),
        _pool("pool2"),
        *_stage("3", module, width),
        _pool("pool3"),
        *_stage("4", module, width),
        _pool("pool4"),
        *_stage("5", module, width),
        AveragePool("pool5", kernel=last, stride=1),
        Dropout("dropout", rate=0.4),
        Dense("classifier", units=classes, activation="softmax"),
    )


def _head(name: str, after: str, pool: Row, maps: int, units: int, classes: int) -> Head:
    """The classifier on the side of section 5."""
    return Head(
        name,
        after,
        (
            pool,
            _conv("conv", maps, 1),
            Dense("fc", units=units, activation="relu"),
            Dropout("dropout", rate=0.7),
            Dense("classifier", units=classes, activation="softmax"),
        ),
        weight=0.3,
    )


_HEAD_POOL = AveragePool("pool", kernel=5, stride=3)
_HEADS = tuple(
    _head(name, after, _HEAD_POOL, 128, 1024, 1000)
    for name, after in (("aux1", "inception_4a"), ("aux2", "inception_4d"))
)

_RECIPE = Recipe(
    optimizer=SGD(momentum=0.9),
    learning_rate=0.01,
    weight_decay=2e-4,
    batch_size=32,
    epochs=250,
    schedule=StepDecay(every=8, factor=0.96),
    augmentation=(RandomResizedCrop(), HorizontalFlip(), Brightness(by=0.4)),
    source="Szegedy et al. 2015, section 6: momentum, schedule, crops; the rest is Caffe's bvlc_googlenet. Left out:"
    " the paper's mean of weights, and of its changes of colours all but brightness; Caffe's doubled rate for biases,"
    " which do not decay there either.",
)

GOOGLENET = Table(
    name="googlenet",
    source="Szegedy et al. 2015, table 1 and figure 3",
    input=(3, 224, 224),
    rows=_rows(inception, width=1, last=7, classes=1000),
    heads=_HEADS,
    initialization=Xavier(bias=0.2),
    preprocessing=Preprocessing(crop=224 / 256, mean=IMAGENET_MEAN, std=(1 / 255,)),
    recipe=_RECIPE,
    expected=ReferenceCounts(parameters=6_998_552, macs=1_582_671_872, parameters_with_heads=13_378_280),
)

GOOGLENET_DIRECT = Table(
    name="googlenet:direct",
    source="googlenet without the 1x1 bottlenecks before 3x3 and 5x5, for comparison",
    input=(3, 224, 224),
    rows=_rows(_without_bottleneck, width=1, last=7, classes=1000),
    heads=_HEADS,
    initialization=GOOGLENET.initialization,
    preprocessing=GOOGLENET.preprocessing,
    recipe=_RECIPE,
)

GOOGLENET_TINY = Table(
    name="googlenet:tiny",
    source="The same rows on 3x64x64 with an eighth of the maps, for trying out",
    input=(3, 64, 64),
    rows=_rows(inception, width=8, last=2, classes=10),
    heads=tuple(
        _head(name, after, AveragePool("pool", kernel=2, stride=2), 16, 32, 10)
        for name, after in (("aux1", "inception_4a"), ("aux2", "inception_4d"))
    ),
    preprocessing=Preprocessing(mean=(0.5,), std=(0.5,)),
)


def _normalized(name: str, maps: int, kernel: int, stride: int = 1) -> tuple[Row, ...]:
    """torchvision's BasicConv2d: convolution, batch normalization, ReLU."""
    return (
        Conv(name, maps=maps, kernel=kernel, stride=stride, padding=kernel // 2, bias=False),
        BatchNorm(f"{name}_bn", epsilon=0.001, activation="relu"),
    )


def _normalized_inception(name: str, maps: Maps, last_kernel: int = 5) -> Concat:
    """The module of figure 2(b) with batch normalization; torchvision's third branch ends in 3x3, not 5x5."""
    one, reduce3, three, reduce5, five, projection = maps
    return Concat(
        name,
        branches=(
            _normalized("conv1x1", one, 1),
            (*_normalized("reduce", reduce3, 1), *_normalized("conv3x3", three, 3)),
            (*_normalized("reduce", reduce5, 1), *_normalized("conv5x5", five, last_kernel)),
            (MaxPool("pool", kernel=3, stride=1, padding=1, ceil=True), *_normalized("project", projection, 1)),
        ),
    )


def _torchvision_inception(name: str, maps: Maps) -> Concat:
    """The slip is kept for its weights' sake."""
    return _normalized_inception(name, maps, last_kernel=3)


def _torchvision_head(name: str, after: str) -> Head:
    return Head(
        name,
        after,
        (
            AdaptiveAveragePool("pool", size=4),
            *_normalized("conv", 128, 1),
            Dense("fc", units=1024, activation="relu"),
            Dropout("dropout", rate=0.7),
            Dense("classifier", units=1000, activation="softmax"),
        ),
        weight=0.3,
    )


def _torchvision_rows() -> tuple[Row, ...]:
    return (
        *_normalized("conv1", 64, 7, stride=2),
        _pool("pool1"),
        *_normalized("conv2_reduce", 64, 1),
        *_normalized("conv2", 192, 3),
        _pool("pool2"),
        *_stage("3", _torchvision_inception),
        _pool("pool3"),
        *_stage("4", _torchvision_inception),
        MaxPool("pool4", kernel=2, stride=2, ceil=True),
        *_stage("5", _torchvision_inception),
        AdaptiveAveragePool("pool5", size=1),
        Dropout("dropout", rate=0.2),
        Dense("classifier", units=1000, activation="softmax"),
    )


# torchvision's own network takes pictures normalized as its others do, and undoes that in `transform_input`: what
# reaches the first convolution is (x - 0.5) / 0.5, which is what the preprocessing says here.
GOOGLENET_TORCHVISION = Table(
    name="googlenet:torchvision",
    source="torchvision: batch normalization for LRN, 3x3 in the place of 5x5, pool4 2x2",
    input=(3, 224, 224),
    rows=_torchvision_rows(),
    heads=(_torchvision_head("aux1", "inception_4a"), _torchvision_head("aux2", "inception_4d")),
    initialization=Torch(weights="normal"),
    preprocessing=Preprocessing(crop=224 / 256, mean=(0.5,), std=(0.5,)),
    recipe=_RECIPE,
    expected=ReferenceCounts(parameters=6_624_904, macs=1_498_376_192),
)

_SMALL: dict[str, Maps] = {
    "3a": (32, 32, 48, 8, 16, 16),
    "3b": (32, 32, 64, 8, 16, 16),
    "4a": (48, 48, 96, 16, 32, 32),
    "4b": (48, 48, 96, 16, 32, 32),
}
"""As `TABLE_1`, for pictures of 32x32: two modules at 16x16, two at 8x8."""

GOOGLENET_SMALL = Table(
    name="googlenet:small",
    source="Ours for 32x32: the paper's stem, module and head with fewer maps, a stride less, and batch normalization"
    " (Ioffe and Szegedy 2015) for LRN",
    input=(3, 32, 32),
    rows=(
        *_normalized("conv1", 24, 3),
        MaxPool("pool1", kernel=3, stride=2, padding="same"),
        *_normalized("conv2_reduce", 24, 1),
        *_normalized("conv2", 64, 3),
        *(_normalized_inception(f"inception_{name}", _SMALL[name]) for name in ("3a", "3b")),
        MaxPool("pool3", kernel=3, stride=2, padding="same"),
        *(_normalized_inception(f"inception_{name}", _SMALL[name]) for name in ("4a", "4b")),
        AdaptiveAveragePool("pool5", size=1),
        Dropout("dropout", rate=0.2),
        Dense("classifier", units=10, activation="softmax"),
    ),
    heads=(
        Head(
            "aux1",
            "inception_4a",
            (
                AveragePool("pool", kernel=2, stride=2),
                *_normalized("conv", 32, 1),
                Dense("fc", units=64, activation="relu"),
                Dropout("dropout", rate=0.7),
                Dense("classifier", units=10, activation="softmax"),
            ),
            weight=0.3,
        ),
    ),
    preprocessing=Preprocessing(mean=CIFAR_MEAN, std=(1 / 255,)),
    recipe=SHORT,
    expected=ReferenceCounts(parameters=230_162, macs=28_256_288, parameters_with_heads=270_364),
)

TABLES = (GOOGLENET, GOOGLENET_TORCHVISION, GOOGLENET_DIRECT, GOOGLENET_TINY, GOOGLENET_SMALL)
