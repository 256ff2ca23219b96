"""What to look at in AlexNet: local response normalization, and the paper's figure 2."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import commas, costs, field_size, steps
from ledger_entries.entry import Entry, Finding, Section, in_words
from ledger_entries.measured import random_normal
from striate import equations, reference
from striate.nn import LocalResponseNorm
from striate.tables import LRN, Conv, load_table

_R = 5  # the paper's n
_REACH = (_R // 2, _R // 2)
NEURONS = (253_440, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000)


def _row() -> LRN:
    row = steps("alexnet")["N1"].row
    assert isinstance(row, LRN)
    return row


def _normalized(a_NHWC: NDArray[np.float64]) -> NDArray[np.float64]:
    """The reference with the paper's constants."""
    row = _row()
    return reference.local_response_normalization(a_NHWC, row.size, row.alpha, row.beta, row.k)


def _formula() -> Finding:
    """The formula as the notes write it, in loops, against the reference and the layer."""
    row = _row()
    a = np.asarray(random_normal(1, 2, 2, 12)) * 30
    b, f_n = np.zeros_like(a), a.shape[-1]
    for i in range(f_n):
        j_low, j_high = max(0, i - _R // 2), min(i + _R // 2, f_n - 1)
        squares = sum(a[..., j] ** 2 for j in range(j_low, j_high + 1))
        b[..., i] = a[..., i] * (row.k + row.alpha * squares) ** -row.beta
    layer = LocalResponseNorm(row.size, row.alpha, row.beta, row.k, row.convention)
    built = layer(random_normal(1, 2, 2, 12).permute(0, 3, 1, 2) * 30).permute(0, 2, 3, 1).numpy()
    same = all(np.allclose(b, other, rtol=0, atol=1e-12) for other in (_normalized(a), built))
    return Finding(
        same,
        f"With k = {row.k:g}, α = {row.alpha:g}, β = {row.beta:g}, r = {_R} the formula, the reference and the layer"
        f" give the same {a.size} numbers, to 12 decimal places.",
    )


def _depth_radius() -> Finding:
    reaches = {name: equations.lrn_reach(_R, name) for name in ("paper", "torch", "tensorflow")}
    shown = "; ".join(f"{name} {before} before and {after} after" for name, (before, after) in reaches.items())
    return Finding(reaches["tensorflow"], f"Maps in the sum for r = {_R}: {shown}.")


def _after_relu() -> Finding:
    rows = load_table("alexnet").rows
    before = [before for before, row in pairwise(rows) if isinstance(row, LRN)]
    names = " and ".join(row.name for row in before)
    return Finding(
        all(isinstance(row, Conv) and row.activation == "relu" for row in before),
        f"LRN follows {names}, after their ReLU.",
    )


def _inhibits() -> Finding:
    quiet = np.ones((1, 1, 1, 9))
    loud = quiet.copy()
    loud[..., 4] = 100
    factors = (_normalized(loud) / _normalized(quiet)).ravel()
    return Finding(
        bool(factors[3] < 1 and factors[1] == 1),
        f"Next to a value of 100, a value of 1 falls to {factors[3]:.2f} of its value without it; three maps away to"
        f" {factors[1]:.2f}.",
    )


def _wider_view() -> Finding:
    before, after = field_size("alexnet", "C1"), field_size("alexnet", "N1")
    maps = 1 + sum(equations.lrn_reach(_row().size, _row().convention))
    return Finding(
        maps > 1,
        f"A unit after LRN depends on {maps} maps, before it on 1. The receptive field is {before}×{before} pixels"
        f" before LRN and {after}×{after} after it.",
    )


def _input_dimensions() -> Finding:
    values = prod(load_table("alexnet").input)
    return Finding(values, f"3·224·224 = {values:,}.")


def _neurons() -> tuple[int, ...]:
    return tuple(cost.neurons for cost in costs("alexnet").values() if cost.neurons)


def _first_neurons() -> Finding:
    first, *_ = _neurons()
    return Finding(first, f"C1 has 96·55·55 = {first:,} neurons.")


def _other_neurons() -> Finding:
    _, *others = _neurons()
    return Finding(tuple(others), f"{commas(others)}.")


def _product() -> Finding:
    first, second, *_ = _neurons()
    sides = (55 * 55 * 48 * 2, 29 * 27 * 128 * 2)
    return Finding(
        (first, second),
        f"The left is {sides[0]:,}, the right {sides[1]:,}; C1 has {first:,} neurons and C3 {second:,} = 27·27·128·2.",
    )


def _exchanging_rows() -> Finding:
    table = load_table("alexnet")
    exchanging = [row.name for index, row in enumerate(table.rows) if table.plan().exchanges_towers(index)]
    return Finding(
        0 < len(exchanging) < len(table.rows),
        f"The towers read each other's maps only at {', '.join(exchanging)}.",
    )


NORMALIZATION = Section(
    "AlexNet에서 주요하게 볼 것",
    "What to look at in AlexNet",
    (
        Entry(
            name="lrn-formula",
            quote=r"b_i = a_i \left(k + \alpha \sum_{j=j_{bw}}^{j_{high}} a_j^2 \right)^{-\beta} … "
            r"j_{high} = \min(i + \frac{r}{2}, f_n - 1) … j_{bw} = \max(0, i - \frac{r}{2})",
            english="local response normalization, with its bounds",
            claim=True,
            find=_formula,
            condition="r is the paper's n = 5 and r/2 is rounded down to 2",
            why="The sum is not divided by n, as in the paper and TensorFlow; torch and Caffe divide.",
            source="Krizhevsky et al. 2012, 3.3",
        ),
        Entry(
            name="lrn-bounds-names",
            quote=r"j_{bw} = \max(0, i - \frac{r}{2})",
            english="the lower bound is called j_bw",
            claim=True,
            find=in_words(False, "The bounds are j_low and j_high; with the names corrected they are the paper's."),
            why="A typing error in the names, in the sum and in the bound. The code follows the paper.",
            source="Krizhevsky et al. 2012, 3.3",
        ),
        Entry(
            name="lrn-after-relu",
            quote="a_i : ReLU 단계 후 정규화 거치기 전의 뉴런의 활성화 값",
            english="a_i is the activation after the ReLU, before normalization",
            claim=True,
            find=_after_relu,
            why="",
        ),
        Entry(
            name="lrn-depth-radius",
            quote="r : depth radius",
            english="r is the depth radius; the bounds use r/2",
            claim=_REACH,
            find=_depth_radius,
            why="A radius is not halved: TensorFlow's `depth_radius` is 2 where the paper's n is 5. The notes mix both"
            " conventions; the r of the formula is the number of maps, not a radius.",
            source="`equations.lrn_reach`",
        ),
        Entry(
            name="lrn-inhibits",
            quote="강하게 활성화된 뉴런이 다른 특성 맵의 동일 위치의 뉴런을 억제",
            english="a strongly activated neuron inhibits those at the same position in other maps",
            claim=True,
            find=_inhibits,
            condition="the other maps are at most two away",
            why="",
            source="`reference.local_response_normalization`",
        ),
        Entry(
            name="lrn-wider-view",
            quote="더 넓은 시야에서 특징을 탐색 → 일반화 성능 향상",
            english="features are searched for in a wider field of view, which improves generalization",
            claim=True,
            find=_wider_view,
            condition="the wider view is an idiom for more features, not for more pixels",
            why="LRN widens the range of features that the maps compete for. The paper reports 1.2 points less top-5"
            " error; VGG found no gain." + measured_effect("alexnet:small-no-lrn"),
            source="Krizhevsky et al. 2012, 3.3; Simonyan and Zisserman 2015, 3",
        ),
    ),
)

FIGURE_2 = Section(
    "Figure 2",
    "The paper's figure 2, as the notes quote it",
    (
        Entry(
            name="figure-2-gpus",
            quote="The GPUs communicate only at certain layers.",
            english="the same",
            claim=True,
            find=_exchanging_rows,
            why="The two towers do not require two GPUs: `alexnet` is one table.",
            source="`striate.nn.Towers`",
        ),
        Entry(
            name="figure-2-input",
            quote="The network's input is 150,528-dimensional",
            english="the same",
            claim=150_528,
            find=_input_dimensions,
            why="Figure 2's 55 would need 227·227·3, or padding.",
        ),
        Entry(
            name="figure-2-first",
            quote="253,440",
            english="neurons of the first convolution",
            claim=NEURONS[0],
            find=_first_neurons,
            why="A known error of the paper.",
            source="Krizhevsky et al. 2012, figure 2",
        ),
        Entry(
            name="figure-2-neurons",
            quote="186,624 - 64,896 - 64,896 - 43,264 - 4096 - 4096 - 1000",
            english="neurons of the other seven layers",
            claim=NEURONS[1:],
            find=_other_neurons,
            why="",
            source="Krizhevsky et al. 2012, figure 2",
        ),
        Entry(
            name="figure-2-products",
            quote=r"{55 \times 55 \times 48 \times 2} = 29 \times 27 \times 128 \times 2",
            english="the neurons as a fraction over 55×55×48×2, equal to 29×27×128×2",
            claim=(55 * 55 * 48 * 2, 29 * 27 * 128 * 2),
            find=_product,
            why="A garbled margin note: these are the products for the first two numbers, 29 should be 27, and they are"
            " not equal.",
        ),
    ),
)

SECTIONS = (NORMALIZATION, FIGURE_2)
