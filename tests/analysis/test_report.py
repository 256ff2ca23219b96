"""A report shows itself in a notebook with what `striate summary` prints."""

from html.parser import HTMLParser

import pytest

from striate.analysis.report import summarize, summary_columns, summary_lines
from striate.tables import Conv, Dense, Table


class Cells(HTMLParser):
    """The texts of a table by rows."""

    def __init__(self, html):
        super().__init__()
        self.rows = []
        self.feed(html)

    def handle_starttag(self, tag, _attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1][-1] += data


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
