"""`--device` and $STRIATE_DEVICE on every command that computes."""

import json

import pytest
import torch
from running import fails, here

from striate.nn import Model, build, save_model
from striate.runtime import DEVICE_VARIABLE
from striate.training import session

COMMANDS = {
    "train": ["lenet5", "--data", "digits", "--out", "run"],
    "ablate": ["lenet5", "lenet5:modern", "--data", "digits", "--out", "run"],
    "calibrate": ["lenet5", "--data", "digits", "--out", "calibrated.safetensors"],
    "evaluate": ["lenet5", "--data", "digits"],
    "predict": ["lenet5", "digit.png"],
    "inspect": ["--gradient-flow", "lenet5"],
    "story": ["--data", "digits", "--out", "story"],
    "serve": ["--port", "0"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_names_on_the_command_line(command, monkeypatch):
    arguments = [command, *COMMANDS[command]]
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)
    line = fails(*arguments, "--device", "gpu", code=2, run=here)
    assert "argument --device: expected auto, cpu, cuda, cuda:N, mps or xpu, got 'gpu'" in line
    monkeypatch.setenv(DEVICE_VARIABLE, "gpu")
    line = fails(*arguments, code=2, run=here)
    assert "$STRIATE_DEVICE: expected auto, cpu, cuda, cuda:N, mps or xpu, got 'gpu'" in line


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "story"])  # it says first what it trains
def test_a_device_that_is_not_there_on_the_command_line(command, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda check_available=False: None)
    line = fails(command, *COMMANDS[command], "--device", "cuda:1", run=here)
    assert line == "striate: device cuda:1: this machine has no GPU that torch can use; take cpu"


def test_the_command_line_on_another_device(device, tmp_path, drawn_digits):
    network, path = build("lenet5:tiny", classes=10, seed=0).eval(), tmp_path / "model.safetensors"
    save_model(path, Model(network, tuple("0123456789"), {}, {}))
    done = here("inspect", path, "--data", drawn_digits, "--out", tmp_path / "inside", "--json")
    assert done.returncode == 0, done.stderr
    views = json.loads(done.stdout)["views"]
    assert views and all((tmp_path / view["picture"]).exists() for view in views)
    assert device.counts["to the device"]
    document = json.loads(here("evaluate", path, "--data", "digits", "--json").stdout)
    assert document["device"] == "Stand-in (stand_in:0)"


def test_a_kernel_that_is_missing_is_one_line(device):
    device.lacks = {"aten::avg_pool2d"}
    line = fails("inspect", "--gradient-flow", "lenet5", run=here)
    assert line == (
        "striate: The operator 'aten::avg_pool2d' is not currently implemented for the stand_in device; take device cpu"
    )


@pytest.mark.usefixtures("device")
def test_memory_that_runs_out_before_the_first_step_is_one_line(monkeypatch, tmp_path):
    def does_not_fit(*_arguments, **_options):
        raise torch.OutOfMemoryError(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 1 GiB"
        )

    monkeypatch.setattr(session, "Trainer", does_not_fit)
    line = fails("train", "lenet5", "--data", "digits", "--out", tmp_path / "run", run=here)
    assert line == "striate: out of memory: 2.00 GiB more were needed"
