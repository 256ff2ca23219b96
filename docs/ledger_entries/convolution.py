"""The convolution layer: its connections and its output size."""

from __future__ import annotations

from itertools import product
from math import floor, prod

import numpy as np

from ledger_entries.analysed import commas, costs, field_size, steps
from ledger_entries.entry import Basis, Entry, Finding, Section
from striate import equations, reference
from striate.analysis import receptive_fields
from striate.tables import Conv, Table

_SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))


def _connections() -> Finding:
    step, cost = steps("lenet5")["C1"], costs("lenet5")["C1"]
    inputs = cost.connections // cost.neurons - 1  # without the bias
    return Finding(
        step.window is not None and inputs == step.window.area,
        f"A unit of C1 has {inputs} inputs and a bias, of {prod(step.input):,} pixels.",
    )


def _second_layer() -> Finding:
    first, second = field_size("lenet5", "C1"), field_size("lenet5", "C3")
    return Finding(
        second > first,
        f"C3 combines C1's maps; its receptive field is {second}×{second} pixels, C1's is {first}×{first}.",
    )


def _rectangles() -> Finding:
    rows = (Conv("C1", maps=1, kernel=(3, 5)), Conv("C2", maps=1, kernel=(3, 1), stride=2))
    field = receptive_fields(Table("rectangles", (1, 28, 28), rows).plan())["C2"]
    sides = (field.height[0], field.width[0])
    return Finding(
        sides == (5, 5),
        f"The receptive field of a 3×1 kernel after a 3×5 one is {sides[0]}×{sides[1]} pixels, again a rectangle.",
    )


def _overlap() -> Finding:
    x, g = np.array([1.0, 2, 4, 8, 16]), np.array([1.0, 10, 100])
    ours = reference.convolution(x.reshape(1, 1, 5, 1), g.reshape(1, 3, 1, 1), np.zeros(1)).ravel()
    correlation, convolution = np.correlate(x, g, "valid"), np.convolve(x, g, "valid")
    return Finding(
        np.array_equal(ours, correlation) and not np.array_equal(ours, convolution),
        f"For x = 1, 2, 4, 8, 16 and g = 1, 10, 100 the notes' sum gives {commas(ours)}: the cross-correlation."
        f" The mathematical convolution reverses g and gives {commas(convolution)}.",
    )


def _padding_adjusts() -> Finding:
    without, padded = equations.output_size(32, kernel=5), equations.output_size(32, kernel=5, padding=2)
    return Finding(
        without < padded, f"32 pixels with a kernel of 5: {without} without padding, {padded} with padding 2."
    )


def _size_formula(paddings: range) -> Finding:
    """The formula as the notes write it and Striate's, against counting the positions of the kernel."""
    cases = [
        (size, kernel, stride, cells)
        for size, kernel, stride, cells in product(range(1, 25), range(1, 12), range(1, 6), paddings)
        if kernel <= size + 2 * cells
    ]
    agreeing = sum(
        floor((size - kernel + 2 * cells) / stride + 1)
        == equations.output_size(size, kernel, stride, cells)
        == len(range(0, size + 2 * cells - kernel + 1, stride))
        for size, kernel, stride, cells in cases
    )
    return Finding(
        agreeing == len(cases),
        f"In {agreeing:,} of {len(cases):,} cases the formula gives the number of positions at which the kernel fits.",
    )


def _size_formula_padded() -> Finding:
    finding = _size_formula(range(4))
    total = equations.output_size(32, kernel=5, padding=4)
    before, after = equations.same_padding(224, kernel=11, stride=4)
    return Finding(
        finding.value,
        f"{finding.text} With P = 4 for two cells on each side, 32 pixels with a kernel of 5 would become {total}."
        f" SAME on 224 pixels, kernel 11, stride 4, adds {before} cells before and {after} after: no single P.",
    )


def _n_times() -> Finding:
    wanted = [9, 5, 3, 1]
    single = [
        (kernel, stride, cells)
        for kernel, stride, cells in product(range(1, 10), range(1, 10), range(5))
        if equations.output_sizes(9, [(kernel, stride, cells)] * 3) == wanted
    ]
    mixed = [k for k in product(range(1, 10), repeat=3) if equations.output_sizes(9, [(f, 1, 0) for f in k]) == wanted]
    return Finding(
        bool(single),
        f"{len(single)} combinations of one kernel (1 to 9), stride (1 to 9) and padding (0 to 4), applied three times,"
        f" give these sizes. At stride 1 the kernels {' or '.join(map(str, mixed))} do. A 3×3 kernel three times:"
        f" {' → '.join(map(str, equations.output_sizes(9, [(3, 1, 0)] * 3)))}.",
    )


def _zeros() -> Finding:
    ones = np.ones((1, 4, 4, 1))
    z = reference.convolution(ones, np.ones((3, 3, 1, 1)), np.zeros(1), padding=((1, 1), (1, 1)))[0, :, :, 0]
    return Finding(
        (z[0, 0], z[1, 1]) == (4, 9),
        f"A 3×3 kernel of ones on ones, padding 1: {z[1, 1]:g} inside, {z[0, 0]:g} in the corner, where five cells are"
        " zeros of the padding.",
    )


def _stride_shrinks() -> Finding:
    sizes = [equations.output_size(224, kernel=3, stride=stride, padding=1) for stride in (1, 2, 4)]
    return Finding(sizes == sorted(sizes, reverse=True), f"224 pixels, kernel 3, stride 1, 2, 4: {commas(sizes)}.")


def _sobel() -> Finding:
    edge = np.tile([0.0, 0, 0, 1, 1, 1], (3, 1)).reshape(1, 3, 6, 1)
    response = reference.convolution(edge, np.array(_SOBEL, float).reshape(3, 3, 1, 1), np.zeros(1)).ravel()
    return Finding(
        "Sobel",
        f"Sobel's kernel responds only at an edge: along 0, 0, 0, 1, 1, 1 it gives {commas(response)}.",
        Basis.WORDS,
    )


def _learned() -> Finding:
    weights = costs("lenet5")["C1"].parameters - steps("lenet5")["C1"].output[0]
    return Finding(weights > 0, f"The six 5×5 filters of LeNet-5's C1 are {weights} of its trainable parameters.")


LAYER = Section(
    "합성곱층",
    "The convolution layer",
    (
        Entry(
            name="only-the-window",
            quote="수용장 안에 있는 영역만 상위 레이어 유닛에 연결",
            english="only the region in the receptive field is connected to the unit above",
            claim=True,
            find=_connections,
            why="Connections divided by neurons.",
        ),
        Entry(
            name="low-then-high",
            quote="첫 번째 히든 레이어는 저수준 특성에 집중, 두 번째 히든 레이어는 고수준 특성으로 조합해 나감",
            english="the first hidden layer concentrates on low-level features, the second combines them to high-level"
            " ones",
            claim=True,
            find=_second_layer,
            condition="it is about what the structure allows: only training shows what a layer learns",
            why="A table gives the receptive field of a layer, not the features that it learns.",
        ),
        Entry(
            name="rectangular-fields",
            quote="사각 형태의 국부 수용장을 가진 CNN 층",
            english="(figure 13-2) layers with rectangular local receptive fields",
            claim=True,
            find=_rectangles,
            why="A window of windows is a window, so each axis is computed separately.",
            source="`equations.receptive_field`",
        ),
        Entry(
            name="convolution-or-correlation",
            quote="한 함수 g 가 다른 함수에 대해 얼마나 겹치는 지 계산",
            english="the convolution computes how much a function g overlaps with another",
            claim=True,
            find=_overlap,
            condition="g is not reversed, as in every library for networks",
            why="For learned kernels it is a matter of naming: training would learn the reversed kernel.",
        ),
        Entry(
            name="padding",
            quote="Padding : 출력 크기를 조정하기 위해 입력 가장자리에 셀을 추가",
            english="padding adds cells at the border of the input to adjust the output size",
            claim=True,
            find=_padding_adjusts,
            why="",
            source="`equations.output_size`",
        ),
        Entry(
            name="output-size",
            quote=r"$\text{floor}((I - F)/S + 1)$",
            english="size of the output image",
            claim=True,
            find=lambda: _size_formula(range(1)),
            why="All sizes up to 24, kernels up to 11, strides up to 5, against counting.",
            source="`equations.output_size`",
        ),
        Entry(
            name="nine-five-three-one",
            quote=r"커널을 n번 적용할 경우 Output의 크기 … 9 * 9 \rightarrow 5 * 5 \rightarrow 3 * 3 \rightarrow 1 * 1",
            english="the output size when the kernel is applied n times",
            claim=True,
            find=_n_times,
            why="No single kernel gives them. The table `notes:9-5-3-1` has kernels 5, 3 and 3.",
            source="`equations.output_sizes`",
        ),
        Entry(
            name="zero-padding",
            quote="제로 패딩 Zero padding: 추가된 공간을 0으로 채움",
            english="zero padding fills the added space with 0",
            claim=True,
            find=_zeros,
            why="",
            source="`reference.convolution`",
        ),
        Entry(
            name="output-size-padded",
            quote=r"$\text{floor}((I - F + 2P)/S + 1)$ … P: 패딩으로 추가된 공간의 크기",
            english="size of the output image with padding; P: the size of the added space",
            claim=True,
            find=_size_formula_padded,
            condition="P is the number of cells on each side, not the total",
            why="The formula has 2P, so it cannot state a padding whose sides differ.",
            source="`equations.output_size`, `equations.same_padding`",
        ),
        Entry(
            name="stride-shrinks",
            quote="스트라이드로 특성맵 크기 축소시키기",
            english="making feature maps smaller with a stride",
            claim=True,
            find=_stride_shrinks,
            why="",
        ),
        Entry(
            name="sobel",
            quote="outline 필터를 만드려면 sober필터를 연구",
            english="to make an outline filter, the *sober* filter was studied",
            claim="sober",
            find=_sobel,
            why="A typing error: the filter is named after Irwin Sobel.",
        ),
        Entry(
            name="learned-filters",
            quote="최근에는 필터들을 학습시킴.",
            english="nowadays the filters are learned",
            claim=True,
            find=_learned,
            why="",
        ),
    ),
)

SECTIONS = (LAYER,)
