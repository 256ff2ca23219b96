"""A report shows itself in a notebook with what `striate summary` prints."""

import pytest
from html_cells import Cells

from striate.analysis.report import summarize, summary_columns, summary_lines
from striate.tables import Conv, Dense, Table


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "googlenet"])  # plain, with towers, with heads
def test_the_cells_are_those_that_the_command_prints(name):
    report = summarize(name)
    header, *rows = Cells(report._repr_html_()).rows
    assert header == list(summary_columns(report))
    assert rows == [list(line) for line in summary_lines(report) if line]
    assert {len(row) for row in rows} == {len(header)}
    assert (
        f"{report.total.parameters:,}"
        in rows[-1 if not report.heads else next(i for i, row in enumerate(rows) if row[0] == "Total")]
    )


def test_names_stay_text():
    table = Table("<script>", (1, 3, 3), (Conv("C1", maps=1, kernel=1), Dense("Out", units=2)), source="<!--")
    html = summarize(table)._repr_html_()
    assert "<script" not in html and "<!--" not in html
