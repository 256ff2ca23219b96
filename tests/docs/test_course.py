"""The course's pages equal what docs/course.py writes, and their links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("docs_course", DOCS / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_the_pages_equal_the_output_of_the_command(pages):
    kept = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "course").glob("*.md")}
    assert kept == pages, "run: python docs/course.py"


def test_links_between_pages_have_targets(pages):
    anchors = {
        name: set(re.findall(r'<a id="([^"]+)">', (DOCS / name).read_text(encoding="utf-8")))
        for name in ("ledger.md", "ledger.ko.md")
    }
    for name, text in pages.items():
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (DOCS / "course" / target).is_file(), f"{name}: {target}"
        ledger = "ledger.ko.md" if name.endswith(".ko.md") else "ledger.md"
        links = re.findall(r"\]\(\.\./(ledger[^)#]*)#([^)]+)\)", text)
        assert {file for file, _ in links} <= {ledger} and {anchor for _, anchor in links} <= anchors[ledger], name


def test_no_markup_is_left(pages):
    for name, text in pages.items():
        assert not re.search(r"\{\{|\}\}|\]\((?:lab|ledger):", text), name
        assert text.count("<details>") == text.count("</details>")
