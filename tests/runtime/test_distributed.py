"""Several processes, as torchrun starts them: they learn and measure what one does, and any number goes on."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from process_of_several import evaluated, trained
from torch.nn.functional import cross_entropy

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.nn import model_file
from striate.runtime.device import find_device, set_threads
from striate.runtime.distributed import ProcessGroup
from striate.runtime.interrupt import TrainingInterrupted
from striate.tables import load_table
from striate.training import Callback, Options, RunConfig, predict_logits, resume, score, session, train

pytestmark = pytest.mark.usefixtures("without_pictures")  # in this process
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
THREADS = max(1, len(os.sched_getaffinity(0)) // 2)
EPOCHS = 3
FLOAT32 = Options(precision="float32")
GENTLE = {"epochs": EPOCHS, "batch_size": 64, "learning_rate": 0.02}  # rounding does not grow into other answers
RECIPE = replace(load_table("lenet5:modern").recipe, **GENTLE)
HOW = [str(word) for name, value in GENTLE.items() for word in (f"--{name.replace('_', '-')}", value)]
TRAIN = ["train", "lenet5:modern", "--data", "digits", *HOW, "--precision", "float32", "--out"]


def torchrun(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # two processes would need two GPUs
    return subprocess.Popen(
        [*TORCHRUN, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def train_alone(out, callback=Callback()):
    return train("lenet5:modern", "digits", out, recipe=RECIPE, options=FLOAT32, callback=callback)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return train_alone(tmp_path_factory.mktemp("alone") / "run").directory


def close(weights, others):
    """Equal but for the order in which numbers were added up."""
    torch.testing.assert_close(weights, others, rtol=1e-4, atol=1e-5)


def assert_same_end(run, other):
    """Two finished runs: their weights, epochs and files."""
    close(*(model_file.load_model(path).network.state_dict() for path in (run, other)))
    epochs, others = (
        [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()] for path in (run, other)
    )
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, EPOCHS + 1))
    for ours, theirs in zip(epochs, others, strict=True):
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-4), name
    assert {path.name for path in run.iterdir()} == {path.name for path in other.iterdir()}


def test_two_that_are_stopped_leave_a_checkpoint_for_one(alone, tmp_path):
    process = torchrun("-m", "striate", *TRAIN, tmp_path / "run")
    assert process.stdout.readline().startswith(f"epoch 1/{EPOCHS}")
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=120)
    assert stdout == ""
    said = [line for line in stderr.splitlines() if line.startswith("striate: ")]
    assert len(said) == 1, stderr
    assert "run: stopped; the checkpoint of step " in said[0]
    assert process.returncode == 1  # torchrun's own
    of_epoch_1, of_the_stop = sorted(int(path.name) for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert of_epoch_1 == 23 < of_the_stop < 69
    assert resume(tmp_path / "run").directory == tmp_path / "run"
    assert_same_end(tmp_path / "run", alone)


class StopAt(Callback):
    def __init__(self, step):
        self.steps = step

    def on_step(self, _progress):
        self.steps -= 1
        if self.steps == 0:
            os.kill(os.getpid(), signal.SIGINT)


def test_one_that_is_stopped_leaves_a_checkpoint_for_two(alone, tmp_path):
    with pytest.raises(TrainingInterrupted) as stopped:
        train_alone(tmp_path / "run", StopAt(30))
    assert stopped.value.signal == signal.SIGINT
    process = torchrun("-m", "striate", "train", "--resume", tmp_path / "run")
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert "striate" not in stderr
    *epochs, last = stdout.splitlines()
    assert [line.split("  ")[0] for line in epochs] == [f"epoch {n}/{EPOCHS}" for n in range(2, EPOCHS + 1)]
    assert last.startswith(f"{tmp_path / 'run'}: ")
    assert_same_end(tmp_path / "run", alone)
    training = model_file.load_model(tmp_path / "run").training
    assert (training["processes"], training["device"]) == (2, f"cpu ({THREADS} threads), float32")


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """What two processes of `process_of_several.py` leave."""
    out = tmp_path_factory.mktemp("together")
    process = torchrun(Path(__file__).parents[1] / "process_of_several.py", out)
    _, stderr = process.communicate(timeout=120)
    assert (out / "done.json").exists(), stderr
    assert process.returncode == 1
    return out


def done(together):
    return json.loads((together / "done.json").read_text())


def test_two_processes_count_every_image_once_as_one_does(together):
    labels = load_dataset("digits", table=load_table("lenet5:tiny")).validation.labels
    expected = score(evaluated(), labels, cross_entropy)
    for rank in (0, 1):
        logits = torch.load(together / f"logits{rank}.pt")
        torch.testing.assert_close(logits, evaluated(), rtol=1e-5, atol=1e-5)
        scores = score(logits, labels, cross_entropy)
        assert scores.images == len(logits) == 360
        assert torch.equal(scores.confusion, expected.confusion)


def test_two_processes_train_like_one(together):
    """The batches of the recipe are those of all processes together."""
    close(torch.load(together / "trained.pt"), dict(trained().network.state_dict()))


def test_the_model_that_is_kept_is_the_one_that_is_evaluated(together):
    """Batch normalization's running means differ between the processes after a step: the first one's count."""
    network = model_file.load_model(together).network
    validation = load_dataset("digits", table=network.table).validation
    logits = predict_logits(network, validation, find_device("float32"))
    assert score(logits, validation.labels, cross_entropy).loss == pytest.approx(done(together)["test_loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("told", "processes", "threads"),
    [("1", 2, 4), (None, 2, 4), ("3", 2, 1), ("1", 16, 1)],  # torchrun says 1 where nothing was said
)
def test_the_cores_are_shared_unless_somebody_says_how_many(monkeypatch, config, processes, threads):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "any")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if config:
        monkeypatch.setenv("OMP_NUM_THREADS", config)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as torch itself has read, or would have
    try:
        set_threads(processes)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)


def test_a_process_that_dies_ends_the_others_with_one_clear_line(together):
    assert done(together)["error"] == "another of the processes has ended, and so does this one"


@pytest.mark.parametrize(
    ("table", "batch_size", "message"),
    [
        ("lenet5:tiny", 2, "1437 images in batches of 2 among 3 processes leave one without any"),
        (
            "minivggnet:tiny",
            5,
            "row bn3 normalizes .* but 1437 images in batches of 5 among 3 processes leave one with 1",
        ),
    ],
)
def test_a_batch_has_enough_for_every_process(tmp_path, table, batch_size, message):
    table = load_table(table)
    table = replace(table, recipe=replace(table.recipe, batch_size=batch_size))
    with pytest.raises(TrainingError, match=message):
        session.TrainingSession(
            tmp_path, RunConfig(table, "digits", False, Options()), ProcessGroup(world_size=3), Callback()
        )
