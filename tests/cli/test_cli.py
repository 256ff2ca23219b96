"""The command line as a user meets it: real processes, golden reports, JSON that is JSON, terminals of any width."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import on_a_terminal, striate

from striate.tables import ARCHITECTURES
from striate.tables.toml import dumps

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = ("list", "summary", "compare", "train", "evaluate", "predict")


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
