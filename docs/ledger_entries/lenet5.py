"""LeNet-5: Table 13-1 row by row, and the claims about it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import NETWORKS, costs, field_size, steps, totals
from ledger_entries.entry import Entry, Finding, Section, cited
from striate.tables import (
    AveragePool,
    MaxPool,
    Table,
    activation_word,
    load_table,
    notation_cells,
    notation_input_cells,
)

TABLE_13_1 = """
Out	Fully Connected	–	10	–	–	RBF
F6	Fully Connected	–	84	–	–	tanh
C5	Convolution	120	1×1	5×5	1	tanh
S4	Avg Pooling	16	5×5	2×2	2	tanh
C3	Convolution	16	10×10	5×5	1	tanh
S2	Avg Pooling	6	14×14	2×2	2	tanh
C1	Convolution	6	28×28	5×5	1	tanh
In	Input	1	32×32	–	–	–
""".strip()


def printed(table: Table) -> dict[str, tuple[str, ...]]:
    """Each row of a table in the notes' notation, by its name; the input is In."""
    return {row[0]: row for row in (notation_input_cells(table.input), *map(notation_cells, table.plan().steps))}


def table_entries(
    text: str, where: str, find: Callable[[str], Finding], why: dict[str, str], source: str
) -> tuple[Entry, ...]:
    """An entry for each line of a table of the notes, cells separated by tabs."""
    lines = [tuple(line.split("\t")) for line in text.splitlines()]
    return tuple(
        Entry(
            name=f"{where}-{line[0].lower()}",
            quote=" ".join(line),
            english=f"row {line[0]}",
            claim=line,
            find=partial(find, line[0]),
            why=why.get(line[0], ""),
            source=source,
        )
        for line in lines
    )


def row_text(row: tuple[str, ...], table: Table) -> str:
    """A row in the notes' notation, and its cost."""
    cost = costs(table).get(row[0])
    return f"{' '.join(row)}" + (f"; {cost.parameters:,} parameters, {cost.macs:,} multiply-adds." if cost else ".")


def _row(name: str) -> Finding:
    """A row of Table 13-1, which has no column for padding and does not name the input's colours."""
    table = load_table("lenet5:notes")
    layer, kind, maps, size, kernel, stride, _, activation = printed(table)[name]
    row = (layer, kind, maps.removesuffix(" (Gray)"), size, kernel, stride, activation)
    return Finding(row, row_text(row, table))


def _zero_padded() -> Finding:
    table = load_table("lenet5")
    preprocessing = table.preprocessing
    assert preprocessing.content is not None
    side = (table.input[1] - preprocessing.content[0]) // 2
    border = (0 - preprocessing.mean[0]) / preprocessing.std[0]
    return Finding(
        (*preprocessing.content, *table.input[1:]),
        f"{side} cells on each side. After LeCun's scaling the border is {border:.1f}, not 0.",
    )


def _max_pooling_today() -> Finding:
    rows = [step.row for name in NETWORKS for step in steps(name).values()]
    largest, mean = (sum(isinstance(row, kind) for row in rows) for kind in (MaxPool, AveragePool))
    return Finding(
        largest > mean,
        f"Five networks in their modern form have {largest} max pooling rows, and {mean} average pooling rows with a"
        " window.",
    )


def _two_3x3() -> Finding:
    five, three = ([field_size(name, path) for path in ("S2", "S4", "F6")] for name in ("lenet5:modern", "lenet5:3x3"))
    macs = [totals(name).macs for name in ("lenet5:modern", "lenet5:3x3")]
    return Finding(
        five == three,
        f"After S2, S4 and F6 the receptive field of both is {five[0]}, {five[1]} and {five[2]} pixels. Two 3×3 need"
        f" {macs[1]:,} multiply-adds, one 5×5 {macs[0]:,}.",
    )


def _softmax() -> Finding:
    old, new = (activation_word(load_table(name).rows[-1]) for name in ("lenet5", "lenet5:modern"))
    return Finding((old, new), f"`lenet5` ends in {old}, `lenet5:modern` in {new}.")


def _as_published() -> Finding:
    notes, paper = load_table("lenet5:notes"), load_table("lenet5")
    rows, own = printed(notes), printed(paper)
    differing = [name for name in own if own[name] != rows[name]]
    kernels = [steps(table)["C3"].row.kernels(6) for table in (notes, paper)]  # type: ignore[union-attr]
    return Finding(
        totals(notes).parameters == totals(paper).parameters,
        f"{totals(notes).parameters:,} parameters, the paper's network {totals(paper).parameters:,}. The rows"
        f" {', '.join(differing)} are different in the paper; its C3 has {kernels[1]} kernels, this one {kernels[0]}.",
    )


LENET5 = Section(
    "LeNet-5",
    "LeNet-5",
    (
        Entry(
            name="mnist",
            quote="Yann LeCun, MNIST 에 사용됨",
            english="used on MNIST",
            claim=True,
            find=cited(True, "Trained on its 60,000 digits; 0.95 % errors, 0.8 % with distorted digits added."),
            why="",
            source="LeCun et al. 1998, III",
        ),
        Entry(
            name="zero-padded-to-32",
            quote=r"28×28 픽셀에 제로 패딩 $\rightarrow 32 \times 32$",
            english="28×28 pixels, zero padded to 32×32",
            claim=(28, 28, 32, 32),
            find=_zero_padded,
            condition="the zeros are added before the pixels are scaled",
            why="Background is scaled to −0.1 and ink to 1.175, so that the mean is about 0.",
            source="LeCun et al. 1998, II.B",
        ),
        Entry(
            name="max-pooling-today",
            quote="Max pooling 선호됨",
            english="today max pooling is preferred",
            claim=True,
            find=_max_pooling_today,
            why="Residual networks mostly use strides instead."
            + measured_effect("alexnet:small-max-pool", "alexnet:small-average-pool"),
        ),
        Entry(
            name="lenet5-two-3x3",
            quote=r"5×5 커널 한 개 $\rightarrow 3 \times 3$ 커널 두 개",
            english="today two 3×3 instead of one 5×5",
            claim=True,
            find=_two_3x3,
            why="The same receptive field, at a higher cost here: see [far fewer](#two-3x3-far-fewer).",
        ),
        Entry(
            name="rbf-softmax",
            quote=r"RBF \rightarrow Softmax",
            english="today softmax instead of RBF",
            claim=("RBF", "Softmax"),
            find=_softmax,
            why="In the paper's own loss (equation 9) the classes already compete as with softmax.",
        ),
        Entry(
            name="table-13-1-as-published",
            quote="Table 13-1. LeNet-5 architecture",
            english="the table is LeNet-5's architecture",
            claim=True,
            find=_as_published,
            why="The table omits C3's connection table, the trainable subsampling and the scaled tanh.",
            source="LeCun et al. 1998, II.B, table I",
        ),
        *table_entries(
            TABLE_13_1,
            "lenet5",
            _row,
            {
                "Out": "RBF is a layer without trainable parameters: ten distances to fixed bitmaps.",
                "C3": "Here every map reads every map. In the paper C3 is sparse and has 1,516 parameters.",
                "S2": "The tanh after pooling is the paper's.",
            },
            "`lenet5:notes`",
        ),
    ),
)

SECTIONS = (LENET5,)
