"""The texts of an HTML table, as a test reads them."""

from html.parser import HTMLParser


class Cells(HTMLParser):
    """The texts of the cells of a table, by rows."""

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
