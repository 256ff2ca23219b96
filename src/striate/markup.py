"""Tables and pictures as HTML, for reports and for what shows itself in a notebook. A name from elsewhere stays text.

Colours are left to whoever shows them: a notebook is light or dark. Nothing here holds a script.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from striate.text import printable


def escape_html(text: str) -> str:
    """The HTML of a text as it is, whatever it holds.

    >>> escape_html("<b>\\x1b[0m & '")
    '&lt;b&gt;\\\\x1b[0m &amp; &#x27;'
    """
    return html.escape(printable(text))


def html_table(rows: Iterable[Sequence[str]], header: Sequence[str] = (), caption: str = "") -> str:
    """A table of texts; empty rows are left out.

    >>> html_table([("C1", "<156>"), ()], ("Layer", "Parameters"), "lenet5").partition("<tbody>")[2]
    '<tr><td>C1</td><td>&lt;156&gt;</td></tr></tbody></table>'
    """
    title = f"<caption>{escape_html(caption)}</caption>" if caption else ""
    head = f"<thead>{_line('th', header)}</thead>" if header else ""
    body = "".join(_line("td", row) for row in rows if row)
    return f"<table>{title}{head}<tbody>{body}</tbody></table>"


def _line(tag: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape_html(cell)}</{tag}>" for cell in cells) + "</tr>"


def html_picture(png: bytes, words: str, style: str = "") -> str:
    """A picture inside the page, with words for who cannot see it.

    >>> html_picture(b"", "a cat")
    '<img src="data:image/png;base64," alt="a cat">'
    """
    look = f' style="{style}"' if style else ""
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape_html(words)}"{look}>'
