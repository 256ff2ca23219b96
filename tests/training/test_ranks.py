"""Several processes, started by torchrun: the same training as one alone, every image evaluated once."""

import json
import os
import re
import signal
import subprocess
import sys

import pytest
import torch

from striate.nn.model_file import load
from striate.training.ranks import Ranks, is_first

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "striate"]
ALONE = [sys.executable, "-m", "striate"]
TRAIN = ["train", "lenet5:modern", "--data", "digits", "--epochs", "3"]
RELATIVE = 1e-3
"""Sums in another order, through three epochs of Adam's steps."""


def start(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process, code=0):
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == code, stderr
    return stdout


def assert_near(one, other):
    ours, theirs = (load(out).network.state_dict() for out in (one, other))
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=RELATIVE, atol=RELATIVE * theirs[name].abs().max())


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "run"
    finish(start([*ALONE, *TRAIN, "--out", str(out)]))
    return out


def test_two_learn_what_one_learns_and_the_first_speaks(alone, tmp_path):
    out = tmp_path / "run"
    shown = finish(start([*TORCHRUN, *TRAIN, "--out", str(out)]))
    assert re.findall(r"^epoch (\d)/3", shown, re.MULTILINE) == ["1", "2", "3"]
    assert shown.count("of 360 held-out images right") == 1
    assert_near(out, alone)
    one, two = ([json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()] for run in (alone, out))
    assert [epoch["test_accuracy"] for epoch in two] == [epoch["test_accuracy"] for epoch in one]
    assert [epoch["train_accuracy"] for epoch in two] == [epoch["train_accuracy"] for epoch in one]
    assert load(out).training["processes"] == 2


def test_one_goes_on_where_two_were_stopped(alone, tmp_path):
    out = tmp_path / "run"
    process = start([*TORCHRUN, *TRAIN, "--out", str(out)])
    try:
        assert process.stdout.readline().startswith("epoch 1/3")
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=120)[1]
    finally:
        process.kill()
    assert "stands, and --resume goes on from it" in stderr
    assert not (out / "README.md").exists()
    finish(start([*ALONE, "train", "--resume", str(out)]))
    assert_near(out, alone)


def test_alone_there_is_nothing_to_share(monkeypatch):
    ranks = Ranks()
    assert ranks.sum(torch.tensor([2.0])).item() == 2
    assert ranks.gather(torch.ones(2, 3)).shape == (2, 3)
    assert ranks.largest(7) == 7
    ranks.wait()
    assert "TORCHELASTIC_RUN_ID" not in os.environ
    monkeypatch.setenv("RANK", "1")  # somebody else's
    assert is_first()
