"""The 1x1 kernel as a bottleneck: what it saves, and what it can express."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ledger_entries.analysed import commas, depth, steps, totals
from ledger_entries.entry import Entry, Finding, Section
from ledger_entries.measured import random_normal
from striate import equations, reference
from striate.analysis import compare
from striate.tables import Concat, Conv, load_plan, load_table
from striate.tables.googlenet import TABLE_1

_MODULE = "inception_3a"
_IN, _MIDDLE, _OUT = 16, 5, 32  # the maps of the notes' example


def _reduces() -> Finding:
    rows = [
        step for path, step in steps("googlenet").items() if path.startswith("inception") and _is_one_by_one(step.row)
    ]
    fewer = sum(step.output[0] < step.input[0] for step in rows)
    return Finding(fewer == len(rows), f"It does in {fewer} of the {len(rows)} 1×1 convolutions of the nine modules.")


def _is_one_by_one(row: object) -> bool:
    return isinstance(row, Conv) and row.kernel == 1


def _bottleneck_saves() -> Finding:
    ratios = compare(load_table("googlenet"), load_table("googlenet:direct")).ratios
    parameters, macs = ratios["parameters"], ratios["macs"]
    assert parameters is not None and macs is not None
    return Finding(
        min(parameters, macs) > 1,
        f"Without its bottlenecks (`googlenet:direct`) the network has {parameters:.1f} times the parameters and"
        f" {macs:.1f} times the multiply-adds.",
    )


def _one_strong_layer() -> Finding:
    """A 1x1 and a 3x3 folded into one 3x3 kernel; with a ReLU between them no kernel fits: f(-x) is not -f(x)."""
    x = np.asarray(random_normal(1, 6, 6, _IN))
    narrow, wide = np.asarray(random_normal(1, 1, _IN, _MIDDLE)), np.asarray(random_normal(3, 3, _MIDDLE, _OUT))

    def both(x: NDArray[np.float64], least: float) -> NDArray[np.float64]:
        middle = reference.convolution(x, narrow, np.zeros(_MIDDLE)).clip(min=least)
        return reference.convolution(middle, wide, np.zeros(_OUT))

    folded = reference.convolution(x, np.einsum("cm,uvmk->uvck", narrow[0, 0], wide), np.zeros(_OUT))
    return Finding(
        np.allclose(both(x, -np.inf), folded) and not np.allclose(both(-x, 0), -both(x, 0)),
        "Without a ReLU between them a 1×1 and a 3×3 are exactly one 3×3 convolution. With it they are not: f(−x) is"
        " not −f(x).",
    )


def _stronger() -> Finding:
    """Dimensions of the input maps that a random 3x3 kernel reads, directly and through the bottleneck."""
    direct, narrow, wide = (
        np.asarray(random_normal(3, 3, _IN, _OUT)),
        random_normal(_IN, _MIDDLE),
        random_normal(3, 3, _MIDDLE, _OUT),
    )
    through = np.einsum("cm,uvmk->uvck", np.asarray(narrow), np.asarray(wide))
    ranks = [int(np.linalg.matrix_rank(w.transpose(2, 0, 1, 3).reshape(_IN, -1))) for w in (direct, through)]
    return Finding(
        ranks[1] > ranks[0],
        f"The 3×3 alone reads {ranks[0]} dimensions of its {_IN} input maps, and {ranks[1]} through the bottleneck.",
    )


def _sizes() -> Finding:
    step = steps("googlenet")[_MODULE]
    sizes = {branch[-1].output[1:] for branch in step.branches}
    kernels = [1 + sum(inner.window.kernel[0] - 1 for inner in branch if inner.window) for branch in step.branches]
    return Finding(
        len(sizes) > 1,
        f"All maps of {_MODULE} have one size, {step.output[1]}×{step.output[2]}. What differs is their receptive field"
        f" in the module's input: {commas(kernels)} cells.",
    )


def _hyperparameters() -> Finding:
    numbers, settings = sum(map(len, TABLE_1.values())), len(set(TABLE_1.values()))
    return Finding(
        settings > 1,
        f"Table 1 of the paper states {numbers} of them: six for each of {len(TABLE_1)} modules, with {settings}"
        " different sets of values.",
    )


def _subnetwork() -> Finding:
    modules = [step for step in load_plan("googlenet").steps if isinstance(step.row, Concat)]
    return Finding(
        all(step.branches for step in modules),
        f"{len(modules)} rows are a `Concat` with inner rows, {depth(modules[0].branches[1])} layers deep.",
    )


def _weights() -> Finding:
    direct, bottleneck = (totals(f"notes:{name}").parameters for name in ("direct", "bottleneck"))
    return Finding((direct, bottleneck), f"`notes:direct` has {direct:,} weights, `notes:bottleneck` {bottleneck:,}.")


def _parameters() -> Finding:
    def layer(maps_in: int, maps: int, area: int, biases: int) -> int:
        return equations.conv_parameters(equations.dense_kernels(maps_in, maps), area, biases)

    weights = (layer(_IN, _OUT, 9, 0), layer(_IN, _MIDDLE, 1, 0) + layer(_MIDDLE, _OUT, 9, 0))
    biased = (layer(_IN, _OUT, 9, _OUT), layer(_IN, _MIDDLE, 1, _MIDDLE) + layer(_MIDDLE, _OUT, 9, _OUT))
    return Finding(
        weights,
        f"{weights[0]:,} and {weights[1]:,} weights; with a bias for each map {biased[0]:,} and {biased[1]:,}.",
    )


BOTTLENECK = Section(
    "1x1 커널 컨볼루션 레이어 역할",
    "What a 1×1 convolution is for",
    (
        Entry(
            name="dimension-reduction",
            quote="입력 레이어보다 더 적은 특성 맵 Feature map 을 출력",
            english="it outputs fewer maps than its input has: dimension reduction",
            claim=True,
            find=_reduces,
            why="A choice of this network: ResNet's units end in a 1×1 with four times the maps.",
        ),
        Entry(
            name="bottleneck-useful",
            quote="3x3 과 5x5 컨볼루션 전에 유용",
            english="useful before 3×3 and 5×5 convolutions",
            claim=True,
            find=_bottleneck_saves,
            why="",
            source="`striate compare googlenet googlenet:direct`",
        ),
        Entry(
            name="one-strong-layer",
            quote="더 복잡한 패턴을 감지할 수 있는 한 개의 강력한 컨볼루션 레이어처럼 작동 … [1x1, 3x3]과 [1x1, 5x5]",
            english="[1×1, 3×3] act as one strong convolution that detects more complex patterns",
            claim=True,
            find=_one_strong_layer,
            condition="a ReLU stands between the two",
            why="The ReLU makes the difference: without it, the 1×1 only reduces the maps.",
            source="Lin, Chen, Yan 2014, Network in Network",
        ),
        Entry(
            name="maps-of-several-sizes",
            quote="복잡한 패턴을 갖는 여러 크기의 특성 맵을 출력하는 각성제를 맞은 컨볼루션 레이어라 생각",
            english="a convolution on steroids that outputs feature maps of several sizes with complex patterns",
            claim=True,
            find=_sizes,
            why="The patterns have several sizes, the maps one size, as the notes say a page before.",
        ),
        Entry(
            name="kernels-are-hyperparameters",
            quote="컨볼루션 커널의 수는 하이퍼 파라미터",
            english="the number of kernels is a hyperparameter",
            claim=True,
            find=_hyperparameters,
            why="",
            source="Szegedy et al. 2015, table 1",
        ),
        Entry(
            name="bottleneck-parameters",
            quote="인셉션 모듈을 사용하지 않게 될 때의 파라미터 개수는 … 4608 … 오른쪽의 파라미터 개수는 … 1520",
            english="the numbers of parameters are 4608 and 1520",
            claim=(4608, 1520),
            find=_parameters,
            condition="the parameters are the weights, as in the notes' own formula",
            why="A Keras or torch layer of that size has a bias for each map as well.",
            source="`equations.conv_parameters`",
        ),
        Entry(
            name="bottleneck-weights",
            quote=r"(3 \times 3 \times 16) \times 32 = 4608 … (1 \times 1 \times 16 \times 5) + (3 \times 3 \times 5"
            r" \times 32) = 1520",
            english="4608 on the left, 1520 on the right",
            claim=(4608, 1520),
            find=_weights,
            condition="biases are not counted",
            why="A 3×3 convolution from 16 maps to 32, against a 1×1 to 5 maps and a 3×3 from these to 32: one branch,"
            " not a whole Inception module.",
            source="`striate compare notes:direct notes:bottleneck`",
        ),
        Entry(
            name="fewer-but-stronger",
            quote="적은 파라미터의 개수로 더 강력한 패턴을 갖는 특성맵을 얻을 수 있음",
            english="fewer parameters give feature maps of stronger patterns",
            claim=True,
            find=_stronger,
            why="Fewer, yes. Stronger does not follow from the count: everything passes through 5 maps. The savings can"
            " be used for depth and width, and the ReLU adds a nonlinearity.",
        ),
        Entry(
            name="network-in-network",
            quote="Network in network! … Inception module: subnetwork",
            english="network in network; the Inception module is a subnetwork",
            claim=True,
            find=_subnetwork,
            why="The paper takes the name and the 1×1 from Lin, Chen and Yan.",
            source="Szegedy et al. 2015, sections 1 and 2",
        ),
    ),
)

SECTIONS = (BOTTLENECK,)
