"""Views as one self-contained HTML page: pictures inside, no script, for the screen and for print."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from striate.analysis import total_cost
from striate.inspection.plotting import save_figure
from striate.inspection.view import View
from striate.markup import escape_html
from striate.runtime import write_atomically
from striate.tables import Plan
from striate.text import safe_name
from striate.words import reading_language, translate

REPORT_NAME = "report.html"
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class SavedView:
    """A view whose picture was written to a file; its figure is empty."""

    view: View
    picture: Path


def save_view(view: View, directory: Path) -> SavedView:
    """Write a view's picture as DIRECTORY/NAME.png, atomically, and free the figure. OSError names the path."""
    picture = directory / f"{safe_name(view.name)}.png"
    save_figure(view.figure, picture)
    view.figure.clear()
    return SavedView(view, picture)


@dataclass(frozen=True)
class HtmlReport:
    """A report's title, the networks that it is about, and its views in order."""

    title: str
    plans: tuple[Plan, ...]
    views: tuple[SavedView, ...]


def write_html_report(report: HtmlReport, directory: Path) -> Path:
    """Write the page of a report, DIRECTORY/report.html, atomically, and return its path."""
    path = directory / REPORT_NAME
    write_atomically(path, html_page(report).encode())
    return path


def _describe_plan(plan: Plan) -> str:
    total, source = total_cost(plan), f", {plan.table.source}" if plan.table.source else ""
    costs = f"{total.parameters:,} parameters, {total.macs:,} multiply-adds per picture."
    return f"{plan.table.name}{source}: {translate(costs)}"


def html_page(report: HtmlReport) -> str:
    """The page as HTML."""
    title, lead = translate(report.title), " ".join(map(_describe_plan, report.plans))
    contents = "".join(
        f'<li><a href="#{escape_html(saved.view.name)}">{_words(saved.view.title)}</a></li>' for saved in report.views
    )
    parts = "\n".join(map(_html_section, report.views))
    lead_and_contents = f"""<header>
<h1>{escape_html(title)}</h1>
<p>{escape_html(lead)}</p>
</header>
<nav aria-label="{_words("Contents")}"><ol>{contents}</ol></nav>
<main>
{parts}
</main>"""
    return html_document(title, lead_and_contents)


def html_document(title: str, body: str, style: str = "") -> str:
    """A page in the language of `words.reading` whose body is this HTML, in the style of reports and its own `style`.
    It may show pictures that it carries in itself, and can load or run nothing."""
    return f"""<!DOCTYPE html>
<html lang="{reading_language()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape_html(title)}</title>
<style>{_STYLE}{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def _words(text: str) -> str:
    """A text of a view as HTML, in the language of `words.reading`."""
    return escape_html(translate(text))


def _html_section(saved: SavedView) -> str:
    return f"""<section id="{escape_html(saved.view.name)}">
<h2>{_words(saved.view.title)}</h2>
{saved.view.to_html(saved.picture.read_bytes())}</section>"""


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
:lang(ko) :is(p, h1, h2, h3, li, th) { word-break: keep-all; }
a { color: var(--link); }
nav ol { columns: 2; padding-left: 1.4rem; }
section { margin: 1.6rem 0; }
figure { margin: .8rem 0; background: #fff; padding: .4rem; border-radius: .3rem; overflow-x: auto; }
img { max-width: 100%; height: auto; display: block; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--rule); padding: .2rem .8rem .2rem 0; text-align: left; }
@media (max-width: 40rem) { nav ol { columns: 1; } img { max-width: 44rem; } } /* legible, with a scrollbar */
@media print { nav { display: none; } section { break-inside: avoid; } body { max-width: none; } }
"""
