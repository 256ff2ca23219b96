"""The guide to looking inside: valid commands, existing pictures, the same in both languages."""

import re
import sys
from pathlib import Path

import pytest

from striate.cli import parser

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))
from look import commands  # noqa: E402

ENGLISH, KOREAN = ((DOCS / name).read_text(encoding="utf-8") for name in ("looking-inside.md", "looking-inside.ko.md"))


def pictures(guide):
    return re.findall(r"!\[[^]]+\]\(([^)]+)\)", guide)


def test_every_command_is_valid():
    assert len(commands(ENGLISH)) == 6
    for _, *arguments in commands(ENGLISH):
        assert parser().parse_args(arguments).out.startswith("docs/pictures/inside/")
    (training,) = commands(ENGLISH, "train")
    assert parser().parse_args(training[1:]).out == commands(ENGLISH)[-1][2]


@pytest.mark.parametrize("guide", [ENGLISH, KOREAN], ids=["English", "Korean"])
def test_every_picture_exists_and_comes_from_a_command(guide):
    made_in = {Path(arguments[arguments.index("--out") + 1]).name for arguments in commands(guide)}
    for picture in pictures(guide):
        assert (DOCS / picture).is_file(), picture
        assert Path(picture).parent.name in made_in


def test_every_picture_is_shown():
    shown = {(DOCS / picture).resolve() for picture in pictures(ENGLISH)}
    assert shown == {path.resolve() for path in (DOCS / "pictures" / "inside").rglob("*.png")}


def test_both_languages_show_the_same():
    assert pictures(KOREAN) == pictures(ENGLISH)
    blocks = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    assert blocks.findall(KOREAN) == blocks.findall(ENGLISH)
    assert [line.count("#") for line in KOREAN.splitlines() if line.startswith("#")] == [
        line.count("#") for line in ENGLISH.splitlines() if line.startswith("#")
    ]


def test_the_code_in_it_runs(monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    (code,) = re.findall(r"^```python\n(.*?)^```", ENGLISH, re.MULTILINE | re.DOTALL)
    names = {}
    exec(code, names)
    assert names["unit"].value == pytest.approx(names["unit"].network_value, abs=1e-5)
