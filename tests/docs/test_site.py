"""The documentation's site: it builds without a warning, every link leads somewhere, the reference is complete."""

import importlib
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import striate
from striate.cli import parser
from striate.tables import ABLATIONS, ARCHITECTURES, EXAMPLES, load_table, table_to_dict

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run([sys.executable, ROOT / "docs" / "site" / "build.py", out], check=False)
    assert done.returncode == 0
    return out


class Page(HTMLParser):
    """The ids of a page, and the addresses that it leads to or shows."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.addresses = {""}, []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, _tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            if name in ("href", "src"):
                self.addresses.append(value)


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_elsewhere(site):
    root = site / "html"
    pages = {path: Page(path) for path in sorted(root.rglob("*.html"))}
    assert len(pages) > 60
    wrong = []
    for path, page in pages.items():
        for address in page.addresses:
            if re.match(r"[a-z]+:", address):
                continue
            target, _, anchor = address.partition("#")
            file = (path.parent / unquote(target.partition("?")[0])).resolve() if target else path
            if not file.is_file() or (file in pages and anchor and unquote(anchor) not in pages[file].ids):
                wrong.append(f"{path.relative_to(root)}: {address}")
    assert not wrong
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r'<(?:script|img|iframe)[^>]* src="https?:|<link[^>]* rel="stylesheet"[^>]* href="https?:', text
        )


@pytest.mark.parametrize("front", ["index.html", "index.ko.html"])
def test_the_lab_can_be_tried(site, front):
    """The front pages lead to the lab as one file."""
    (page,) = (site / "html").glob(f"*/{front}")
    live = {path.name: path for path in (page.parent / "live").iterdir()}
    assert {f"live/{name}" for name in live} <= set(Page(page).addresses)
    assert live.keys() == {"lenet5.html", "resnet20.html"}
    assert all('id="part-model-0"' in path.read_text(encoding="utf-8") for path in live.values())


def test_the_list_of_versions_has_the_newest_first(site, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    build = importlib.import_module("build")
    for version in ("0.9.1", "0.10.0", "1.0.0rc1", "1.0.0"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "index.html").touch()
    (tmp_path / "notes").mkdir()
    found = re.findall(r'href="([^"]+)/index.html"', build.list_of_versions(tmp_path))
    assert found == ["1.0.0", "1.0.0rc1", "0.10.0", "0.9.1"]
    assert f'href="{build.metadata.version("striate")}/index.html"' in (site / "html" / "index.html").read_text(
        encoding="utf-8"
    )


def test_a_korean_page_says_that_it_is_korean(site):
    (page,) = (site / "html").glob("*/docs/tutorials/first-model.ko.html")
    assert '<html class="no-js" lang="ko"' in page.read_text(encoding="utf-8")


def test_every_public_name_is_in_the_reference(site):
    checked = 0
    for path in sorted((ROOT / "src" / "striate").glob("*/__init__.py")):
        names = getattr(importlib.import_module(f"striate.{path.parent.name}"), "__all__", [])
        if names:
            page = (site / "source" / "reference" / f"striate.{path.parent.name}.md").read_text(encoding="utf-8")
            assert not [name for name in names if f"\n## `{name}`\n" not in page], path
            checked += len(names)
    page = (site / "source" / "reference" / "striate.md").read_text(encoding="utf-8")
    assert not [name for name in striate.__all__ if f"- `{name}`: " not in page]
    assert checked > 400


def test_every_flag_is_in_the_reference_of_its_command(site):
    text = (site / "source" / "reference" / "commands.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## `striate ([\w-]+)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    (commands,) = [action.choices for action in parser()._actions if action.dest == "command"]
    assert sections.keys() == commands.keys()
    for name, command in commands.items():
        flags = {flag for action in command._actions for flag in action.option_strings}
        assert {"--help", "--json"} <= flags
        assert not {flag for flag in flags if not re.search(rf"(?<![\w-]){flag}(?![\w-])", sections[name])}, name


def test_every_key_of_a_table_is_in_the_reference(site):
    page = (site / "source" / "reference" / "tables.md").read_text(encoding="utf-8")
    keys, types = set(), set()

    def collect(value):
        if isinstance(value, dict):
            types.update(value["type"] for key in value if key == "type")
            keys.update(value)
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    for name in (*ARCHITECTURES, *EXAMPLES, *ABLATIONS):
        collect(table_to_dict(load_table(name), defaults=True))
    assert len(types) > 25 and len(keys) > 50
    assert not {name for name in types if f"### `{name}`" not in page}
    assert not {key for key in keys - {"type"} if f"| `{key}` |" not in page}


def test_an_example_of_every_type_can_be_read(site):
    page = (site / "source" / "reference" / "tables.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)\n```", page, re.DOTALL)
    assert len(examples) > 30
    for text in examples:
        assert tomllib.loads(text), text
