"""Views as one HTML page that needs nothing else: pictures inside, no script, fit to be read, printed, handed out."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from striate.analysis import summarize
from striate.inspection.views.style import save
from striate.inspection.views.view import View
from striate.runtime import write_atomically
from striate.tables import Table

REPORT_NAME = "report.html"


@dataclass(frozen=True)
class SavedView:
    """A view whose picture is on the disk, and no longer in memory."""

    view: View
    picture: Path


def save_view(view: View, directory: Path) -> SavedView:
    """Write a view's picture as DIRECTORY/NAME.png."""
    picture = directory / f"{view.name}.png"
    save(view.figure, picture)
    view.figure.clear()
    return SavedView(view, picture)


def write_html_report(kept: Sequence[SavedView], directory: Path, title: str, tables: Sequence[Table]) -> Path:
    """The page of these views, DIRECTORY/report.html; under its title stands what the tables are."""
    path = directory / REPORT_NAME
    write_atomically(path, page(kept, title, " ".join(map(_lead, tables))).encode())
    return path


def _lead(table: Table) -> str:
    total = summarize(table).total
    source = f", {table.source}" if table.source else ""
    return f"{table.name}{source}: {total.parameters:,} parameters, {total.macs:,} multiply-adds a picture."


def page(kept: Sequence[SavedView], title: str, lead: str) -> str:
    """The page as HTML; `lead` is the paragraph under its title."""
    contents = "".join(f'<li><a href="#{escape(one.view.name)}">{escape(one.view.title)}</a></li>' for one in kept)
    parts = "\n".join(map(_section, kept))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p>{escape(lead)}</p>
</header>
<nav aria-label="Contents"><ol>{contents}</ol></nav>
<main>
{parts}
</main>
</body>
</html>
"""


def _section(kept: SavedView) -> str:
    view = kept.view
    words = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in view.words)
    data = base64.b64encode(kept.picture.read_bytes()).decode()
    return f"""<section id="{escape(view.name)}">
<h2>{escape(view.title)}</h2>
{words}
<figure><img src="data:image/png;base64,{data}" alt="{escape(view.title)}"></figure>
{_table(view)}</section>"""


def _table(view: View) -> str:
    if not view.lines:
        return ""
    header = "".join(f"<th>{escape(name)}</th>" for name in view.header)
    lines = "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in view.lines)
    return f'<div class="table"><table><thead><tr>{header}</tr></thead><tbody>\n{lines}\n</tbody></table></div>\n'


_STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --ground: #fff; --rule: #d5d5d5; --link: #00568a; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --ground: #181a1c; --rule: #444; --link: #7cc4f0; }
}
body { margin: 0 auto; max-width: 62rem; padding: 1rem; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans KR", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 0 0 .5rem; padding-top: 1.2rem; border-top: 1px solid var(--rule); }
p { margin: .4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--link); }
nav ol { columns: 2; padding-left: 1.4rem; }
section { margin: 1.6rem 0; }
figure { margin: .8rem 0; background: #fff; padding: .4rem; border-radius: .3rem; overflow-x: auto; }
img { max-width: 100%; height: auto; display: block; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--rule); padding: .2rem .8rem .2rem 0; text-align: left; }
@media (max-width: 40rem) { nav ol { columns: 1; } img { max-width: 44rem; } } /* legible, moved sideways */
@media print { nav { display: none; } section { break-inside: avoid; } body { max-width: none; } }
"""
