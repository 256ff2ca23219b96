"""The command line from outside: real processes, golden reports, valid JSON, terminals of different widths."""

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from running import here, on_a_terminal, striate

from striate import __version__
from striate.tables import ARCHITECTURES, dumps_table

GOLDEN = Path(__file__).parent / "golden"
COMMANDS = ("list", "summary", "compare", "train", "ablate", "evaluate", "predict", "inspect")


def test_version_and_help():
    assert striate("--version").stdout == f"striate {__version__}\n"
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


# Every kind of report: sparse connections, towers, heads, branches, both shortcuts, none.
REPORTS = (
    "lenet5", "lenet5:notes", "lenet5:modern", "lenet5:3x3", "alexnet", "alexnet:notes", "googlenet", "resnet18",
    "resnet34:A", "plain18", "minivggnet",
)  # fmt: skip


@pytest.mark.parametrize("name", REPORTS)
def test_summary_equals_the_golden_report(name):
    """That the columns sum is tested in tests/analysis."""
    golden = GOLDEN / f"{name.replace(':', '-')}.txt"
    assert striate("summary", name).stdout == golden.read_text(encoding="utf-8")


def test_every_golden_report_is_compared():
    assert {path.stem for path in GOLDEN.iterdir()} == {name.replace(":", "-") for name in REPORTS}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak memory is read from Linux's /proc")
@pytest.mark.parametrize("name", ["minivggnet", "googlenet", "resnet152"])
def test_summary_needs_at_most_60_megabytes(name):
    program = (
        f"from striate.cli.main import main; assert main(['summary', {name!r}]) == 0\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert int(done.stdout.splitlines()[-1]) * 1024 < 60e6


def test_summary_json_has_the_documented_fields():
    document = json.loads(striate("summary", "lenet5", "--json", "--batch-size", 4).stdout)
    assert list(document) == ["schema", "name", "source", "input", "rows", "heads", "towers", "exchanges", "total"]
    assert (document["heads"], document["towers"], document["exchanges"]) == ([], 1, [])
    assert document["schema"] == 1
    assert document["input"] == [1, 32, 32]
    assert document["rows"][2] == {
        "path": "C3", "type": "Conv", "maps": 16, "size": [10, 10], "kernel": 5, "stride": 1, "padding": "valid",
        "groups": 1, "activation": "scaled_tanh", "parameters": 1516, "macs": 150000, "connections": 151600,
        "neurons": 1600, "receptive_field": {"size": 14, "stride": 2, "start": 0},
    }  # fmt: skip
    assert document["total"]["parameters"] == 60000
    assert document["total"]["train_memory_bytes"] > document["total"]["inference_memory_bytes"] > 0


def test_summary_json_of_towers_and_heads():
    alexnet = json.loads(striate("summary", "alexnet", "--json").stdout)
    assert (alexnet["towers"], alexnet["exchanges"]) == (2, ["C5", "F8", "F9", "Out"])
    googlenet = json.loads(striate("summary", "googlenet", "--json").stdout)
    assert [(head["name"], head["after"], head["weight"]) for head in googlenet["heads"]] == [
        ("aux1", "inception_4a", 0.3),
        ("aux2", "inception_4d", 0.3),
    ]
    assert sum(head["total"]["parameters"] for head in googlenet["heads"]) == 13_378_280 - 6_998_552


def test_summary_with_the_recipe():
    shown = striate("summary", "alexnet", "--recipe").stdout
    assert "Augmentation    random crop, of 256; horizontal flip; PCA colour, sigma 0.1\n" in shown
    assert "Weight decay    0.0005, of all parameters\n" in shown
    document = json.loads(striate("summary", "resnet20", "--recipe", "--json").stdout)
    assert document["recipe"]["schedule"] == {"type": "Milestones", "at": [0.5, 0.75], "factor": 0.1, "warm_up": 0}
    assert document["initialization"] == {"type": "He"}


def test_summary_draws_an_svg(tmp_path):
    file = tmp_path / "network.svg"
    done = striate("summary", "resnet18:tiny", "--svg", file)
    assert "Total" in done.stdout
    assert ElementTree.parse(file).getroot().tag == "{http://www.w3.org/2000/svg}svg"
    failed = striate("summary", "lenet5", "--svg", tmp_path / "none" / "network.svg")
    assert (failed.returncode, failed.stderr) == (
        1,
        f"striate: {tmp_path / 'none' / 'network.svg'}: No such file or directory\n",
    )


def test_compare_shows_a_module_as_one_row():
    shown = striate("compare", "googlenet:direct", "googlenet").stdout
    assert re.search(r"inception_3a .* 393,472 +308,281,344 .* 163,696 +128,049,152 +0\.42\n", shown)
    document = json.loads(striate("compare", "notes:direct", "notes:bottleneck", "--json").stdout)
    assert [document[which]["total"]["parameters"] for which in ("first", "second")] == [4608, 1520]
    assert document["modules"] == [
        {"first": None, "second": {"path": "conv1x1", "parameters": 80, "macs": 62720}},
        {
            "first": {"path": "conv3x3", "parameters": 4608, "macs": 3612672},
            "second": {"path": "conv3x3", "parameters": 1440, "macs": 1128960},
        },
    ]


def test_inspect_gradient_flow(tmp_path):
    shown = here("inspect", "--gradient-flow", "resnet18:tiny", "lenet5", "--out", tmp_path / "pictures")
    assert re.search(r"\n +2  conv2_1\.body\.conv1 +[\d.]+ +2  C3 +[\d.]+\n", shown.stdout)
    assert "the gradient by the weights of conv1 is" in shown.stdout
    assert "with seed 0, for one batch of 8 random images" in shown.stdout
    assert (tmp_path / "pictures" / "gradient-flow.png").stat().st_size > 10_000
    assert "by x" in (tmp_path / "pictures" / "report.html").read_text(encoding="utf-8")
    document = json.loads(here("inspect", "--gradient-flow", "resnet18:tiny", "--json").stdout)
    assert document["networks"][0]["layers"][0]["path"] == "conv1"
    assert document["picture"] is None
    wrong = here("inspect", "--gradient-flow", "resnet18:tiny", "nothing")
    assert wrong.returncode == 1
    assert "unknown network 'nothing'" in wrong.stderr


def test_train_pretrained_without_a_network_names_the_file_to_fetch(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    done = here("train", "resnet18", "--pretrained", "--data", "digits", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "the pretrained weights are those of resnet18:torchvision; that is what is trained" in done.stderr
    assert re.search(
        r"fetch \S+resnet18\S+ where there is a network and put it at " + re.escape(str(tmp_path)), done.stderr
    )
    assert not (tmp_path / "run").exists()


def test_compare():
    shown = striate("compare", "lenet5:modern", "lenet5:3x3").stdout
    assert re.search(r"Parameters +61,706 +161,724 +2\.62", shown)
    document = json.loads(striate("compare", "lenet5:modern", "lenet5:3x3", "--json").stdout)
    assert document["first"]["total"]["parameters"] == 61706
    assert document["ratios"]["parameters"] == pytest.approx(161724 / 61706)


def test_summary_of_a_toml_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(dumps_table(ARCHITECTURES["lenet5"]), encoding="utf-8")
    assert striate("summary", path).stdout == striate("summary", "lenet5").stdout


def test_a_narrow_terminal_breaks_the_titles():
    shown = on_a_terminal("summary", "lenet5", columns=80).splitlines()
    assert max(map(len, shown)) <= 80
    assert shown[1].split() == ["Kernel", "Receptive"]
    assert shown[2].split() == ["Layer", "Type", "Maps", "Size", "size", "Parameters", "MACs", "field"]


def test_a_narrower_terminal_hides_columns_and_names_them():
    shown = on_a_terminal("summary", "lenet5", columns=60)
    assert max(map(len, shown.splitlines())) <= 60
    assert "Parameters" in shown
    assert "left out on this narrow terminal: Neurons, Connections" in " ".join(shown.split())


def test_training_on_a_terminal_shows_a_live_bar(tmp_path):
    """Without colour, and on a terminal that is dumb: `test_screens.py`."""
    train = ("train", "lenet5:tiny", "--data", "digits", "--epochs", 1, "--batch-size", 64)
    shown = on_a_terminal(*train, "--out", tmp_path / "colour")
    assert "images/s" in shown
    assert re.search(r"\x1b\[[0-9;]*3[0-9][;m]", shown)


def test_train_json_is_one_document_and_the_rest_is_on_stderr(tmp_path):
    train = ("train", "lenet5:tiny", "--data", "digits", "--epochs", 1, "--batch-size", 64, "--json")
    done = here(*train, "--out", tmp_path / "run")
    document = json.loads(done.stdout)
    assert (document["schema"], document["images"], len(document["history"])) == (1, 360, 1)
    assert done.stderr.startswith("epoch 1/1")


def test_predict(run_directory):
    shown = here("predict", run_directory, run_directory / "samples").stdout
    assert len(shown.splitlines()) == 12
    document = json.loads(here("predict", run_directory, run_directory / "samples" / "3.png", "--json").stdout)
    (prediction,) = document["predictions"]
    assert prediction["path"].endswith("3.png")
    assert len(prediction["top"]) == 3
    assert set(prediction["top"][0]) == {"class", "probability"}
