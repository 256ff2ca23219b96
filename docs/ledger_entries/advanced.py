"""The usual structure of a network, and two 3x3 kernels instead of one 5x5."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import NETWORKS, field_size, steps, totals
from ledger_entries.entry import Entry, Finding, Section, cited
from ledger_entries.measured import random_normal
from striate import reference
from striate.analysis import compare
from striate.tables import Conv, MaxPool, Table, load_table


def _relu_after_pool() -> Finding:
    x = np.asarray(random_normal(1, 8, 8, 4)).clip(min=0)
    pooled = reference.max_pooling(x, (2, 2), (2, 2))
    pools = [step.row for name in NETWORKS for step in steps(name).values() if isinstance(step.row, MaxPool)]
    followed = sum(pool.activation == "relu" for pool in pools)
    return Finding(
        not np.array_equal(pooled, pooled.clip(min=0)),
        f"Max pooling of a ReLU's output is never negative, so a second ReLU changes nothing. {followed} of"
        f" {len(pools)} max pooling rows in five networks have one.",
    )


def _smaller_and_deeper() -> Finding:
    shapes = {
        name: [step.output for step in steps(name).values() if isinstance(step.row, Conv)]
        for name in ("lenet5", "alexnet", "googlenet", "resnet34")
    }
    alexnet = steps("alexnet")
    return Finding(
        all(first[0] < last[0] and first[1] > last[1] for first, *_, last in shapes.values()),
        "From the first to the last convolution of LeNet-5, AlexNet, GoogLeNet and ResNet-34 the size decreases and the"
        f" number of maps increases. Not at every step: AlexNet's C6 has {alexnet['C6'].output[0]} maps, C7"
        f" {alexnet['C7'].output[0]}.",
    )


def _same_field() -> Finding:
    pair, single = field_size("notes:two-3x3", "conv2"), field_size("notes:5x5", "conv1")
    rank = _kernel_dimensions()
    return Finding(
        pair == single,
        f"Both have a receptive field of {pair}×{single} pixels. But without a ReLU between them, two 3×3 kernels form"
        f" a {rank}-dimensional subset of the 5×5 kernels, which have 25 dimensions.",
    )


def _kernel_dimensions() -> int:
    """Dimensions of the 5x5 kernels that two 3x3 kernels can form: the rank of the pair's derivative."""
    first, second = np.asarray(random_normal(2, 3, 3))
    taps = np.eye(9).reshape(9, 3, 3)
    directions = [_after(first, tap) for tap in taps] + [_after(tap, second) for tap in taps]
    return int(np.linalg.matrix_rank(np.array(directions)))


def _after(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """The 5x5 kernel, flattened, of one 3x3 kernel after another: their response to a single 1."""
    one = np.zeros((1, 9, 9, 1))
    one[0, 4, 4, 0] = 1
    for kernel in (first, second):
        one = reference.convolution(one, kernel.reshape(3, 3, 1, 1), np.zeros(1))
    return one.ravel()


def _weights() -> Finding:
    two, one = totals("notes:two-3x3").parameters, totals("notes:5x5").parameters
    return Finding((two, one), f"`notes:two-3x3` has {two} weights, `notes:5x5` has {one}.")


def _far_fewer() -> Finding:
    maps = 64
    ratio = compare(_chain(maps, 5), _chain(maps, 3, 3)).ratios["parameters"]
    lenet = compare(load_table("lenet5:modern"), load_table("lenet5:3x3")).ratios["parameters"]
    assert ratio is not None and lenet is not None
    return Finding(
        ratio < 1,
        f"With {maps} maps everywhere two 3×3 have {ratio:.2f} of the parameters (18C² of 25C² weights). But in"
        f" LeNet-5, where the number of maps grows in each pair, `lenet5:3x3` has {lenet:.2f} times those of"
        " `lenet5:modern`.",
    )


def _chain(maps: int, *kernels: int) -> Table:
    rows = tuple(Conv(f"conv{i}", maps=maps, kernel=kernel) for i, kernel in enumerate(kernels, 1))
    return Table("chain", (maps, 28, 28), rows)


ADVANCED = Section(
    "고급 CNN",
    "Advanced CNNs",
    (
        Entry(
            name="relu-after-pooling",
            quote="Pooling 레이어 … ReLU 레이어",
            english="the typical network: convolutions, each with a ReLU, a pooling layer, a ReLU layer",
            claim=True,
            find=_relu_after_pool,
            why="A line is missing: after the pooling come more convolutions, each with its ReLU.",
        ),
        Entry(
            name="smaller-and-deeper",
            quote="이미지는 작아지고, 깊어짐(채널 수 증가)",
            english="the image becomes smaller and deeper (more channels)",
            claim=True,
            find=_smaller_and_deeper,
            condition="it compares the first and the last layer",
            why="",
        ),
        Entry(
            name="two-3x3-same-effect",
            quote="3x3 커널 두 개를 이어서 5x5 커널과 같은 효과 낼 수 있음",
            english="two 3×3 kernels in sequence have the same effect as a 5×5",
            claim=True,
            find=_same_field,
            condition="the effect means the receptive field",
            why="Two 3×3 cannot form every 5×5; with a ReLU between them they can form functions that no 5×5 can."
            + measured_effect("alexnet:small-3x3"),
            source="Simonyan and Zisserman 2015, section 2.3",
        ),
        Entry(
            name="two-3x3-far-fewer",
            quote="파라미터 계산량이 훨씬 적음",
            english="the parameters are far fewer",
            claim=True,
            find=_far_fewer,
            condition="all have equal numbers of maps, as in the notes' own 18 against 25",
            why="A pair must first compute its own maps from the input's: where the number grows in it, it has more.",
            source="`striate compare lenet5:modern lenet5:3x3`",
        ),
        Entry(
            name="two-3x3-weights",
            quote="3x3 두 개 → 18개, 5x5 한 개 → 25개",
            english="two 3×3 have 18, one 5×5 has 25",
            claim=(18, 25),
            find=_weights,
            condition="there is one input map and one output map, and biases are not counted",
            why="With C maps everywhere: 18C² against 25C².",
        ),
        Entry(
            name="ilsvrc-winners",
            quote="ILSVRC ImageNet 대회 분류 작업 top-5에 러율을 차지한",
            english="AlexNet, GoogLeNet and ResNet had the best top-5 error of ILSVRC's classification",
            claim=True,
            find=cited(True, "They won the classification of 2012, 2014 and 2015."),
            why="",
            source="Russakovsky et al. 2015; He et al. 2016",
        ),
    ),
)

SECTIONS = (ADVANCED,)
