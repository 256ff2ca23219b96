"""AlexNet: Table 13-2 row by row, and the claims about it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ledger_entries.ablations import measured_effect
from ledger_entries.analysed import costs, steps, totals
from ledger_entries.entry import Entry, Finding, Section, cited
from ledger_entries.lenet5 import printed, row_text, table_entries
from striate import equations
from striate.tables import Brightness, Conv, Dropout, HorizontalFlip, PCAColour, RandomCrop, Table, load_table

TABLE_13_2 = """
Out	Fully Connected	–	1,000	–	–	–	Softmax
F9	Fully Connected	–	4,096	–	–	–	ReLU
F8	Fully Connected	–	4,096	–	–	–	ReLU
C7	Convolution	256	13×13	3×3	1	SAME	ReLU
C6	Convolution	384	13×13	3×3	1	SAME	ReLU
C5	Convolution	384	13×13	3×3	1	SAME	ReLU
S4	Max Pooling	256	13×13	3×3	2	VALID	–
C3	Convolution	256	27×27	5×5	1	SAME	ReLU
S2	Max Pooling	96	27×27	3×3	2	VALID	–
C1	Convolution	96	55×55	11×11	4	SAME	ReLU
In	Input	3 (RGB)	224×224	–	–	–	–
""".strip()


def as_printed() -> Table:
    """Table 13-2 as printed: C1 with SAME, and no pooling after C7 (`alexnet:notes` corrects both)."""
    notes = load_table("alexnet:notes")
    rows = (
        replace(row, padding="same") if isinstance(row, Conv) and row.name == "C1" else row
        for row in notes.rows
        if row.name != "S7"
    )
    return replace(notes, name="alexnet:as-printed", rows=tuple(rows), expected=None)


def _row(name: str) -> Finding:
    row = printed(as_printed())[name]
    return Finding(row, row_text(row, as_printed()))


def _first_row() -> Finding:
    finding = _row("C1")
    sizes = {
        "224 pixels with VALID": equations.output_size(224, kernel=11, stride=4),
        "224 with padding 2": equations.output_size(224, kernel=11, stride=4, padding=2),
        "227 with VALID": equations.output_size(227, kernel=11, stride=4),
    }
    shown = ", ".join(f"{padding} {size}" for padding, size in sizes.items())
    return Finding(finding.value, f"{finding.text} Output sizes: {shown}.")


def _dropout() -> Finding:
    def dropped(name: str) -> tuple[tuple[str, float], ...]:
        """The rows with dropout on their outputs, and the rates."""
        rows = load_table(name).rows
        return tuple((before.name, row.rate) for before, row in pairwise(rows) if isinstance(row, Dropout))

    later = " and ".join(name for name, _ in dropped("alexnet:torchvision"))
    return Finding(
        dropped("alexnet"),
        "After " + " and ".join(f"{name}, {rate:.0%}" for name, rate in dropped("alexnet")) + f". torchvision's network"
        f" has it after {later}.",
    )


def _augmentation() -> Finding:
    kinds = tuple(type(change) for change in load_table("alexnet").recipe.augmentation)
    return Finding(
        kinds[:2] == (RandomCrop, HorizontalFlip) and kinds[2] in (Brightness, PCAColour),
        f"The paper's recipe: {', '.join(kind.__name__ for kind in kinds)}.",
    )


def _sixty_million() -> Finding:
    literal, f8 = as_printed(), costs(as_printed())["F8"].parameters
    corrected = costs("alexnet:notes")["F8"].parameters
    return Finding(
        round(totals(literal).parameters / 1e6),
        f"Table 13-2 as printed has {totals(literal).parameters:,} parameters, {f8:,} of them in F8. With the pooling"
        f" after C7 (`alexnet:notes`) F8 has {corrected:,} and the network {totals('alexnet:notes').parameters:,}.",
    )


def _as_published() -> Finding:
    notes, paper = totals("alexnet:notes"), totals("alexnet")
    grouped = [path for path, step in steps("alexnet").items() if getattr(step.row, "groups", 1) == 2]
    return Finding(
        notes == paper,
        f"`alexnet:notes`: {notes.parameters:,} parameters, {notes.macs:,} multiply-adds. The paper's network:"
        f" {paper.parameters:,} and {paper.macs:,}; {', '.join(grouped)} read only their own of two towers.",
    )


ALEXNET = Section(
    "AlexNet",
    "AlexNet",
    (
        Entry(
            name="alexnet-error",
            quote="Top-5 에러율: 17% (2위 26%)",
            english="top-5 error 17 % (second place 26 %)",
            claim=(17, 26),
            find=cited(
                (round(17.0), round(25.7)),
                "17.0 % against 25.7 % on ILSVRC-2010. In the competition of 2012 it was 15.3 % (several networks)"
                " against 26.2 %; one network has 18.2 % on the validation pictures.",
            ),
            condition="it is about ILSVRC-2010, where 25.7 % is the best result published before",
            why="The competition that made AlexNet known is that of 2012. Striate has not trained on ImageNet.",
            source="Krizhevsky et al. 2012, tables 1 and 2",
        ),
        Entry(
            name="alexnet-dropout",
            quote="F8 과 F9 출력에 드랍아웃(Drop out)(50%)",
            english="dropout of 50 % on the outputs of F8 and F9",
            claim=(("F8", 0.5), ("F9", 0.5)),
            find=_dropout,
            why='As in the paper, "the first two fully-connected layers".'
            + measured_effect("alexnet:small-no-dropout"),
            source="Krizhevsky et al. 2012, 4.2",
        ),
        Entry(
            name="alexnet-augmentation",
            quote="랜덤하게 이동, 수평 뒤집기, 밝기 변경 등",
            english="random shifts, flips, changes of brightness and so on",
            claim=True,
            find=_augmentation,
            condition="the change of brightness is that of the colours along their principal components, the first of"
            " which is about brightness",
            why="The notes say “and so on”: the paper changes colours too, and no brightness by itself."
            + measured_effect("alexnet:small-no-augmentation"),
            source="Krizhevsky et al. 2012, 4.1",
        ),
        Entry(
            name="table-13-2-as-published",
            quote="Table 13-2. AlexNet architecture … KRIZHEVSKY, Alex",
            english="the table is the paper's network",
            claim=True,
            find=_as_published,
            why="The table omits the two towers, the LRN after C1 and C3, and the pooling after C7.",
            source="Krizhevsky et al. 2012, 3.5 and figure 2",
        ),
        Entry(
            name="alexnet-60m",
            quote="Table 13-2. AlexNet architecture … 60M",
            english="the table's network has 60 million parameters (as the notes say under GoogLeNet)",
            claim=60,
            find=_sixty_million,
            why="The table omits the pooling after C7, which reduces 13×13 to 6×6.",
            source="Krizhevsky et al. 2012, 3.5",
        ),
        *(
            replace(entry, find=_first_row) if entry.name == "alexnet-c1" else entry
            for entry in table_entries(
                TABLE_13_2,
                "alexnet",
                _row,
                {
                    "C1": "SAME gives 56 for 224, not 55. Striate's tables use padding 2.",
                    "S2": "56 and 55 both give 27, so from here on the sizes are as printed.",
                    "F8": "The cells agree; the parameters do not, see [60M](#alexnet-60m).",
                    "In": "The paper says 224; its own 55 needs 227, or padding 2.",
                },
                "Table 13-2 as printed",
            )
        ),
    ),
)

SECTIONS = (ALEXNET,)
