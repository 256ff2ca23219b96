"""A table shows itself in a notebook as the notes print it."""

from html_cells import Cells

from striate.tables import ARCHITECTURES, Conv, Table, load_table
from striate.tables.notation import notation_cells

# The notes, Table 13-1, to the letter: Layer, Type, Maps, Size, Kernel size, Stride, Activation.
TABLE_13_1 = """
Out	Fully Connected	–	10	–	–	RBF
F6	Fully Connected	–	84	–	–	tanh
C5	Convolution	120	1×1	5×5	1	tanh
S4	Avg Pooling	16	5×5	2×2	2	tanh
C3	Convolution	16	10×10	5×5	1	tanh
S2	Avg Pooling	6	14×14	2×2	2	tanh
C1	Convolution	6	28×28	5×5	1	tanh
In	Input	1	32×32	–	–	–
"""


def test_lenet5_looks_like_table_13_1():
    rows = Cells(load_table("lenet5:notes")._repr_html_()).rows
    assert rows[0] == ["Layer", "Type", "Maps", "Size", "Kernel size", "Stride", "Padding", "Activation"]
    shown = [[*row[:6], row[7]] for row in rows[1:]]
    shown[-1][2] = shown[-1][2].removesuffix(" (Gray)")
    assert ["\t".join(row) for row in shown] == TABLE_13_1.strip().splitlines()


def test_words_are_escaped():
    html = Table("<b>", (1, 2, 2), (Conv("C1", maps=1, kernel=1),), source="<script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;b&gt;: &lt;script&gt;" in html


def test_every_network_has_words_for_its_rows():
    for table in ARCHITECTURES.values():
        assert all(all(notation_cells(step)) for step in table.plan().flat)


def test_padding_and_rectangles():
    table = Table("t", (1, 9, 9), (Conv("C1", maps=1, kernel=(3, 1), stride=(1, 2), padding=((0, 1), (2, 0))),))
    assert notation_cells(table.plan().steps[0])[4:7] == ("3×1", "1×2", "0+1×2+0")
