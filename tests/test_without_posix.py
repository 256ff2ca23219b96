"""Every command, and the lab's Train, on what is left without POSIX (`startup/without_posix.py`): the same numbers.

The processes are real ones; files behave in them as on Windows. Numbers are those of ordinary processes.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from lab_runs import kill_training
from running import STRIATE
from systems import linux

pytestmark = [linux, pytest.mark.timeout(900)]  # it starts many processes

TESTS = Path(__file__).parent
PICTURES = TESTS / "fixtures" / "0.1" / "stripes"
PICTURE = PICTURES / "down" / "0.png"
TABLE = "minivggnet:tiny"
EPOCHS = 60  # a few seconds, in which a training can be stopped
TRAIN = ["train", TABLE, "--data", "stripes", "--batch-size", "8"]
COMMANDS = [
    ["summary", TABLE],
    ["check", "stripes"],
    [*TRAIN, "--epochs", "2", "--out", "short"],
    [*TRAIN, "--epochs", str(EPOCHS), "--out", "whole"],
    ["predict", "short", "stripes"],
    ["evaluate", "short", "--data", "stripes"],
    ["inspect", "short", "stripes/down/0.png", "--out", "seen"],
    ["export", "short", "short.onnx"],
]
TIMES = ("seconds", "images_per_second", "bytes")  # an exported file holds the seconds, in more or fewer digits
SESSION = """
import json, sys
from running import here
for command in json.load(sys.stdin):
    done = here(*command, "--json")
    print(json.dumps([done.returncode, done.stdout or done.stderr]))
"""


def environment(folder, *, without_posix):
    """For processes in a folder: their own cache, one thread, so that sums do not depend on the machine's cores."""
    paths = [*([TESTS / "startup"] if without_posix else []), TESTS, os.environ.get("PYTHONPATH")]
    changes = {
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths if path),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        **({"STRIATE_TEST_WITHOUT_POSIX": "1"} if without_posix else {}),
    }
    return {**os.environ, **changes}


def run_session(folder, *, without_posix):
    """All commands in one process, in a folder with the pictures: what each has printed."""
    shutil.copytree(PICTURES, folder / "stripes")
    env = environment(folder, without_posix=without_posix)
    command = [sys.executable, "-c", SESSION]
    done = subprocess.run(
        command, input=json.dumps(COMMANDS), cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    """The folder of an ordinary process, and what its commands have printed."""
    folder = tmp_path_factory.mktemp("ordinary")
    return folder, run_session(folder, without_posix=False)


@pytest.fixture(scope="module")
def without(tmp_path_factory):
    """The same without POSIX."""
    folder = tmp_path_factory.mktemp("without")
    return folder, run_session(folder, without_posix=True)


def without_times(document):
    """A document without what differs from run to run."""
    if isinstance(document, dict):
        return {name: without_times(value) for name, value in document.items() if name not in TIMES}
    return [without_times(value) for value in document] if isinstance(document, list) else document


def weights(run):
    """The tensors of a run's model, without the metadata."""
    content = (run / "model.safetensors").read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    return {name: value for name, value in header.items() if name != "__metadata__"}, content[8 + size :]


def test_the_exported_network_is_the_same(ordinary, without):
    onnx = pytest.importorskip("onnx")
    one, other = (onnx.load(folder / "short.onnx").graph for folder, _ in (ordinary, without))
    assert one == other


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=[command[0] for command in COMMANDS])
def test_a_command_prints_the_same(ordinary, without, number):
    (code, text), (_, expected) = without[1][number], ordinary[1][number]
    assert code == (COMMANDS[number][0] == "check"), text  # which finds that one class has blank pictures
    assert without_times(json.loads(text)) == without_times(json.loads(expected))


def test_files_are_the_same_and_nothing_is_left_of_locks(ordinary, without):
    for run in ("short", "whole"):
        assert weights(without[0] / run) == weights(ordinary[0] / run)
    names = [sorted(path.name for path in folder.rglob("*") if path.is_file()) for folder, _ in (without, ordinary)]
    assert names[0] == names[1]
    assert not [name for name in names[0] if name.endswith((".use", ".lock", ".partial"))]
    assert sorted({path.suffix for path in (without[0] / "cache" / "striate" / "packs").iterdir()}) == [
        ".digests",
        ".pack",
    ]


def test_a_training_is_interrupted_and_resumed_to_the_same_weights(ordinary, tmp_path):
    shutil.copytree(PICTURES, tmp_path / "stripes")
    options = {"cwd": tmp_path, "env": environment(tmp_path, without_posix=True), "encoding": "utf-8"}
    command = [*STRIATE, *TRAIN, "--epochs", str(EPOCHS), "--out", "run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        assert process.stdout.readline().startswith("epoch  1/60")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "checkpoint" in errors
    done = subprocess.run(
        [*STRIATE, "train", "--resume", "run", "--json"], capture_output=True, check=False, timeout=120, **options
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["history"]) == EPOCHS
    assert weights(tmp_path / "run") == weights(ordinary[0] / "whole")


@pytest.fixture
def lab(tmp_path):
    """`striate serve` without POSIX; what asks it."""
    shutil.copytree(PICTURES, tmp_path / "stripes")
    command = [*STRIATE, "serve", "--port", "0", "--json", "--engine", "torch", "--data", "stripes"]
    env = environment(tmp_path, without_posix=True)
    with contextlib.ExitStack() as stack:
        stack.callback(kill_training, tmp_path / "runs")
        process = stack.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, env=env, encoding="utf-8")
        )
        stack.callback(process.kill)
        address = json.loads(process.stdout.readline())["address"]

        def ask(path, body=None, kind="application/json"):
            request = urllib.request.Request(f"{address}/{path}", body, {"Content-Type": kind})
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)

        yield ask


def wait_for(lab, name, condition):
    """The run, once the condition holds."""
    deadline = time.monotonic() + 120
    while not condition(run := lab(f"lab/run?name={name}")):
        assert time.monotonic() < deadline, run
        time.sleep(0.05)
    return run


def test_a_picture_is_predicted_over_http(lab):
    top = lab("v1/models/lenet5/predict", PICTURE.read_bytes(), "image/png")["predictions"][0]["top"]
    assert top[0]["class"] == "1" and top[0]["probability"] > 0.99


def test_the_lab_trains_stops_resumes_and_deletes(lab, ordinary, tmp_path):
    request = {"table": TABLE, "data": "stripes", "epochs": EPOCHS, "batch_size": 8}
    name = lab("lab/runs", json.dumps(request).encode())["name"]
    with pytest.raises(urllib.error.HTTPError, match="409"):
        lab("lab/runs", json.dumps(request).encode())
    begun = wait_for(lab, name, lambda run: run["state"] != "running" or run["done"] > 0)
    assert begun["state"] == "running", begun
    lab(f"lab/run/stop?name={name}", b"{}")
    stopped = wait_for(lab, name, lambda run: run["state"] != "running")
    assert (stopped["state"], stopped["reason"]) == ("stopped", None)
    assert 0 < stopped["done"] < EPOCHS
    lab(f"lab/run/resume?name={name}", b"{}")
    finished = wait_for(lab, name, lambda run: run["state"] != "running")
    assert (finished["state"], finished["done"]) == ("finished", EPOCHS), finished
    assert weights(tmp_path / "runs" / name) == weights(ordinary[0] / "whole")
    assert f"runs/{name}" in {model["name"] for model in lab("lab/models")["models"]}
    layers = lab(f"lab/layers?model=runs/{name}", PICTURE.read_bytes(), "image/png")  # so the server has read the model
    assert layers["rows"][0]["shape"] == [4, 16, 16]
    lab(f"lab/run/delete?name={name}", b"{}")
    assert lab("lab/runs") == {"runs": []}
    assert not list((tmp_path / "runs").rglob(f"*{name}*"))


PACK = """
import sys
from pathlib import Path
from striate.data import DataOptions, load_dataset
from striate.tables import load_table
done = []
dataset = load_dataset("stripes", load_table(sys.argv[1]), DataOptions(cache_size=1), on_progress=lambda *step: done.append(step))
print(len(done), int(dataset.train.pictures.pixels.sum()), flush=True)
sys.stdin.read()
"""


def test_processes_share_a_pack_and_keep_it_while_they_use_it(tmp_path):
    shutil.copytree(PICTURES, tmp_path / "stripes")
    env, packs = environment(tmp_path, without_posix=True), tmp_path / "cache" / "striate" / "packs"

    def start(table):
        command = [sys.executable, "-c", PACK, table]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=env)

    with start(TABLE) as one, start(TABLE) as other:
        (decoded, total), (decoded_too, total_too) = (process.stdout.readline().split() for process in (one, other))
        assert sorted([decoded, decoded_too]) == [b"0", b"36"]  # one has decoded, the other has waited for it
        assert total == total_too
        (pack,) = packs.glob("*.pack")
        one.communicate()
        with start("alexnet:tiny") as third:  # whose pack is larger than the whole cache may be
            third.stdout.readline()
            assert pack.exists()  # the other process uses it
            third.communicate()
        other.kill()
    with start("resnet18:tiny") as fourth:
        fourth.stdout.readline()
        assert not pack.exists()
        fourth.communicate()
    assert sorted(path.suffix for path in packs.iterdir()) == [".digests", ".pack"]
