"""Devices and threads."""

import pytest
import torch

from striate.runtime.device import one_thread, set_threads


def test_one_thread_is_restored_after_an_error():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyError), one_thread():
            assert torch.get_num_threads() == 1
            raise KeyError
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("omp_num_threads", "processes", "threads"),
    [("1", 2, 4), (None, 2, 4), ("3", 2, 1), ("1", 16, 1)],  # torchrun sets 1 where it is not set
)
def test_the_cores_are_shared_unless_omp_num_threads_is_set(monkeypatch, omp_num_threads, processes, threads):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "any")
    monkeypatch.setattr("striate.runtime.device.available_cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if omp_num_threads:
        monkeypatch.setenv("OMP_NUM_THREADS", omp_num_threads)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as torch reads it from the environment
    try:
        set_threads(processes)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
