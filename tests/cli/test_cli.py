"""The command line as a user meets it: real processes, exit codes, one clear line, JSON that is JSON."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from striate.data.datasets import load_dataset
from striate.nn.build import build
from striate.nn.model_file import Model, save
from striate.tables import ARCHITECTURES
from striate.tables.toml import dumps

STRIATE = [sys.executable, "-m", "striate"]
GOLDEN = Path(__file__).parent / "golden"
COMMANDS = ("list", "summary", "compare", "train", "evaluate", "predict")


def striate(*arguments, **options):
    return subprocess.run(
        [*STRIATE, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False, **options
    )


def fails(*arguments, code=1, **options):
    """The one line that a failing command prints on standard error."""
    done = striate(*arguments, **options)
    assert done.returncode == code, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("striate")
    return lines[0]


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory):
    """A run by the real command, two epochs long."""
    out = tmp_path_factory.mktemp("runs") / "first"
    done = striate("train", "lenet5:modern", "--data", "digits", "--out", out, "--epochs", 2, "--batch-size", 16)
    assert done.returncode == 0, done
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("epoch 1/2  loss ")
    assert re.fullmatch(r".*/first: \d\d\.\d\d% of 360 held-out images right, trained in .* s", lines[-1])
    return out


def test_version_and_help():
    assert striate("--version").stdout == "striate 0.1.0\n"
    shown = striate("--help").stdout
    assert all(f"    {command}" in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command):
    shown = striate(command, "--help")
    assert shown.returncode == 0
    assert f"example: striate {command}" in shown.stdout
    assert "--json" in shown.stdout


def test_list():
    shown = striate("list").stdout
    assert re.search(r"lenet5 +60,000 +325,680  LeCun", shown)
    document = json.loads(striate("list", "--json").stdout)
    assert [table["name"] for table in document["tables"]] == list(ARCHITECTURES)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_summary_to_the_letter(name):
    """The golden reports; that their columns sum is tested where they are counted."""
    golden = GOLDEN / f"{name.replace(':', '-')}.txt"
    assert striate("summary", name).stdout == golden.read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its own peak memory")
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_summary_needs_at_most_60_megabytes(name):
    program = (
        f"from striate.cli.main import main; assert main(['summary', {name!r}]) == 0\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout.splitlines()[-1]) * 1024 < 60e6


def test_summary_json_has_the_documented_fields():
    document = json.loads(striate("summary", "lenet5", "--json", "--batch-size", 4).stdout)
    assert list(document) == ["schema", "name", "source", "input", "rows", "total"]
    assert document["schema"] == 1
    assert document["input"] == [1, 32, 32]
    assert document["rows"][2] == {
        "path": "C3", "type": "Conv", "maps": 16, "size": [10, 10], "kernel": 5, "stride": 1, "padding": "valid",
        "groups": 1, "activation": "scaled_tanh", "parameters": 1516, "macs": 150000, "connections": 151600,
        "neurons": 1600, "receptive_field": {"size": 14, "stride": 2, "start": 0},
    }  # fmt: skip
    assert document["total"]["parameters"] == 60000
    assert document["total"]["train_memory_bytes"] > document["total"]["inference_memory_bytes"] > 0


def test_compare():
    shown = striate("compare", "lenet5:modern", "lenet5:3x3").stdout
    assert re.search(r"Parameters +61,706 +161,724 +2\.62", shown)
    document = json.loads(striate("compare", "lenet5:modern", "lenet5:3x3", "--json").stdout)
    assert document["first"]["total"]["parameters"] == 61706
    assert document["ratios"]["parameters"] == pytest.approx(161724 / 61706)


def test_a_users_own_table(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(dumps(ARCHITECTURES["lenet5"]))
    assert striate("summary", path).stdout == striate("summary", "lenet5").stdout


def test_a_narrow_terminal_shows_what_fits_and_says_what_does_not():
    shown = on_a_terminal("summary", "lenet5", columns=60)
    assert max(map(len, shown.splitlines())) <= 60
    assert "Parameters" in shown
    assert "left out on this narrow terminal: Neurons, Connections" in " ".join(shown.split())


def on_a_terminal(*arguments, columns=100, environment=None):
    """What a command prints on a terminal so many columns wide."""
    parent, child = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", **(environment or {})}
    process = subprocess.Popen([*STRIATE, *map(str, arguments)], stdout=child, stderr=child, stdin=child, env=env)
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    assert process.wait(timeout=60) == 0
    return shown.decode()


def test_training_on_a_terminal_shows_a_live_bar(tmp_path):
    train = ("train", "lenet5:modern", "--data", "digits", "--epochs", 1)
    shown = on_a_terminal(*train, "--out", tmp_path / "colour")
    assert "images/s" in shown
    assert "\x1b[" in shown
    plain = on_a_terminal(*train, "--out", tmp_path / "plain", environment={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-9][;m]", plain)  # the bar may move, but nothing is coloured
    dumb = on_a_terminal(*train, "--out", tmp_path / "dumb", environment={"TERM": "dumb"})
    assert "\x1b" not in dumb


def test_train_json_is_one_document_and_the_rest_is_on_stderr(tmp_path):
    done = striate("train", "lenet5", "--data", "digits", "--out", tmp_path / "run", "--epochs", 1, "--json")
    document = json.loads(done.stdout)
    assert (document["schema"], document["images"], len(document["history"])) == (1, 360, 1)
    assert done.stderr.startswith("epoch 1/1")


def test_predict(run_directory):
    shown = striate("predict", run_directory, run_directory / "samples").stdout
    assert len(shown.splitlines()) == 12
    document = json.loads(striate("predict", run_directory, run_directory / "samples" / "3.png", "--json").stdout)
    (prediction,) = document["predictions"]
    assert prediction["path"].endswith("3.png")
    assert len(prediction["top"]) == 3
    assert set(prediction["top"][0]) == {"class", "probability"}


def test_evaluate(run_directory):
    shown = striate("evaluate", run_directory, "--data", "digits").stdout
    assert re.match(r"digits: top-1 \d\d\.\d\d%, top-5", shown)
    assert "Worst of" in shown
    document = json.loads(striate("evaluate", run_directory / "model.safetensors", "--data", "digits", "--json").stdout)
    assert list(document) == ["schema", "images", "top1", "top5", "loss", "classes", "confusion", "skipped"]
    assert document["images"] == sum(map(sum, document["confusion"])) == 360
    assert 0.5 < document["top1"] <= document["top5"] <= 1
    trained = json.loads((run_directory / "metrics.jsonl").read_text().splitlines()[-1])
    assert document["top1"] == pytest.approx(trained["test_accuracy"])
    assert [row["images"] for row in document["classes"]] == [36, 36, 35, 37, 36, 37, 36, 36, 35, 36]


def test_bad_input_is_one_clear_line(tmp_path, run_directory):
    impossible = tmp_path / "impossible.toml"
    impossible.write_text('name = "t"\ninput = [1, 8, 8]\n[[rows]]\ntype = "Conv"\nname = "C1"\nmaps = 1\nkernel = 9\n')
    assert f"{impossible}: table t: row C1 (Conv): a kernel of 9x9 does not fit" in fails("summary", impossible)
    typo = tmp_path / "typo.toml"
    typo.write_text(impossible.read_text().replace("kernel", "kernal"))
    assert f"{typo}: rows #1 (Conv C1): unknown field 'kernal'; did you mean 'kernel'?" in fails("summary", typo)
    assert "unknown network 'lenet6'" in fails("summary", "lenet6")
    text = tmp_path / "text.png"
    text.write_text("hello")
    assert f"{text}: not an image" in fails("predict", run_directory, text)
    assert "none.png: no such file" in fails("predict", run_directory, tmp_path / "none.png")
    short = tmp_path / "short.safetensors"
    short.write_bytes((run_directory / "model.safetensors").read_bytes()[:5000])
    assert f"{short}: not a model file, or cut short" in fails("predict", short, text)
    assert "no such model" in fails("evaluate", tmp_path, "--data", "digits")


def test_a_run_directory_that_exists_is_not_touched(run_directory):
    before = {path: path.read_bytes() for path in run_directory.iterdir() if path.is_file()}
    message = fails("train", "lenet5", "--data", "digits", "--out", run_directory)
    assert f"{run_directory}: exists already" in message
    assert {path: path.read_bytes() for path in run_directory.iterdir() if path.is_file()} == before


def test_a_bad_image_among_good_ones_is_reported_and_fails_last(tmp_path, run_directory):
    text = tmp_path / "text.png"
    text.write_text("hello")
    good = run_directory / "samples" / "1.png"
    done = striate("predict", run_directory, text, good, "--json")
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
        (("train", "lenet5", "--out", "x"), "the following arguments are required: --data"),
        (("train", "lenet5", "--data", "digits", "--out", "x", "--learning-rate", "nan"), "expected a number above 0"),
        (("train", "lenet5", "--data", "digits", "--out", "x", "--seed", "-1"), "expected"),
    ],
)
def test_wrong_usage_exits_with_2_and_one_line(arguments, message):
    line = fails(*arguments, code=2)
    assert message in line
    assert "--help)" in line


def test_what_nobody_foresaw_is_one_line_too(tmp_path):
    path = tmp_path / "huge.toml"
    path.write_text(dumps(ARCHITECTURES["lenet5:modern"]).replace("units = 84", "units = 100_000_000_000_000"))
    line = fails("train", path, "--data", "digits", "--out", tmp_path / "run")
    assert "unexpected RuntimeError" in line
    assert line.endswith("(--debug shows where)")
    assert not (tmp_path / "run").exists()


def test_debug_shows_the_traceback():
    done = striate("summary", "lenet6", "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_reader_that_leaves_early_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m striate list | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("Network")
    assert done.stderr == ""


def test_training_goes_on_when_nobody_reads(tmp_path):
    train = f"{sys.executable} -m striate train lenet5:modern --data digits --epochs 3 --out {tmp_path}/run"
    done = subprocess.run(f"{train} | head -1", shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("epoch 1/3")
    assert done.stderr == ""
    assert (tmp_path / "run" / "README.md").exists()


def test_closed_output_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m striate list >&-", shell=True, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("seconds", [0.4, 1.5])
def test_ctrl_c_while_libraries_load_exits_with_130_and_one_line(tmp_path, seconds):
    command = [*STRIATE, "train", "lenet5", "--data", "digits", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (130, "", "striate: interrupted\n")
    assert not (tmp_path / "run").exists()


def test_names_move_no_cursor(tmp_path, run_directory):
    odd = tmp_path / "a\n\x1b[31mb.png"
    odd.write_bytes((run_directory / "samples" / "1.png").read_bytes())
    shown = striate("predict", run_directory, odd).stdout
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 3


def test_a_terminal_without_utf_8_still_gets_a_table():
    done = striate("summary", "lenet5", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "60,000" in done.stdout


def test_ctrl_c_keeps_the_last_epoch_and_exits_with_130(tmp_path):
    out = tmp_path / "run"
    process = subprocess.Popen(
        [*STRIATE, "train", "lenet5", "--data", "digits", "--out", str(out), "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("epoch   1/500")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert re.fullmatch(rf"striate: interrupted: {out} keeps the model of epoch \d+\n", stderr)
    assert striate("evaluate", out, "--data", "digits").returncode == 0


def test_a_class_name_is_text_and_not_markup(tmp_path):
    names = ("[bold]x[/]", *map(str, range(9)))
    save(tmp_path / "model.safetensors", Model(build("lenet5:modern", seed=0), names, {}, {}))
    from PIL import Image

    Image.fromarray(load_dataset("digits").test.images_NCHW[0, 0].numpy()).save(tmp_path / "d.png")
    assert "[bold]x[/]" in striate("predict", tmp_path, tmp_path / "d.png", "--top", 10).stdout
