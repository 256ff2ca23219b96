"""The convolution sum, its index ranges, Keras' Conv2D, and SAME against VALID."""

from __future__ import annotations

from itertools import product

import numpy as np
import torch

from ledger_entries.analysed import commas, totals
from ledger_entries.entry import Basis, Entry, Finding, Section
from ledger_entries.measured import random_normal
from striate import equations, reference
from striate.nn import build
from striate.tables import Conv, Table, Window, load_table

_I, _J, _STRIDE, _KERNEL = 2, 1, 2, 3  # the unit and the layer on which the index ranges are tried


def _sum() -> Finding:
    """The notes' sum in loops against torch's convolution, with unequal kernels, strides and several maps."""
    shape = (3, 9, 8)
    row = Conv("C1", maps=4, kernel=(3, 2), stride=(2, 1))
    network = build(Table("sum", shape, (row,)), seed=0).double()
    x = random_normal(2, *shape)
    layer = network.get_submodule("C1")
    w, b = (np.asarray(layer.get_parameter(name).detach()) for name in ("weight", "bias"))
    z = reference.convolution(np.asarray(x.permute(0, 2, 3, 1)), w.transpose(2, 3, 1, 0), b, stride=(2, 1))
    ours = network(x).detach().permute(0, 2, 3, 1).numpy()
    return Finding(
        np.allclose(z, ours, rtol=0, atol=1e-12),
        f"The sum in loops and the layer give the same {z.size:,} numbers, to 12 decimal places.",
    )


def _input_range(axis: int) -> tuple[int, int]:
    """The first and the last row (axis 0) or column (1) of the input that unit (i, j) of the sum depends on."""
    size = 9
    w, b = np.ones((_KERNEL, _KERNEL, 1, 1)), np.zeros(1)
    pixels = np.eye(size * size).reshape(-1, size, size, 1)  # one picture per pixel, in which that pixel is 1
    z = reference.convolution(pixels, w, b, stride=(_STRIDE, _STRIDE))[:, _I, _J, 0]
    read = np.argwhere(z.reshape(size, size))[:, axis]
    return int(read.min()), int(read.max())


def _range(axis: int) -> Finding:
    first, last = _input_range(axis)
    name = "rows" if axis == 0 else "columns"
    return Finding(
        (first, last),
        f"Unit i = {_I}, j = {_J} with stride {_STRIDE} and kernel {_KERNEL} reads {name} {first} to {last}. The"
        f" sentence says {_I * _STRIDE} to {_J * _STRIDE + _KERNEL - 1}.",
    )


def _same_inputs() -> Finding:
    dense, sparse = (load_table(name).rows[2] for name in ("lenet5:notes", "lenet5"))
    assert isinstance(dense, Conv) and isinstance(sparse, Conv) and sparse.connections is not None
    sets = set(sparse.connections)
    return Finding(
        dense.connections is None,
        f"In `lenet5:notes` each of C3's {dense.maps} maps reads all 6 maps. In LeCun's own C3 the {sparse.maps} maps"
        f" read {len(sets)} different sets of maps, {min(map(len, sets))} to {max(map(len, sets))} of the 6.",
    )


def _keras_parameters() -> Finding:
    row = Conv("conv", maps=32, kernel=3, padding="same", activation="relu")
    gray, rgb, wide = (totals(Table("conv", (channels, 28, 28), (row,))).parameters for channels in (1, 3, 32))
    return Finding((gray, rgb), f"{gray} for gray pictures, {rgb} for RGB, {wide:,} after a layer of 32 maps.")


def _same_at(strides: tuple[int, ...]) -> tuple[int, int]:
    """Cases in which SAME keeps the size, and all cases: sizes 2 to 64, kernels 1 to 11."""
    outputs = [
        (size, equations.output_size(size, kernel, stride, equations.same_padding(size, kernel, stride)))
        for size, kernel, stride in product(range(2, 65), range(1, 12), strides)
    ]
    return sum(size == output for size, output in outputs), len(outputs)


def _same_keeps() -> Finding:
    kept, cases = _same_at((1,))
    return Finding(kept == cases, f"At stride 1 the size is unchanged in {kept} of {cases} cases.")


def _same_strided() -> Finding:
    kept, cases = _same_at((2, 3, 4))
    halves = [
        equations.output_size(size, 3, 2, equations.same_padding(size, kernel=3, stride=2)) for size in (27, 28, 224)
    ]
    return Finding(
        kept < cases,
        f"At strides 2, 3 and 4 it is unchanged in {kept} of {cases:,} cases; it is I/S, rounded up: for 27, 28 and 224"
        f" at stride 2 {commas(halves)}.",
    )


def _same_in_torch() -> Finding:
    strided = Table("same", (1, 28, 28), (Conv("C1", maps=1, kernel=3, stride=2, padding="same"),))
    height, width = build(strided, seed=0)(torch.zeros(1, 1, 28, 28)).shape[2:]
    try:
        torch.nn.Conv2d(1, 1, 3, stride=2, padding="same")
        words = "accepts it"
    except ValueError:
        words = "raises a ValueError"
    return Finding(
        (height, width) == (14, 14),
        f"Striate's output for 28×28 at stride 2 is {height}×{width}, as Keras' is. `torch.nn.Conv2d` {words}.",
        Basis.MEASURED,
    )


def _valid() -> Finding:
    padding = Window.over((1, 28, 28), kernel=5, stride=1, padding="valid").padding
    return Finding(padding == ((0, 0), (0, 0)), f"VALID adds {padding[0][0]} cells on every side.")


SUM = Section(
    "합성곱식",
    "The convolution sum",
    (
        Entry(
            name="convolution-sum",
            quote=r"z_{i,j,k} = b_k + \sum_{u=0}^{f_h-1} \sum_{v=0}^{f_w-1} \sum_{k'=0}^{f_n'-1}"
            r" x_{i',j',k'} \times w_{u,v,k',k}",
            english="the output of the unit in row i, column j of map k",
            claim=True,
            find=_sum,
            why="Every index range is right; x is the input with its padding.",
            source="`reference.convolution`",
        ),
        Entry(
            name="row-range",
            quote="$i * s_h$ 에서 $j * s_h + f_h - 1$ 까지의 행",
            english="rows i·s_h to j·s_h + f_h − 1",
            claim=(_I * _STRIDE, _J * _STRIDE + _KERNEL - 1),
            find=lambda: _range(0),
            why="The end needs i: rows i·s_h to i·s_h + f_h − 1.",
            source="The notes' own sum, i' = i·s_h + u",
        ),
        Entry(
            name="column-range",
            quote="$i * s_w$ 에서 $j * s_w + f_w - 1$ 까지의 열",
            english="columns i·s_w to j·s_w + f_w − 1",
            claim=(_I * _STRIDE, _J * _STRIDE + _KERNEL - 1),
            find=lambda: _range(1),
            why="The start needs j: columns j·s_w to j·s_w + f_w − 1.",
            source="The notes' own sum, j' = j·s_w + v",
        ),
        Entry(
            name="same-inputs",
            quote="다른 특성 맵이더라도 같은 i 행과 j 열에 있는 뉴런이라면"
            " 정확히 이전 층에 있는 동일한 뉴런들의 출력에 연결됨",
            english="units in row i, column j of different maps are connected to exactly the same units of the layer"
            " before",
            claim=True,
            find=_same_inputs,
            condition="every map reads every map, unlike in LeNet-5's own C3 and in AlexNet's two towers",
            why="With sparse connections and groups, different output maps read different input maps.",
            source="LeCun et al. 1998, table I",
        ),
        Entry(
            name="keras-parameters",
            quote="이 convolution layer 파라미터의 수는?",
            english="`Conv2D(filters=32, kernel_size=3, padding='same')`: how many parameters?",
            claim=None,
            find=_keras_parameters,
            why="The call alone does not determine it: with C input maps it is 32·(9C + 1). Stride and padding do not"
            " matter.",
            source="`equations.conv_parameters`",
        ),
    ),
)

PADDING = Section(
    "Same vs Valid 패딩",
    "SAME against VALID padding",
    (
        Entry(
            name="same-keeps-size",
            quote="Same: 제로 패딩이라고 하며, (출력의 사이즈 = 입력의 사이즈)",
            english="SAME is called zero padding; output size = input size",
            claim=True,
            find=_same_keeps,
            condition="the stride is 1",
            why="Zero padding is about the values of the added cells; SAME is about their number.",
            source="`equations.same_padding`",
        ),
        Entry(
            name="same-with-stride",
            quote="간혹 stride 크기로 인해서 same패딩이라고 지정을 해주었지만 출력 사이즈가 다를 수 있음",
            english="sometimes, because of the stride, the sizes differ despite SAME",
            claim=True,
            find=_same_strided,
            why="Not sometimes: at every stride above 1.",
            source="TensorFlow, `tf.nn`, notes on padding",
        ),
        Entry(
            name="same-in-torch",
            quote="same패딩이라고 지정을 해주었지만",
            english="SAME given together with a stride",
            claim=True,
            find=_same_in_torch,
            condition="the library is Keras, as in the notes, and not torch",
            why="Keras pads the odd row and column at the end. Striate does the same.",
            source="`torch.nn.Conv2d`; `striate.nn.Conv2D`",
        ),
        Entry(
            name="valid",
            quote="Valid: 패딩 없음",
            english="VALID: no padding",
            claim=True,
            find=_valid,
            why="",
        ),
    ),
)

SECTIONS = (SUM, PADDING)
