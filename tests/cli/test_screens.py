"""The commands on any screen and in any shell: encodings, locales, narrow terminals, no terminal, names of all kinds."""

import json
import os
import re
import subprocess
import sys

import pytest
from PIL import Image
from running import STRIATE, fails, on_a_terminal, striate

from striate.data import load_named
from striate.tables import ARCHITECTURES, dumps_table
from striate.text import decompose, width

NAME = "스크린샷 2026-11-30 오후\u202f1.23.45.png"
"""As macOS calls a picture of the screen."""
CURSOR = re.compile(r"\x1b")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of pictures with Korean names, a table, and a run: relative paths, as a user types them."""
    here = tmp_path_factory.mktemp("여기 ✓")
    digits = load_named("digits")
    for label, name in ((0, "고양이 ✓"), (1, decompose("강아지"))):
        folder = here / "사진" / name
        folder.mkdir(parents=True)
        chosen = (digits.train.labels == label).nonzero()[:8, 0].tolist()
        for number, index in enumerate(chosen):
            Image.fromarray(digits.train.pictures[index].squeeze(2)).save(folder / NAME.replace("45", f"{number:02}"))
    text = dumps_table(ARCHITECTURES["lenet5:modern"].with_classes(2)).replace('"lenet5:modern"', '"작은 망"')
    (here / "표.toml").write_text(text, encoding="utf-8")
    done = striate("train", "표.toml", "--data", "사진", "--out", "결과", "--epochs", 2, cwd=here)
    assert (done.returncode, done.stderr) == (0, "")
    return here


def shell(*arguments, cwd, **variables):
    """A command in a shell with these variables: its exit code, and standard output and error as bytes."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONUTF8", "COLUMNS", "LANG")}
    done = subprocess.run(
        [*STRIATE, *map(str, arguments)],
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env=environment | variables,
    )
    return done.returncode, done.stdout, done.stderr


COMMANDS = (
    ("list",),
    ("summary", "표.toml", "--recipe"),
    ("compare", "표.toml", "lenet5"),
    ("check", "사진"),
    ("predict", "결과", "사진"),
    ("evaluate", "결과", "--data", "사진"),
    ("export", "결과", "모형.onnx"),
    ("--help",),
    ("inspect", "--help"),
)


@pytest.mark.parametrize("encoding", ["cp949", "cp437", "ascii", "utf-8"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_an_encoding_lacks_has_a_stand_in(trained, command, encoding):
    code, shown, words = shell(*command, cwd=trained, PYTHONIOENCODING=encoding)
    assert (code, words) == (0, b"")
    text = shown.decode(encoding)
    assert "?" not in text
    assert "\ufffd" not in text
    if encoding == "ascii" and command[0] in ("list", "summary", "check"):
        assert re.search(r"^-{20,}$", text, re.MULTILINE)
    if encoding == "cp949" and command[0] == "predict":
        assert "고양이" in text


def test_signs_and_columns_in_ascii(trained):
    _, shown, _ = shell("summary", "lenet5", cwd=trained, PYTHONIOENCODING="ascii")
    rows = shown.decode("ascii").splitlines()
    assert "28x28" in shown.decode("ascii")
    ends = {len(row) for row in rows[3:-3]}
    assert ends == {len(rows[1])}, "every row ends below its title"


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "utf-8"])
def test_json_can_be_read_whatever_the_encoding(trained, encoding):
    for command in (
        ("predict", "결과", "사진", "--json"),
        ("check", "사진", "--json"),
        ("summary", "표.toml", "--json"),
    ):
        code, shown, _ = shell(*command, cwd=trained, PYTHONIOENCODING=encoding)
        document = json.loads(shown.decode())  # UTF-8, of which ASCII is a part
        assert code == 0
        assert "고양이 ✓" in json.dumps(document, ensure_ascii=False) or command[0] == "summary"
        assert shown.endswith(b"}\n")
    _, shown, _ = shell("predict", "결과", "사진", "--jsonl", cwd=trained, PYTHONIOENCODING=encoding)
    paths = [json.loads(line)["path"] for line in shown.decode().split("\n")[:-1]]
    assert len(paths) == 16
    assert all((trained / path).exists() for path in paths), "a path opens the file, in its own form"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locale")
@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_the_locale_c(trained, tmp_path, variables):
    code, _, words = shell("train", "표.toml", "--data", "사진", "--out", tmp_path / "런", cwd=trained, **variables)
    assert (code, words) == (0, b"")
    assert {path.name for path in (tmp_path / "런" / "samples").iterdir()} == {"고양이.png", "강아지.png"}
    code, _, words = shell("inspect", "결과", f"사진/고양이 ✓/{NAME.replace('45', '00')}", "--out", tmp_path / "속", cwd=trained, **variables)  # fmt: skip
    assert (code, words) == (0, b"")
    assert "오후\u202f1.23.00.png</title>" in (tmp_path / "속" / "report.html").read_text(encoding="utf-8")
    code, _, words = shell("predict", "결과", "없음.png", cwd=trained, **variables)
    assert (code, words.decode()) == (1, "striate: 없음.png: no such file\n")


@pytest.mark.parametrize("columns", [60, 40])
@pytest.mark.parametrize("command", COMMANDS[:5], ids=" ".join)
def test_a_narrow_terminal(trained, monkeypatch, command, columns):
    monkeypatch.chdir(trained)
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal(*command, columns=columns))
    lines = shown.replace("\r", "\n").splitlines()
    too_long = [line for line in lines if width(line) > columns]
    assert all(" " not in line.strip() or NAME[:5] in line for line in too_long), "but for one long word"
    wide = striate(*command, cwd=trained).stdout
    hidden = " ".join(" ".join(lines).split()).partition("left out on this narrow terminal:")[2]
    if not hidden:  # every number is there
        assert set(re.findall(r"\d[\d.,%]*\d", wide)) <= set(re.findall(r"\d[\d.,%]*\d", shown))


VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE", "PY_COLORS")


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_file_gets_neither_bar_nor_colour(trained, tmp_path, variable):
    for command in (
        ("train", "표.toml", "--data", "사진", "--out", tmp_path / "run", "--epochs", 1),
        ("train", "표.toml", "--data", "사진", "--out", tmp_path / "json", "--epochs", 1, "--json"),
        ("evaluate", "결과", "--data", "사진"),
        ("check", "사진"),
        ("--help",),
    ):
        code, shown, words = shell(*command, cwd=trained, **{variable: "1"})
        assert code == 0
        assert b"\x1b" not in shown + words
        assert b"\r" not in shown + words


def test_a_terminal_gets_a_bar_whatever_the_variables_say(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(trained)
    train = ("train", "표.toml", "--data", "사진", "--epochs", 1, "--out")
    for number, variables in enumerate(({"TTY_COMPATIBLE": "0"}, {"TTY_INTERACTIVE": "0"}, {"FORCE_COLOR": "1"})):
        assert "images/s" in on_a_terminal(*train, tmp_path / str(number), environment=variables)
    assert not CURSOR.search(on_a_terminal(*train, tmp_path / "dumb", environment={"TERM": "dumb", "FORCE_COLOR": "1"}))
    plain = on_a_terminal(*train, tmp_path / "plain", environment={"NO_COLOR": "1", "FORCE_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][;m]", plain)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize("end", [">&-", "2>&-", ">&- 2>&-", "<&-", "| head -1", "2>&1 | true"])
def test_closed_streams_and_readers_that_leave(trained, end):
    command = f"{sys.executable} -m striate predict 결과 사진 --jsonl {end}"
    done = subprocess.run(command, shell=True, cwd=trained, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux's file that is always full")  # noqa: PTH110
def test_a_full_disk_is_one_line():
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        done = subprocess.run([*STRIATE, "list"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (1, "striate: No space left on device\n")


def test_an_error_names_a_path_as_it_is(tmp_path):
    odd = tmp_path / "두  칸\u202f\u3000.png"
    assert f"{odd}: no such file" in fails("predict", "lenet5", odd)
    assert r"a\x1b[31mb.png: no such file" in fails("predict", "lenet5", tmp_path / "a\x1b[31mb.png")
    assert r"unrecognized arguments: --\x1b" in fails("list", "--\x1b", code=2)


def test_names_in_reports_and_cards(trained):
    card = (trained / "결과" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("# 작은 망 on 사진\n")
    assert "| 강아지 | " in card
    assert re.search(r"striate predict \. samples/(고양이|강아지)\.png", card)
    assert "striate evaluate . --data '" in card or sys.platform == "win32"
    done = striate("predict", ".", "samples/고양이.png", "--json", cwd=trained / "결과")
    assert json.loads(done.stdout)["predictions"][0]["top"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_file_whose_name_is_no_text(trained, tmp_path):
    odd = os.fsencode(tmp_path) + b"/\xff\x1b\n.png"
    source = next((trained / "사진").glob("*/*.png"))
    with open(odd, "wb") as file:  # noqa: PTH123
        file.write(source.read_bytes())
    assert r"\xff\x1b\n.png" in striate("predict", "결과", tmp_path, cwd=trained).stdout
    (one,) = json.loads(striate("predict", "결과", tmp_path, "--json", cwd=trained).stdout)["predictions"]
    assert os.fsencode(one["path"]) == odd
    inspected = striate("inspect", "결과", os.fsdecode(odd), "--out", tmp_path / "inside", cwd=trained)
    assert (inspected.returncode, inspected.stderr) == (0, "")
    assert r"\xff\x1b\n.png</title>" in (tmp_path / "inside" / "report.html").read_text(encoding="utf-8")


def test_patterns_and_both_forms_of_unicode(trained):
    """Windows' shells leave patterns to the program; macOS' names are decomposed, and what is typed is not."""
    found = lambda *names: [  # noqa: E731
        one["path"]
        for one in json.loads(striate("predict", "결과", *names, "--json", cwd=trained).stdout)["predictions"]
    ]
    assert len(found("사진/강아지/*.png")) == 8
    assert len(found("사진/강아지")) == 8
    assert len(found(f"사진/강아지/{NAME.replace('45', '00')}")) == 1
    assert len(found("**/스크린샷*.0[0-3].png")) == 8
    document = json.loads(striate("check", decompose("사진"), "--json", cwd=trained).stdout)
    assert [one["name"] for one in document["classes"]] == ["강아지", "고양이 ✓"]
