"""`striate ablate` as a process: what it prints, JSON, narrow terminals, wrong usage, Ctrl-C."""

import json
import signal
import subprocess
import time

import pytest
from running import STRIATE, fails, here, striate
from systems import posix

pytestmark = pytest.mark.usefixtures("without_plots")
SMALL = (
    *("--data", "digits", "--seeds", 2, "--images", 100, "--epochs", 1, "--batch-size", 50),
    *("--precision", "float32"),
)
CONTROL = ("ablate", "minivggnet:tiny", "minivggnet:tiny", *SMALL)


@pytest.fixture(scope="module")
def ablated(tmp_path_factory):
    out = tmp_path_factory.mktemp("ablations") / "out"
    return out, here(*CONTROL, "--out", out)


def test_it_prints_a_table_and_what_was_found(ablated):
    out, done = ablated
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert lines[0].split("  ")[0] == "Network"
    assert len([line for line in lines if line.startswith("minivggnet:tiny  ")]) == 2
    assert "minivggnet:tiny against minivggnet:tiny: no difference was measured" in done.stdout
    assert "  by seed: 0.00, 0.00; first weights in common: 100%" in lines
    assert [line.split(":")[1] for line in done.stderr.splitlines()] == [f" {number} of 4" for number in range(1, 5)]
    assert {path.name for path in out.iterdir()} == {
        "README.md", "ablation.json", "ablation.png", "minivggnet-tiny", "minivggnet-tiny-2",
    }  # fmt: skip


def test_the_same_command_again_trains_nothing_and_says_the_same(ablated):
    out, done = ablated
    page = (out / "README.md").read_text(encoding="utf-8")
    times = {path: path.stat().st_mtime_ns for path in out.glob("*/*/model.safetensors")}
    command = page.split("```\n")[1].split("\n")[0]
    assert command.startswith("striate ablate minivggnet:tiny minivggnet:tiny --data digits ")
    again = here(*CONTROL, "--out", out)
    assert again.stdout == done.stdout
    assert (out / "README.md").read_text(encoding="utf-8") == page
    assert times == {path: path.stat().st_mtime_ns for path in out.glob("*/*/model.safetensors")}


def test_json_is_the_file(ablated):
    out, _ = ablated
    done = here(*CONTROL, "--out", out, "--json")
    document = json.loads(done.stdout)
    assert document == json.loads((out / "ablation.json").read_text(encoding="utf-8"))
    assert (document["schema"], document["variants"][0]["difference"]["by_seed"]) == (1, [0.0, 0.0])


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_on_a_narrow_terminal(ablated, columns):
    out, _ = ablated
    shown = here(*CONTROL, "--out", out, columns=columns).stdout
    assert max(map(len, shown.replace(str(out), "").splitlines())) <= columns
    assert "Difference" in shown
    assert "\x1b" not in shown


def test_a_run_in_it_is_an_ordinary_run(ablated):
    out, _ = ablated
    done = here("evaluate", out / "minivggnet-tiny" / "seed-1", "--json")
    found = json.loads((out / "ablation.json").read_text(encoding="utf-8"))["base"]["accuracies"][1]
    assert json.loads(done.stdout)["top1"] == pytest.approx(found)


def test_changed_settings_and_wrong_usage(ablated, tmp_path):
    out, _ = ablated
    line = fails(*CONTROL, "--out", out, "--learning-rate", 0.5, run=here)
    assert "seed-0: was trained with another learning_rate: 0.003, not 0.5; give the settings as they were" in line
    for words, message in (
        (("--seeds", 1), "at least 2 seeds"),
        (("--images", 0), "at least 1"),
        (("--processes", "x"), "at least 1"),
    ):
        assert message in fails(*CONTROL, "--out", tmp_path / "x", *words, code=2, run=here)
    assert "VARIANT" in fails("ablate", "lenet5:tiny", *SMALL, "--out", tmp_path / "x", code=2, run=here)
    assert "5 training images, fewer than its 10 classes" in fails(
        *CONTROL, "--out", tmp_path / "x", "--images", 5, run=here
    )
    both = ("ablate", "alexnet:small", "alexnet:small-no-augmentation", *SMALL, "--short", "--out", tmp_path / "y")
    assert "are trained in the same way" in fails(*both, run=here)


@posix
@pytest.mark.parametrize("processes", [1, 2])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_continues(tmp_path, processes):
    words = (*CONTROL[:3], *SMALL, "--epochs", 60, "--processes", processes, "--out", tmp_path / "out")
    process = subprocess.Popen([*STRIATE, *map(str, words)], stderr=subprocess.PIPE, encoding="utf-8")
    while not list(tmp_path.glob("out/*/seed-0/metrics.jsonl")):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert stderr.splitlines()[-1] == f"striate: {tmp_path / 'out'}: interrupted; the same command continues"
    assert "Traceback" not in stderr
    (begun, *_) = sorted(tmp_path.glob("out/*/seed-0/checkpoints/*"))
    assert not (tmp_path / "out" / "README.md").exists()
    if processes == 1:
        done = striate("train", "--resume", begun.parents[1], "--json", timeout=600)
        assert len(json.loads(done.stdout)["history"]) == 60
