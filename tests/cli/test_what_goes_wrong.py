"""Errors at the command line: exit codes, one clear line, no file overwritten, no training lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image
from running import STRIATE, fails, here, striate

from striate.cli import list_
from striate.data import load_named
from striate.nn import Model, build, save_model
from striate.tables import ARCHITECTURES, dumps_table


def test_bad_input_is_one_clear_line(tmp_path, run_directory):
    impossible = tmp_path / "impossible.toml"
    impossible.write_text(
        'name = "t"\ninput = [1, 8, 8]\n[[rows]]\ntype = "Conv"\nname = "C1"\nmaps = 1\nkernel = 9\n', encoding="utf-8"
    )
    assert f"{impossible}: table t: row C1 (Conv): a kernel of 9x9 does not fit" in fails("summary", impossible)
    typo = tmp_path / "typo.toml"
    typo.write_text(impossible.read_text(encoding="utf-8").replace("kernel", "kernal"), encoding="utf-8")
    assert f"{typo}: rows #1 (Conv C1): unknown field 'kernal'; did you mean 'kernel'?" in fails("summary", typo)
    assert "unknown network 'lenet6'" in fails("summary", "lenet6")
    text = tmp_path / "text.png"
    text.write_text("hello", encoding="utf-8")
    assert f"{text}: not an image" in fails("predict", run_directory, text)
    assert "none.png: no such file" in fails("predict", run_directory, tmp_path / "none.png", run=here)
    short = tmp_path / "short.safetensors"
    short.write_bytes((run_directory / "model.safetensors").read_bytes()[:5000])
    assert f"{short}: not a model file, or cut short" in fails("predict", short, text, run=here)
    assert "no such model" in fails("evaluate", tmp_path, "--data", "digits", run=here)


def test_train_leaves_an_existing_directory_unchanged(run_directory):
    before = {path: path.read_bytes() for path in run_directory.iterdir() if path.is_file()}
    message = fails("train", "lenet5", "--data", "digits", "--out", run_directory, run=here)
    assert f"{run_directory}: exists already" in message
    assert {path: path.read_bytes() for path in run_directory.iterdir() if path.is_file()} == before


def test_an_unreadable_image_among_others_is_reported_and_the_exit_code_is_1(tmp_path, run_directory):
    text = tmp_path / "text.png"
    text.write_text("hello", encoding="utf-8")
    good = run_directory / "samples" / "1.png"
    done = here("predict", run_directory, text, good, "--json")
    assert done.returncode == 1
    bad, answered = json.loads(done.stdout)["predictions"]
    assert bad == {"path": str(text), "error": bad["error"]}
    assert answered["top"]
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("sumary", "lenet5"), "invalid choice: 'sumary'"),
        (("summary",), "the following arguments are required: TABLE"),
        (("summary", "lenet5", "--batch-size", "0"), "expected a whole number of at least 1, got '0'"),
        (("summary", "lenet5", "--wide"), "unrecognized arguments: --wide"),
        (("train", "lenet5", "--out", "x"), "--data is needed, or --resume RUN"),
        (
            ("train", "--resume", "x", "--seed", "0"),
            "--resume continues the run as it began, so --seed cannot be given",
        ),
        (
            ("train", "--resume", "x", "--from", "y"),
            "--resume continues the run as it began, so --from cannot be given",
        ),
        (
            ("train", "--from", "x", "--pretrained", "--data", "digits", "--out", "y"),
            "--pretrained and --from are two weights to start from",
        ),
        (
            ("train", "lenet5", "--data", "digits", "--out", "x", "--cache-size", "20XB"),
            "expected a size such as 500MB",
        ),
        (("train", "lenet5", "--data", "digits", "--out", "x", "--learning-rate", "nan"), "expected a number above 0"),
        (("train", "lenet5", "--data", "digits", "--out", "x", "--seed", "-1"), "expected"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_line(arguments, message):
    line = fails(*arguments, code=2)
    assert message in line
    assert "--help)" in line


def test_an_unexpected_error_is_one_line_too(monkeypatch):
    def fail(_options):
        raise RuntimeError("of two\n   lines")

    monkeypatch.setattr(list_, "run", fail)
    assert fails("list", run=here) == "striate: unexpected RuntimeError: of two lines (--debug shows where)"


def test_a_table_for_which_there_is_no_memory(tmp_path):
    path = tmp_path / "huge.toml"
    path.write_text(
        dumps_table(ARCHITECTURES["lenet5:modern"]).replace("units = 84", "units = 100_000_000_000_000"),
        encoding="utf-8",
    )
    line = fails("train", path, "--data", "digits", "--out", tmp_path / "run", run=here)
    assert re.fullmatch(r"striate: out of memory: [\d,]+ GB more were needed", line)
    assert not (tmp_path / "run").exists()


def test_debug_shows_the_traceback():
    done = striate("summary", "lenet6", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_closed_pipe_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m striate list | head -1", shell=True, capture_output=True, encoding="utf-8", check=False
    )
    assert done.stdout.startswith("Network")
    assert done.stderr == ""


def test_training_continues_after_the_pipe_is_closed(tmp_path):
    train = (
        f"{sys.executable} -m striate train lenet5:tiny --data digits --epochs 3 --batch-size 256 --out {tmp_path}/run"
    )
    done = subprocess.run(f"{train} | head -1", shell=True, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout.startswith("epoch 1/3")
    assert done.stderr == ""
    assert (tmp_path / "run" / "README.md").exists()


def test_closed_output_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m striate list >&-", shell=True, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["striate.runtime.interrupt", "argparse", "numpy", "torch.autograd", "torch"])
def test_ctrl_c_during_imports_exits_with_130_and_one_line(tmp_path, module):
    train = ("train", "lenet5", "--data", "digits", "--out", str(tmp_path / "run"))
    command = [sys.executable, "-X", "importtime", "-m", "striate", *train]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    while not (line := process.stderr.readline()).rstrip().endswith(f" {module}"):
        assert line, "the module was not imported"
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    lines = [line for line in stderr.splitlines(keepends=True) if not line.startswith("import time:")]
    assert (process.returncode, stdout, lines) == (130, "", ["striate: interrupted\n"])
    assert not (tmp_path / "run").exists()


def test_control_characters_of_a_file_name_are_not_printed(tmp_path, run_directory):
    odd = tmp_path / "a\n\x1b[31mb.png"
    odd.write_bytes((run_directory / "samples" / "1.png").read_bytes())
    shown = here("predict", run_directory, odd).stdout
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 3


def test_summary_on_a_terminal_without_utf_8():
    done = striate("summary", "lenet5", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "60,000" in done.stdout


def test_ctrl_c_leaves_a_checkpoint_and_exits_with_130(tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [*STRIATE, "train", "lenet5", "--data", "digits", "--out", str(out), "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stdout.readline().startswith("epoch   1/500")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    step = r"the checkpoint of step \d+ is saved, and --resume continues from it"
    assert re.fullmatch(rf"striate: {out}: stopped; {step}\n", stderr)
    assert here("evaluate", out, "--data", "digits").returncode == 0


def test_a_class_name_is_printed_as_text_not_as_markup(tmp_path):
    names = ("[bold]x[/]", *map(str, range(9)))
    save_model(tmp_path / "model.safetensors", Model(build("lenet5:modern", seed=0), names, {}, {}))
    Image.fromarray(load_named("digits").validation.pictures[0].squeeze(2)).save(tmp_path / "d.png")
    assert "[bold]x[/]" in here("predict", tmp_path, tmp_path / "d.png", "--top", 10).stdout
