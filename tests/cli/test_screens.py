"""The commands on any screen and in any shell: encodings, locales, narrow terminals, no terminal, names of all kinds."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from running import STRIATE, fails, here, on_a_terminal

from striate.data import load_named
from striate.tables import ARCHITECTURES, dumps_table
from striate.text import decompose, width

NAME = "스크린샷 2026-11-30 오후\u202f1.23.45.png"
"""As macOS calls a picture of the screen."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with pictures of Korean names, a table, and a run."""
    place = tmp_path_factory.mktemp("여기 ✓")
    digits = load_named("digits")
    for label, name in ((0, "고양이 ✓"), (1, decompose("강아지"))):
        folder = place / "사진" / name
        folder.mkdir(parents=True)
        chosen = (digits.train.labels == label).nonzero()[:8, 0].tolist()
        for number, index in enumerate(chosen):
            Image.fromarray(digits.train.pictures[index].squeeze(2)).save(folder / NAME.replace("45", f"{number:02}"))
    text = dumps_table(ARCHITECTURES["lenet5:modern"].with_classes(2)).replace('"lenet5:modern"', '"작은 망"')
    (place / "표.toml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        done = here("train", "표.toml", "--data", "사진", "--out", "결과", "--epochs", 2)
    took = "striate: 사진: 16 images, 2 classes (강아지, 고양이 ✓)\n"
    assert (done.returncode, done.stderr) == (0, took)
    return place


@pytest.fixture(autouse=True)
def there(place, monkeypatch):
    """Paths are relative, as a user types them."""
    monkeypatch.chdir(place)


def shell(*arguments, **variables):
    """A command in a shell with these variables: its exit code, and standard output and error as bytes."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONUTF8", "COLUMNS", "LANG")}
    done = subprocess.run(
        [*STRIATE, *map(str, arguments)], capture_output=True, timeout=120, check=False, env=environment | variables
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
def test_what_an_encoding_lacks_has_a_stand_in(command, encoding):
    done = here(*command, encoding=encoding)
    said = {"check": 1, "evaluate": 1, "predict": 2}  # what it took; that the model has no threshold
    assert (done.returncode, done.stderr.count("\n")) == (0, said.get(command[0], 0))
    assert "?" not in done.stdout + done.stderr
    assert "\ufffd" not in done.stdout + done.stderr
    if encoding == "ascii" and command[0] in ("list", "summary", "check"):
        assert re.search(r"^-{20,}$", done.stdout, re.MULTILINE)
    if encoding == "cp949" and command[0] == "predict":
        assert "고양이" in done.stdout


def test_signs_and_columns_in_ascii():
    rows = here("summary", "lenet5", encoding="ascii").stdout.splitlines()
    assert re.search(r"C1 +Convolution +6  28x28  5x5 ", rows[4])
    for row in rows[4:11]:
        field = re.search(r"\d+x\d+$", row)
        assert field is None or field.end() == len(rows[1]), "each number ends below the end of its title"


@pytest.mark.skipif(sys.platform == "win32", reason="a console of Windows takes its encoding from the system")
def test_a_process_in_another_encoding():
    code, shown, words = shell("summary", "표.toml", PYTHONIOENCODING="cp949")
    assert (code, words) == (0, b"")
    assert "작은 망: LeNet-5" in shown.decode("cp949")
    code, shown, words = shell("summary", "없음.toml", PYTHONIOENCODING="ascii")
    assert (code, shown) == (1, b"")
    assert words.startswith(rb"striate: \uc5c6\uc74c.toml: cannot read the table")


@pytest.mark.parametrize("encoding", ["cp949", "ascii", "utf-8"])
def test_json_can_be_read_whatever_the_encoding(encoding):
    for command in (
        ("predict", "결과", "사진", "--json"),
        ("check", "사진", "--json"),
        ("summary", "표.toml", "--json"),
    ):
        shown = here(*command, encoding=encoding).stdout
        document = json.dumps(json.loads(shown), ensure_ascii=False)
        assert encoding == "utf-8" or shown.isascii()
        assert ("작은 망" if command[0] == "summary" else "고양이 ✓") in document
    lines = here("predict", "결과", "사진", "--jsonl", encoding=encoding).stdout.split("\n")
    paths = [json.loads(line)["path"] for line in lines[:-1]]
    assert len(paths) == 16
    assert all(os.path.exists(path) for path in paths), "a path opens the file, in its own form"  # noqa: PTH110


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locale")
@pytest.mark.parametrize("variables", [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
def test_the_locale_c(tmp_path, variables):
    train = ("train", "표.toml", "--data", "사진", "--epochs", 1)
    code, _, words = shell(*train, "--out", tmp_path / "런", **variables)
    assert (code, words.decode().count("\n")) == (0, 1), "the line on what it took"
    assert {path.name for path in (tmp_path / "런" / "samples").iterdir()} == {"고양이.png", "강아지.png"}
    code, _, words = shell("predict", "결과", "없음.png", **variables)
    assert (code, words.decode()) == (1, "striate: 없음.png: no such file\n")


@pytest.mark.parametrize("columns", [60, 40])
@pytest.mark.parametrize("command", COMMANDS[:5], ids=" ".join)
def test_a_narrow_terminal(command, columns):
    lines = here(*command, columns=columns).stdout.splitlines()
    too_wide = [line for line in lines if width(line) > columns]
    assert all(NAME[:5] in line for line in too_wide), "but for a path, which can be copied"
    shown = " ".join(lines)
    if "left out on this narrow terminal" not in shown:
        numbers = re.compile(r"\d[\d.,%]*\d")
        assert set(numbers.findall(here(*command).stdout)) <= set(numbers.findall(shown))


VARIABLES = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE", "PY_COLORS")


@pytest.mark.usefixtures("without_plots")
@pytest.mark.parametrize("variable", VARIABLES)
def test_a_file_gets_neither_bar_nor_colour(tmp_path, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    train = ("train", "표.toml", "--data", "사진", "--epochs", 1, "--out")
    for command in (
        (*train, tmp_path / "run"),
        (*train, tmp_path / "json", "--json"),
        ("evaluate", "결과", "--data", "사진"),
        ("check", "사진"),
        ("--help",),
    ):
        done = here(*command)
        assert done.returncode == 0
        assert not {"\x1b", "\r"} & set(done.stdout + done.stderr)


def test_a_process_without_a_terminal(tmp_path):
    variables = dict.fromkeys(VARIABLES, "1")
    code, shown, words = shell(
        "train", "표.toml", "--data", "사진", "--epochs", 1, "--out", tmp_path / "run", **variables
    )
    assert (code, words.decode().count("\n")) == (0, 1), "the line on what it took"
    assert shown.startswith(b"epoch 1/1  loss ")
    assert b"\x1b" not in shown


def test_a_terminal_gets_a_bar_whatever_the_variables_say(tmp_path):
    train = ("train", "표.toml", "--data", "사진", "--epochs", 1, "--out")
    denied = {"TTY_COMPATIBLE": "0", "TTY_INTERACTIVE": "0"}
    assert "\x1b[?25l" in on_a_terminal(*train, tmp_path / "bar", environment=denied)
    dumb = on_a_terminal(*train, tmp_path / "dumb", environment={"TERM": "dumb", **dict.fromkeys(VARIABLES, "1")})
    assert "\x1b" not in dumb
    plain = on_a_terminal(*train, tmp_path / "plain", environment={"NO_COLOR": "1", "FORCE_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][;m]", plain)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize("end", [">&- 2>&-", "<&-", "| head -1", "2>&1 | true"])
def test_closed_streams_and_readers_that_leave(end):
    command = f"{sys.executable} -m striate predict 결과 사진 --jsonl {end}"
    done = subprocess.run(command, shell=True, capture_output=True, encoding="utf-8", check=False)
    took = "" if "2>" in end else "striate: 사진: 16 images\n"
    assert (done.returncode, done.stderr) == (0, took)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's file that is always full")
def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*STRIATE, "list"], stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, done.stderr) == (1, "striate: No space left on device\n")


def test_an_error_names_a_path_as_it_is(tmp_path):
    odd = tmp_path / "두  칸\u202f\u3000.png"
    assert f"{odd}: no such file" in fails("predict", "lenet5", odd, run=here)
    assert r"a\x1b[31mb.png: no such file" in fails("predict", "lenet5", tmp_path / "a\x1b[31mb.png", run=here)
    assert r"unrecognized arguments: --\x1b" in fails("list", "--\x1b", code=2, run=here)


def test_names_in_cards_and_samples(monkeypatch):
    card = Path("결과/README.md").read_text(encoding="utf-8")
    assert card.startswith("# 작은 망 on 사진\n")
    assert "| 강아지 | " in card
    assert "striate predict . samples/강아지.png" in card
    monkeypatch.chdir("결과")
    assert json.loads(here("predict", ".", "samples/고양이.png", "--json").stdout)["predictions"][0]["top"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_a_file_whose_name_is_no_text(tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b\n.png"))
    odd.write_bytes(next(Path("사진").glob("*/*.png")).read_bytes())
    assert r"\xff\x1b\n.png" in here("predict", "결과", tmp_path).stdout
    (one,) = json.loads(here("predict", "결과", tmp_path, "--json").stdout)["predictions"]
    assert Path(one["path"]) == odd
    done = here("inspect", "결과", odd, "--out", tmp_path / "속")
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\xff\x1b\n.png</title>" in (tmp_path / "속" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "속" / "kernels-C1.png").exists()


def test_patterns_and_both_forms_of_unicode():
    """Windows' shells leave patterns to the program; macOS' names are decomposed, and what is typed is not."""
    found = lambda *names: [  # noqa: E731
        one["path"] for one in json.loads(here("predict", "결과", *names, "--json").stdout)["predictions"]
    ]
    assert len(found("사진/강아지/*.png")) == 8
    assert len(found("사진/강아지")) == 8
    assert len(found(f"사진/강아지/{NAME.replace('45', '00')}")) == 1
    assert len(found("**/스크린샷*.0[0-3].png")) == 8
    document = json.loads(here("check", decompose("사진"), "--json").stdout)
    assert [one["name"] for one in document["classes"]] == ["강아지", "고양이 ✓"]
