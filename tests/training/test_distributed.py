"""Several processes, as torchrun starts them: they learn and evaluate as one does, and any number resumes."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from process_of_several import predict, train_one_epoch
from systems import posix
from torch.nn.functional import cross_entropy

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.nn import model_file
from striate.runtime import TrainingInterrupted, available_cores, find_device
from striate.tables import load_table
from striate.training import Callback, Options, adapt_to_dataset, predict_logits, resume, run_holder, score, train

pytestmark = pytest.mark.usefixtures("without_plots")  # in this process
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
THREADS = max(1, available_cores() // 2)
EPOCHS = 3
FLOAT32 = Options(precision="float32")
GENTLE = {"epochs": EPOCHS, "batch_size": 64, "learning_rate": 0.02}  # rounding does not grow into other predictions
RECIPE = replace(load_table("lenet5:modern").recipe, **GENTLE)
FLAGS = [str(word) for name, value in GENTLE.items() for word in (f"--{name.replace('_', '-')}", value)]
TRAIN = ["train", "lenet5:modern", "--data", "digits", *FLAGS, "--precision", "float32", "--out"]


def torchrun(*arguments):
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    environment["CUDA_VISIBLE_DEVICES"] = ""  # two processes would need two GPUs
    return subprocess.Popen(
        [*TORCHRUN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
    )


def train_alone(out, *callbacks):
    return train("lenet5:modern", "digits", out, recipe=RECIPE, options=FLOAT32, callbacks=callbacks)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return train_alone(tmp_path_factory.mktemp("alone") / "run").directory


def assert_close(weights, others):
    """Equal but for the order of summation."""
    torch.testing.assert_close(weights, others, rtol=1e-4, atol=1e-5)


def assert_same_run(run, other):
    """Two finished runs have the same weights, epochs and files."""
    assert_close(*(model_file.load_model(path).network.state_dict() for path in (run, other)))
    epochs, others = (
        [json.loads(line) for line in (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        for path in (run, other)
    )
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, EPOCHS + 1))
    for ours, theirs in zip(epochs, others, strict=True):
        for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-4), name
    assert {path.name for path in run.iterdir()} == {path.name for path in other.iterdir()}


def test_one_process_resumes_from_a_checkpoint_of_two(alone, tmp_path):
    process = torchrun("-m", "striate", *TRAIN, tmp_path / "run")
    assert process.stdout.readline().startswith(f"epoch 1/{EPOCHS}")
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=120)
    assert stdout == ""
    lines = [line for line in stderr.splitlines() if line.startswith("striate: ")]
    assert len(lines) == 1, stderr
    assert "run: stopped; the checkpoint of step " in lines[0]
    assert process.returncode in (1, -signal.SIGABRT)  # torchrun's own, which may abort as it ends on a busy machine
    epoch_1, interrupted = sorted(int(path.name) for path in (tmp_path / "run" / "checkpoints").iterdir())
    assert epoch_1 == 23 < interrupted < 69
    assert resume(tmp_path / "run").directory == tmp_path / "run"
    assert_same_run(tmp_path / "run", alone)


@posix
def test_the_first_of_two_processes_has_the_lock(tmp_path):
    out = tmp_path / "run"
    process = torchrun("-m", "striate", *TRAIN, out, "--epochs", 1000)
    try:
        assert "epoch    1/1000" in process.stdout.readline()
        holder = psutil.Process(run_holder(out)["pid"])
        assert holder.environ()["RANK"] == "0"
        refused = f"striate: {out}: is being trained by process {holder.pid} on "
        with pytest.raises(TrainingError, match=re.escape(refused.removeprefix("striate: "))):
            resume(out)
        second = torchrun("-m", "striate", "train", "--resume", out)
        _, stderr = second.communicate(timeout=600)
        (line,) = (line for line in stderr.splitlines() if line.startswith("striate: "))
        assert line.startswith(refused)
        assert second.returncode == 1
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=600)
    assert run_holder(out) is None
    assert not list(out.glob(".lock*"))


class InterruptAt(Callback):
    def __init__(self, step):
        self.steps_left = step

    def on_step(self, _progress):
        self.steps_left -= 1
        if self.steps_left == 0:
            os.kill(os.getpid(), signal.SIGINT)


def test_two_processes_resume_from_a_checkpoint_of_one(alone, tmp_path):
    with pytest.raises(TrainingInterrupted) as interrupt:
        train_alone(tmp_path / "run", InterruptAt(30))
    assert interrupt.value.signal == signal.SIGINT
    process = torchrun("-m", "striate", "train", "--resume", tmp_path / "run")
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 0, stderr
    assert "striate" not in stderr
    *epochs, last = stdout.splitlines()
    assert [line.split("  ")[0] for line in epochs] == [f"epoch {n}/{EPOCHS}" for n in range(2, EPOCHS + 1)]
    assert last.startswith(f"{tmp_path / 'run'}: ")
    assert_same_run(tmp_path / "run", alone)
    training = model_file.load_model(tmp_path / "run").training
    assert (training["processes"], training["device"]) == (2, f"cpu ({THREADS} threads), float32")


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """What two processes of `process_of_several.py` write."""
    out = tmp_path_factory.mktemp("together")
    process = torchrun(Path(__file__).parents[1] / "process_of_several.py", out)
    _, stderr = process.communicate(timeout=120)
    assert (out / "done.json").exists(), stderr
    assert process.returncode == 1
    return out


def results(together):
    return json.loads((together / "done.json").read_text(encoding="utf-8"))


def test_two_processes_evaluate_every_image_once(together):
    labels = load_dataset("digits", table=load_table("lenet5:tiny")).validation.labels
    expected = score(predict(), labels, cross_entropy)
    for rank in (0, 1):
        logits = torch.load(together / f"logits{rank}.pt")
        torch.testing.assert_close(logits, predict(), rtol=1e-5, atol=1e-5)
        scores = score(logits, labels, cross_entropy)
        assert scores.images == len(logits) == 360
        assert torch.equal(scores.confusion, expected.confusion)


def test_two_processes_train_as_one(together):
    """The recipe's batch size is that of all processes together."""
    assert_close(torch.load(together / "trained.pt"), dict(train_one_epoch().network.state_dict()))


def test_the_saved_model_is_the_evaluated_one(together):
    """Batch normalization's running means differ between processes after a step: those of the first are used."""
    network = model_file.load_model(together).network
    validation = load_dataset("digits", table=network.table).validation
    logits = predict_logits(network, validation, find_device("float32"))
    assert score(logits, validation.labels, cross_entropy).loss == pytest.approx(
        results(together)["test_loss"], rel=1e-5
    )


def test_a_process_that_dies_stops_the_others_with_one_clear_line(together):
    assert results(together)["error"] == "another process ended, so this one stops"


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
def test_a_batch_needs_images_for_every_process(table, batch_size, message):
    table = load_table(table)
    table = replace(table, recipe=replace(table.recipe, batch_size=batch_size))
    with pytest.raises(TrainingError, match=message):
        adapt_to_dataset(table, load_dataset("digits", table), world_size=3)
