"""Training on a device that is not the CPU: a stand-in with the CPU's numbers (`devices`). No GPU is needed, and none was there when these were written."""

from dataclasses import replace

import devices
import pytest
import torch
from trainings import DieInEpoch, assert_same_weights, weights

from striate.errors import TrainingError
from striate.nn import load_model
from striate.runtime import is_out_of_memory, out_of_memory, training_memory_error
from striate.tables import load_plan, load_table
from striate.training import Options, Trainer, resume, train

pytestmark = pytest.mark.usefixtures("without_plots")
CPU = Options(precision="float32", device="cpu")
OTHER = replace(CPU, device=None)  # the stand-in, where it is there


class Die(DieInEpoch):
    """As its base; keeps the first line."""

    first_line = ""

    def on_start(self, device):
        self.first_line = device


def tiny(**changes):
    table = load_table("minivggnet:tiny")  # with batch normalization and dropout
    return table, replace(table.recipe, **{"epochs": 2, "batch_size": 512, **changes})


@pytest.fixture(scope="module")
def on_the_cpu(tmp_path_factory):
    """The directory of a run that the CPU trained."""
    table, recipe = tiny(ema=0.9)
    out = tmp_path_factory.mktemp("cpu") / "run"
    train(table, "digits", out, recipe=recipe, options=CPU)
    return out


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("first", ["cpu", None])
def test_a_training_moves_between_devices(tmp_path, on_the_cpu, first):
    table, recipe = tiny(ema=0.9)
    die = Die(2)
    with pytest.raises(KeyboardInterrupt):
        train(table, "digits", tmp_path / "run", recipe=recipe, options=replace(CPU, device=first), callbacks=[die])
    assert die.first_line.startswith("cpu (" if first else "Stand-in (stand_in:0), float32; repetition is not")
    resume(tmp_path / "run", options=replace(CPU, device=None if first else "cpu"))
    assert_same_weights(weights(tmp_path / "run"), weights(on_the_cpu))
    words = load_model(tmp_path / "run").training["device"]
    assert words.startswith("Stand-in (stand_in:0), float32" if first else "cpu (")
    assert words in (tmp_path / "run" / "README.md").read_text(encoding="utf-8")


def test_a_kernel_that_is_missing_ends_a_training_in_one_line(device, tmp_path):
    device.lacks = {"aten::max_pool2d_with_indices"}
    table, recipe = tiny()
    with pytest.raises(TrainingError) as raised:
        train(table, "digits", tmp_path / "run", recipe=recipe, options=OTHER)
    assert str(raised.value) == (
        f"{tmp_path / 'run'}: stand_in:0: The operator 'aten::max_pool2d_with_indices' is not currently implemented for"
        " the stand_in device; take device cpu; nothing was saved"
    )


def test_a_training_that_runs_out_of_memory_says_what_would_fit(device, tmp_path):
    table, recipe = tiny()
    device.most_images, device.free = 300, 10**9
    with pytest.raises(TrainingError) as raised:
        train(table, "digits", tmp_path / "run", recipe=recipe, options=OTHER)
    assert str(raised.value) == (
        f"{tmp_path / 'run'}: stand_in:0: out of memory with a batch of 512 images (15.0 of 16.0 GB in use);"
        " --batch-size 256 would fit; nothing was saved"
    )
    device.most_images = 256  # the validation images come in larger batches
    train(table, "digits", tmp_path / "run", recipe=replace(recipe, batch_size=256, epochs=1), options=OTHER)


def test_the_batch_size_that_would_fit_is_by_the_plan(device):
    plan, there = load_plan("resnet50"), torch.device(devices.NAME, 0)
    device.free = 3 * 10**9  # 307 MB for the weights, their gradients and momenta; 108 MB for each image
    assert training_memory_error(there, plan, 256).endswith("GB in use); --batch-size 16 would fit")
    assert training_memory_error(there, plan, 512, processes=2).endswith("--batch-size 32 would fit")
    device.free = 10**8
    assert training_memory_error(there, plan, 256).endswith("; not even one image would fit")


@pytest.mark.parametrize(
    ("words", "is_short"),
    [
        ("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried to", True),
        ("MPS backend out of memory (MPS allocated: 1 GB, other allocations: 2 GB, max allowed: 3 GB)", True),
        ("mat1 and mat2 shapes cannot be multiplied", False),
    ],
)
def test_errors_of_memory(words, is_short):
    assert is_out_of_memory(RuntimeError(words)) is is_short


def test_the_cpu_out_of_memory_is_one_line(monkeypatch, tmp_path):
    def fails_to_allocate(*_):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr(Trainer, "train_step", fails_to_allocate)
    monkeypatch.setattr(out_of_memory, "machine_memory", lambda: 2 * 10**9)
    monkeypatch.setattr(out_of_memory, "available_memory", lambda: 5 * 10**8)
    table, recipe = tiny()
    with pytest.raises(TrainingError) as raised:
        train(table, "digits", tmp_path / "run", recipe=recipe, options=CPU)
    assert str(raised.value) == (
        f"{tmp_path / 'run'}: cpu: out of memory with a batch of 512 images (1.5 of 2.0 GB in use);"
        " --batch-size 256 would fit; nothing was saved"
    )
