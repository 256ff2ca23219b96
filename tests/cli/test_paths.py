"""Paths on the command line: the home folder, standard input, URLs, trained models as tables, full disks, odd names."""

import contextlib
import json
import os
import re
import subprocess
import sys
from argparse import ArgumentTypeError
from pathlib import Path

import pytest
from image_files import encode
from PIL import Image
from running import STRIATE, here, striate

from striate.cli import parser
from striate.text import quote

posix = pytest.mark.skipif(os.name != "posix", reason="a shell of POSIX")
any_bytes = pytest.mark.skipif(sys.platform != "linux", reason="only Linux' names may be no UTF-8")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder that is not the working directory."""
    (tmp_path / "work").mkdir()
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))  # of Windows
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def make_folder(folder, *, classes=("a", "b"), pictures=6, prefix="p"):
    """A data folder: a different gray for each class."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for index in range(pictures):
            picture = Image.new("L", (28, 28), 60 * number)
            picture.putpixel((index, index), 255)
            picture.save(folder / name / f"{prefix}{index}.png")
    return folder


def test_the_home_folder_in_every_argument(home):
    """As in `--out=~/x`, which a shell leaves as it is."""
    make_folder(home / "photos")
    for arguments in (
        ("train", "lenet5:modern", "--data=~/photos", "--out=~/run", "--epochs=1"),
        ("summary", "~/run", "--svg=~/run.svg"),
        ("evaluate", "~/run", "--data=~/photos"),
        ("predict", "~/run", "~/photos/a"),
        ("predict", "~/run", "~/photos/*/p1.png"),
        ("inspect", "~/run", "~/photos/a/p1.png", "--out=~/inside"),
        ("inspect", "--gradient-flow", "~/run", "--out=~/flow"),
        ("export", "~/run", "~/run.pt2"),
        ("check", "~/photos"),
    ):
        done = here(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert {"run", "run.svg", "inside", "flow", "run.pt2"} <= {path.name for path in home.iterdir()}
    assert list(Path.cwd().iterdir()) == []


(COMMANDS,) = (action.choices for action in parser()._actions if action.dest == "command")
ARGUMENTS = [
    pytest.param(command, action, id=f"{name} {action.dest}")
    for name, command in COMMANDS.items()
    for action in command._actions
    if action.nargs != 0
]
"""A command and one of its arguments that takes a value."""
PLACES = [
    argument
    for argument in ARGUMENTS
    if argument.values[1].metavar in {"TABLE", "DATA", "DIR", "RUN", "FILE", "MODEL", "IMAGE"}
    and argument.id not in {"serve models", "page models"}  # which are NAME=MODEL
]


@pytest.mark.parametrize(("command", "action"), PLACES)
@pytest.mark.usefixtures("command")
def test_every_argument_that_takes_a_place_takes_the_home_folder_and_no_url(home, action):
    assert action.type("~/x") == str(home / "x")
    with pytest.raises(ArgumentTypeError, match="a URL; download it"):
        action.type("https://example.com/x")


@pytest.mark.parametrize(("command", "action"), ARGUMENTS)
def test_no_argument_takes_an_empty_string(command, action, capsys):
    words = []
    for each in command._actions:
        if each is action:
            words += [*each.option_strings[:1], ""]
        elif each.option_strings and each.required:
            words += [each.option_strings[0], "1"]
        elif each.nargs != 0 and not each.option_strings:
            words.append("x")
    with pytest.raises(SystemExit) as end:
        command.parse_args(words)
    line = capsys.readouterr().err
    assert (end.value.code, line.count("\n")) == (2, 1)
    assert any(words in line for words in ("empty string", "got ''", "invalid choice: ''", "invalid int value: ''"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "lenet5", "--data", "URL", "--out", "x"),
        ("train", "lenet5", "--data", "digits", "--out", "URL"),
        ("train", "URL", "--data", "digits", "--out", "x"),
        ("predict", "URL", "a.png"),
        ("predict", "lenet5", "URL"),
        ("evaluate", "lenet5", "--data", "URL"),
        ("evaluate", "lenet5", "--data", "mnist", "--data-dir", "URL"),
        ("inspect", "lenet5", "URL", "--out", "x"),
        ("check", "URL"),
        ("export", "lenet5", "URL"),
        ("summary", "URL"),
        ("summary", "lenet5", "--svg", "URL"),
        ("compare", "lenet5", "URL"),
        ("serve", "URL"),
        ("serve", "pets=URL"),
        ("serve", "--data", "URL"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("home")
def test_a_url_is_refused_by_its_whole_name(arguments):
    url = "https://example.com/cats/1.jpg"
    done = here(*(word.replace("URL", url) for word in arguments))
    assert done.returncode in (1, 2)
    assert re.fullmatch(rf"striate[\w ]*: .*{re.escape(url)}: a URL; download it, .*\n", done.stderr)
    assert list(Path.cwd().iterdir()) == []


def test_the_table_of_a_trained_model(run_directory, monkeypatch):
    shown = here("summary", run_directory).stdout
    assert shown == here("summary", run_directory / "model.safetensors").stdout
    assert shown.startswith("lenet5:modern: ")
    assert json.loads(here("compare", run_directory, "lenet5:modern", "--json").stdout)["ratios"]["parameters"] == 1.0
    monkeypatch.chdir(run_directory)
    assert here("summary", ".").stdout == shown
    missing = here("summary", "none.safetensors")
    assert missing.returncode == 1 and missing.stderr.startswith("striate: none.safetensors: no such model")
    folder = here("summary", run_directory.parent)
    assert folder.returncode == 1 and "no such model" in folder.stderr and folder.stderr.count("\n") == 1


def picture_bytes(suffix="png"):
    return encode(Image.new("L", (28, 28), 200), suffix)


def fed(content, *arguments):
    done = subprocess.run(
        [*STRIATE, *map(str, arguments)], input=content, capture_output=True, timeout=120, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_a_picture_from_standard_input(tmp_path):
    (tmp_path / "a.png").write_bytes(picture_bytes())
    code, stdout, stderr = fed(picture_bytes(), "predict", "lenet5", "-", tmp_path / "a.png", "--json")
    assert (code, stderr) == (0, "")
    first, second = json.loads(stdout)["predictions"]
    assert (first["path"], second["path"]) == ("-", str(tmp_path / "a.png"))
    assert first["top"][0]["class"] == second["top"][0]["class"]
    code, stdout, stderr = fed(picture_bytes("jpeg"), "inspect", "lenet5", "-", "--out", tmp_path / "out")
    assert code == 0, stderr
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "standard input: is empty, where a picture was expected"), (b"no picture", "standard input: ")],
)
def test_standard_input_that_is_no_picture(content, words):
    code, stdout, stderr = fed(content, "predict", "lenet5", "-")
    assert (code, stdout) == (1, "")
    assert stderr.startswith(f"striate: {words}") and stderr.count("\n") == 1


@pytest.mark.usefixtures("home")
def test_a_file_of_that_name_is_no_standard_input():
    with open("-", "wb") as file:  # noqa: PTH123
        file.write(picture_bytes())
    assert here("predict", "lenet5", "-", "--json").returncode == 0


@contextlib.contextmanager
def full_disk(size):
    """A context in which no file can have more than so many bytes."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("before", [None, b"before"])
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("summary", "lenet5", "--svg", "OUT"), "a.svg"),
        (("export", "lenet5", "OUT"), "a.pt2"),
        (("export", "lenet5", "OUT"), "a.onnx"),
        (("inspect", "--gradient-flow", "lenet5", "--out", "FOLDER"), "gradient-flow.png"),
    ],
    ids=["svg", "pt2", "onnx", "inspect"],
)
def test_a_full_disk_names_the_file_and_leaves_no_half_of_it(tmp_path, arguments, name, before):
    path = tmp_path / name
    if before is not None:
        path.write_bytes(before)
    with full_disk(2_000):
        done = here(*(word.replace("OUT", str(path)).replace("FOLDER", str(tmp_path)) for word in arguments))
    assert done.returncode == 1
    assert re.fullmatch(rf"striate: {re.escape(str(path))}: [\w ]+\n", done.stderr)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == ({} if before is None else {name: before})


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")  # noqa: PTH110
def test_a_device_stays_one():
    done = here("summary", "lenet5", "--svg", "/dev/full")
    assert (done.returncode, done.stderr) == (1, "striate: /dev/full: No space left on device\n")
    assert not os.path.isfile("/dev/full")  # noqa: PTH113
    assert striate("summary", "lenet5", "--svg", "/dev/stdout").stdout.startswith("<svg")


def shell_lines(directory):
    """The commands of a model card, as they stand."""
    card = (directory / "README.md").read_text(encoding="utf-8")
    return [line for line in card.splitlines() if line.startswith("striate ")]


NAMES = {
    "plain": "photos",
    "a formula": "my $x_ {photos}",
    "quotes": 'it\'s "mine"',
    "Korean": "사진",
    "lines": "a\nb\tc",
    "no UTF-8": os.fsdecode(b"photos\xff'\\"),
}


@posix
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_lines_of_a_model_card_run_as_they_stand(tmp_path, monkeypatch, name):
    if name == NAMES["no UTF-8"] and sys.platform != "linux":
        pytest.skip("only Linux' names may be no UTF-8")
    monkeypatch.chdir(tmp_path)
    make_folder(tmp_path / name, classes=("$x_1 <b>&|`%^\\{", "_고양이_ 'q'\n"), prefix=name[:3])
    assert here("train", "lenet5:modern", "--data", name, "--out", f"run {name}", "--epochs", 1).returncode == 0
    (tmp_path / "moved").mkdir()
    for folder in (name, f"run {name}"):
        (tmp_path / folder).rename(tmp_path / "moved" / folder)
    run = tmp_path / "moved" / f"run {name}"
    lines = shell_lines(run)
    assert [line.split()[1] for line in lines] == ["predict", "evaluate"]
    program = " ".join(map(quote, STRIATE))
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line.replace("striate", program, 1)], cwd=run, capture_output=True, timeout=120, check=False
        )
        assert done.returncode == 0, (line, done.stderr)


@any_bytes
def test_names_that_are_no_utf_8_from_end_to_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    odd = os.fsdecode(b"\xff\xfe")
    make_folder(tmp_path / f"photos{odd}", prefix=odd)
    picture = f"photos{odd}/a/{odd}1.png"
    for arguments in (
        ("train", "lenet5:modern", "--data", f"photos{odd}", "--out", f"run{odd}", "--epochs", 1),
        ("summary", f"run{odd}", "--svg", f"{odd}.svg"),
        ("evaluate", f"run{odd}", "--data", f"photos{odd}", "--json"),
        ("predict", f"run{odd}", picture, "--json"),
        ("inspect", f"run{odd}", picture, "--out", f"in{odd}"),
        ("export", f"run{odd}", f"{odd}.onnx"),
    ):
        done = here(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("summary", "x" * 3_000),
        ("summary", "x" * 200 + "/" + "y" * 3_000 + ".toml"),
        ("predict", "x" * 3_000, "a.png"),
        ("predict", "lenet5", "x" * 3_000),
        ("check", "x" * 3_000),
        ("train", "lenet5", "--data", "digits", "--out", "x" * 3_000),
        ("evaluate", "lenet5", "--data", "x" * 3_000),
        ("predict", "lenet5", "a.png", "--top", "9" * 3_000 + "x"),
        ("predict", "lenet5", "a.png", "--engine", "x" * 3_000),
        ("inspect", "lenet5", "https://" + "x" * 3_000, "--out", "x"),
        ("x" * 3_000,),
    ],
    ids=lambda arguments: " ".join(word[:12] for word in arguments),
)
@pytest.mark.usefixtures("home")
def test_an_error_is_one_line_below_400_letters(arguments):
    done = here(*arguments)
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1 and len(done.stderr) < 400
