"""A ledger of one's own notes: figures in a TOML file against what is computed; a wrong file is said in one line."""

from __future__ import annotations

import json

import pytest

from striate.cli import main
from striate.course import check_claims, check_claims_text, evaluate, ledger_markdown
from striate.course.claims import stated
from striate.errors import CourseError


def verdict(claim, of):
    (one,) = check_claims_text(f"[[claims]]\nclaim = {claim}\nof = '{of}'\n", "notes.toml").verdicts
    return one.verdict


@pytest.mark.parametrize(
    ("claim", "of", "expected"),
    [
        ("28", "output_size(32, kernel=5)", "agrees"),
        ("27", "output_size(32, kernel=5)", "disagrees"),
        ("28.0", "output_size(32, 5)", "agrees"),
        ("56", "same_output(224, 4)", "agrees"),
        ("55", "same_output(224, 4)", "disagrees"),
        ("60000", 'parameters("lenet5")', "agrees"),
        ('"60,000"', 'parameters("lenet5")', "agrees"),
        ('"60K"', 'parameters("lenet5")', "agrees"),
        ('"6만"', 'parameters("lenet5")', "agrees"),
        ('"61M"', 'parameters("alexnet")', "agrees"),
        ('"60M"', 'parameters("alexnet")', "disagrees"),
        ('"61 million"', 'parameters("alexnet")', "agrees"),
        ('"60.97M"', 'parameters("alexnet")', "agrees"),
        ("8.7", 'ratio(parameters("alexnet"), parameters("googlenet"))', "agrees"),
        ("9", 'ratio(parameters("alexnet"), parameters("googlenet"))', "agrees"),
        ("8.8", 'ratio(parameters("alexnet"), parameters("googlenet"))', "disagrees"),
        ("[9, 5, 3, 1]", "output_sizes(9, 5, 3, 3)", "agrees"),
        ("[9, 5, 3, 1]", "output_sizes(9, 3, 3, 3)", "disagrees"),
        ("[9, 5, 3]", "output_sizes(9, 5, 3, 3)", "disagrees"),
        ("[3, 4]", "same_padding(224, 11, 4)", "agrees"),
        ("3", "same_padding(224, 11, 4)", "disagrees"),
        ("-1", "difference(1, 2)", "agrees"),
        ('"17 %"', 'published("alexnet 2010 top5")', "agrees"),
        ("4608", "conv_parameters(16, 32, 3, bias=False)", "agrees"),
        ("1520", "sum(conv_parameters(16, 5, 1, bias=False), conv_parameters(5, 32, 3, bias=False))", "agrees"),
        ("60.0", 'parameters("lenet5")', "disagrees"),
    ],
)
def test_a_claim_agrees_if_it_is_the_figure_in_its_own_digits(claim, of, expected):
    assert verdict(claim, of) == expected


@pytest.mark.parametrize("text", ["", "many", "1,5x", "--3", "28×28", "5 K M", "1" * 50, "nan", "inf"])
def test_what_is_no_figure(text):
    with pytest.raises(CourseError, match="expected a number, or a text such as"):
        stated(text)


GOOD = '[[claims]]\nclaim = 28\nof = "output_size(32, 5)"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no claims; expected at least one table that begins with [[claims]]"),
        ("claim = 28", "unknown key 'claim'; did you mean 'claims'?"),
        ("claims = 28", "claims: expected tables that begin with [[claims]]"),
        ("claims = [28]", "claims: expected tables that begin with [[claims]]"),
        ("title = 3\n" + GOOD, "title: expected a text, got 3"),
        (GOOD + "\n[[claims]]\nclaim = 3\n", "line 5: claim 2: the key of is missing"),
        (GOOD + "\n[[claims]]\nof = 'output_size(32, 5)'\n", "line 5: claim 2: the key claim is missing"),
        (GOOD + "wher = 'slide 3'", "line 1: claim 1: unknown key 'wher'; did you mean 'where'?"),
        (GOOD + "where = 3", "line 1: claim 1: where: expected a text in quotes, got 3"),
        (GOOD.replace("28", "true"), "line 1: claim 1: claim: expected a number, a text or a list of them, got True"),
        (GOOD.replace("28", "[]"), "line 1: claim 1: claim: expected a number, a text or a list of them, got []"),
        (GOOD.replace("28", "'a lot'"), "line 1: claim 1: claim: expected a number, or a text such as \"1,520\" or \"60M\", got 'a lot'"),
        (GOOD.replace("output_size(32, 5)", "output_siz(3)"), "line 1: claim 1: of: output_siz(3): no function 'output_siz'; did you mean 'output_size'?"),
        (GOOD.replace("32, 5", "3, 5"), "line 1: claim 1: of: output_size(3, 5): a kernel of 5 does not fit into 3 + 0"),
        (GOOD.replace("output_size(32, 5)", "2 + 2"), "line 1: claim 1: of: 2 + 2: not a call such as output_size(32, kernel=5)"),
        ("claims = [{claim = 3, of = 'x'}]", "claim 1: of: x: not a call such as output_size(32, kernel=5)"),
    ],
)  # fmt: skip
def test_what_is_no_claim_is_said_with_file_and_line(text, message):
    with pytest.raises(CourseError) as error:
        check_claims_text(text, "notes.toml")
    assert str(error.value) == f"notes.toml: {message}"


def test_a_file_that_is_no_toml_says_the_line():
    with pytest.raises(CourseError, match=r"notes\.toml: not TOML: .*line 2"):
        check_claims_text("title = 'x'\nclaim = = 3\n", "notes.toml")


def test_a_file_that_is_not_there_or_not_utf_8(tmp_path):
    with pytest.raises(CourseError, match=r"notes\.toml: cannot read the claims: No such file"):
        check_claims(tmp_path / "notes.toml")
    (tmp_path / "notes.toml").write_bytes("title = '강의'\n".encode("cp949"))
    with pytest.raises(CourseError, match=r"not text in UTF-8 at line 1 \(it seems to be CP949"):
        check_claims(tmp_path / "notes.toml")


def test_a_table_of_ones_own_is_counted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(
        'name = "own"\ninput = [1, 28, 28]\n[[rows]]\ntype = "Conv"\nname = "C1"\nmaps = 8\nkernel = 3\n',
        encoding="utf-8",
    )
    assert verdict("80", 'parameters("own.toml", "C1")') == "agrees"
    assert evaluate('parameters("own.toml", "C1")').worked == "8·3·3 + 8 = 80"


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "노트.toml"
    path.write_text(
        'title = "강의 | 5"\n\n'
        + GOOD
        + 'where = "slide 12"\n\n[[claims]]\nclaim = "60M"\nof = \'parameters("alexnet")\'\n'
        'quote = "60M | parameters"\n',
        encoding="utf-8",
    )
    return path


def test_the_command_prints_the_verdicts(notes, capsys):
    assert main(["ledger", str(notes)]) == 0
    out = capsys.readouterr().out
    assert "floor((32 − 5)/1) + 1 = 28" in out and "disagrees" in out
    assert out.endswith("Claims: 2; agree: 1; disagree: 1.\n")
    assert main(["ledger", str(notes), "--language", "ko"]) == 0
    out = capsys.readouterr().out
    assert out.endswith("주장 2개: 맞음 1개, 맞지 않음 1개.\n") and "판정" in out


def test_the_command_writes_markdown_and_json(notes, tmp_path, capsys):
    page = tmp_path / "ledger.md"
    assert main(["ledger", str(notes), "--json", "--out", str(page)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["title"], document["disagreements"]) == (1, "강의 | 5", 1)
    assert document["claims"][0] == {
        "claim": "28",
        "of": "output_size(32, 5)",
        "where": "slide 12",
        "quote": "",
        "line": 3,
        "computed": 28,
        "formula": "floor((32 − 5)/1) + 1",
        "verdict": "agrees",
    }
    text = page.read_text(encoding="utf-8")
    assert text == ledger_markdown(check_claims(notes), "en")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4 and all(row.replace("\\|", "").count("|") == 7 for row in rows)
    assert "**disagrees**" in rows[3]


def test_an_error_is_one_line(tmp_path, capsys):
    path = tmp_path / "notes.toml"
    path.write_text(GOOD.replace("32, 5", "3, 5"), encoding="utf-8")
    assert main(["ledger", str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and f"{path}: line 1: claim 1" in captured.err
