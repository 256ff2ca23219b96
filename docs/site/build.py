"""The documentation as a site: `python docs/site/build.py OUT`, or `make docs`. It needs no network.

    docs/*.md, docs/course, benchmarks/*.md ─┐
    docs/site/*.md (front pages, glossary)  ─┼─> OUT/source ── Sphinx, MyST, Furo ──> OUT/html/VERSION
    faces, parsers, tables, OpenAPI ─────────┘   (places as in the repository, so that links between pages hold)
    models that ship ── `striate page` ──> OUT/html/VERSION/live, the lab to try: a file each, which opens from the disk

Pages of the reference are generated from the package, and not kept in the repository. OUT/html/index.html lists the
versions that were built into OUT, so that a site keeps those of earlier releases.
"""

from __future__ import annotations

import argparse
import re
import shutil
from functools import cache
from importlib import metadata
from pathlib import Path

from reference.commands import command_page
from reference.http import http_page
from reference.json_output import json_page
from reference.names import name_pages
from reference.tables import table_page
from sphinx.cmd.build import build_main

from striate.inference import Predictor
from striate.web import write_page

SITE = Path(__file__).parent
ROOT = SITE.parents[1]
PAGES = ("docs/*.md", "docs/tutorials/*.md", "docs/course/*.md", "benchmarks/*.md", "src/striate/models/*.md", "*.md")
LIVE = ("lenet5", "resnet20")
"""Models whose lab can be tried on the site."""
IN_THE_TREE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")  # of the pages of the repository's root
_MARK = re.compile(r'<a id="([^"]+)"></a>')
_SHOWN = {".md", ".png", ".webp", ".svg"}
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^():#\s]*)((?:#[^)\s]*)?)\)")


def main() -> None:
    """Assemble the sources and build them; the exit code is Sphinx's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder of source/ and html/")
    options = parser.parse_args()
    raise SystemExit(build(options.out))


def build(out: Path) -> int:
    """Build the site in a folder; 0 if there was no warning."""
    source, html = assemble(out / "source"), out / "html" / metadata.version("striate")
    shutil.rmtree(html, ignore_errors=True)
    code = build_main(["-q", "-W", "--keep-going", "-b", "html", "-c", str(SITE), str(source), str(html)])
    write_live_pages(html / "live")
    for page in html.rglob("*.ko.html"):
        _write(page, page.read_text(encoding="utf-8").replace('lang="en"', 'lang="ko"', 1))
    _write(out / "html" / "index.html", list_of_versions(out / "html"))
    return code


def write_live_pages(folder: Path) -> None:
    """Write the lab as one file for each model."""
    folder.mkdir(parents=True)
    for name in LIVE:
        write_page(folder / f"{name}.html", name, Predictor.load(name))


def list_of_versions(html: Path) -> str:
    """The page that leads to each version in a folder, the newest first."""
    versions = sorted((page.parent.name for page in html.glob("*/index.html")), key=_numbers, reverse=True)
    items = "\n".join(f'<li><a href="{version}/index.html">Striate {version}</a></li>' for version in versions)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Striate: the documentation's versions</title>
<body style="font: 1.2rem/1.8 system-ui; max-width: 40rem; margin: 3rem auto; padding: 0 1rem">
<h1>Striate</h1>
<p>The documentation of each version, the newest first:</p>
<ul>
{items}
</ul>
"""


def _numbers(version: str) -> list[tuple[int, str]]:
    """The order of versions: 0.10.0 after 0.9.1."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in version.split(".")]


def assemble(source: Path) -> Path:
    """Copy and generate every page into a folder; the folder."""
    shutil.rmtree(source, ignore_errors=True)
    for path in sorted(path for pattern in PAGES for path in ROOT.glob(pattern)):
        _write(source / path.relative_to(ROOT), page_of(path))
    for path in sorted(SITE.glob("*.md")):
        _write(source / path.name, path.read_text(encoding="utf-8"))
    shutil.copytree(ROOT / "docs" / "pictures", source / "docs" / "pictures")
    for name, text in reference_pages().items():
        _write(source / "reference" / name, text)
    return source


def reference_pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {
        "commands.md": command_page(),
        "tables.md": table_page(),
        "http.md": http_page(),
        "json.md": json_page(),
        **name_pages(),
    }


def page_of(path: Path) -> str:
    """A page of the repository as MyST reads it: links to marks (`<a id>`) as HTML, and to files that are no pages as
    words."""

    def link(match: re.Match[str]) -> str:
        words, target, anchor = match.groups()
        file = (path.parent / target).resolve() if target else path
        if file.suffix == ".md" and anchor[1:] in _marks(file):
            page = target.removesuffix(".md") + ".html" if target else ""
            return f'<a class="reference internal" href="{page}{anchor}">{words}</a>'
        return words if target and file.exists() and file.suffix not in _SHOWN else match[0]

    text = _LINK.sub(link, path.read_text(encoding="utf-8"))
    if path == ROOT / "docs" / "README.md" or (path.parent == ROOT and path.name not in IN_THE_TREE):
        return f"---\norphan: true\n---\n\n{text}"
    return text + _tree_of(path)


@cache
def _marks(page: Path) -> set[str]:
    return set(_MARK.findall(page.read_text(encoding="utf-8"))) if page.is_file() else set()


def _tree_of(path: Path) -> str:
    """The place of a folder's other pages of the same language, at the end of its README."""
    if path.parent == ROOT or not path.name.startswith("README"):
        return ""
    suffix = path.name.removeprefix("README")
    others = sorted(other for other in path.parent.glob(f"*{suffix}") if other.name.partition(".")[2] == suffix[1:])
    names = [other.name.removesuffix(".md") for other in others if other != path]
    return "\n".join(["", "```{toctree}", ":hidden:", "", *names, "```", ""])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
