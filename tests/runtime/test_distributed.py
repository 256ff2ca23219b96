"""The processes of torchrun: which GPU each uses, and by which library they reduce."""

import pytest
import torch
from torch import distributed

from striate.errors import TrainingError
from striate.runtime import init_distributed


@pytest.fixture
def join(monkeypatch):
    """The backend, the group and the chosen GPU of one of some processes, on a machine with some GPUs of a kind."""

    def joined(kind, gpus, processes, rank, device=None):
        for name, number in {"RANK": rank, "WORLD_SIZE": processes}.items():
            monkeypatch.setenv(name, str(number))
            monkeypatch.setenv(f"LOCAL_{name}", str(number))
        found = {}
        monkeypatch.setenv("TORCHELASTIC_RUN_ID", "any")
        monkeypatch.setattr(torch.accelerator, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
        monkeypatch.setattr(torch.accelerator, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.accelerator, "set_device_index", lambda index: found.update(gpu=index))
        monkeypatch.setattr(distributed, "init_process_group", lambda backend, timeout: found.update(backend=backend))
        monkeypatch.setattr(distributed, "destroy_process_group", lambda: None)
        with init_distributed(device) as group:
            return group.describe(), group.gpu, found

    return joined


def test_every_process_has_a_gpu_of_its_own_where_there_are_enough(join):
    assert join("cuda", 2, 2, 1) == (", 2 processes", 1, {"gpu": 1, "backend": "cpu:gloo,cuda:nccl"})
    assert join("xpu", 4, 2, 1) == (", 2 processes", 1, {"gpu": 1, "backend": "cpu:gloo,xpu:xccl"})


def test_processes_share_a_gpu_by_gloo(join):
    assert join("cuda", 1, 2, 1) == (", 2 processes, 2 on a GPU", 0, {"gpu": 0, "backend": "gloo"})
    assert join("cuda", 2, 3, 2) == (", 3 processes, 2 on a GPU", 0, {"gpu": 0, "backend": "gloo"})
    with pytest.raises(TrainingError, match="2 processes need a GPU each, and this machine has 1"):
        join("xpu", 1, 2, 1)


def test_without_gpus_over_which_torch_reduces_they_reduce_by_gloo(join):
    assert join("cuda", 0, 2, 1) == (", 2 processes", 1, {"backend": "gloo"})
    assert join("mps", 1, 2, 1) == (", 2 processes", 1, {"backend": "gloo"})


def test_a_named_device(join):
    assert join("cuda", 2, 2, 1, "cpu") == (", 2 processes", 1, {"backend": "gloo"})
    assert join("cuda", 2, 2, 1, "cuda") == join("cuda", 2, 2, 1)
    with pytest.raises(
        TrainingError, match=r"device cuda:1: torchrun's processes choose their GPUs by their ranks; take cuda$"
    ):
        join("cuda", 2, 2, 1, "cuda:1")
