"""The documentation as a site: `python docs/site/build.py OUT`, or `make docs`. It needs no network.

    docs/*.md, docs/course, benchmarks/*.md ─┐
    docs/site/*.md (front pages, glossary)  ─┼─> OUT/source ── Sphinx, MyST, Furo ──> OUT/html
    faces, parsers, tables, OpenAPI ─────────┘   (places as in the repository, so that links between pages hold)

Pages of the reference are generated from the package, and not kept in the repository.
"""

from __future__ import annotations

import argparse
import re
import shutil
from functools import cache
from pathlib import Path

from reference.commands import command_page
from reference.http import http_page
from reference.json_output import json_page
from reference.names import name_pages
from reference.tables import table_page
from sphinx.cmd.build import build_main

SITE = Path(__file__).parent
ROOT = SITE.parents[1]
PAGES = ("docs/*.md", "docs/tutorials/*.md", "docs/course/*.md", "benchmarks/*.md", "src/striate/models/*.md", "*.md")
IN_THE_TREE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")  # of the pages of the repository's root
_MARK = re.compile(r'<a id="([^"]+)"></a>')
_SHOWN = {".md", ".png", ".webp", ".svg"}
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^():#\s]*)((?:#[^)\s]*)?)\)")


def main() -> None:
    """Assemble the sources and build them; the exit code is Sphinx's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="a folder that is made anew: source/ and html/")
    options = parser.parse_args()
    raise SystemExit(build(options.out))


def build(out: Path) -> int:
    """Build the site in a folder; 0 if there was no warning."""
    source = assemble(out / "source")
    return build_main(["-q", "-W", "--keep-going", "-b", "html", "-c", str(SITE), str(source), str(out / "html")])


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
