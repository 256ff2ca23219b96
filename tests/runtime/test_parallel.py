"""Jobs in parallel: all results, errors as they are, no process left."""

import multiprocessing
import os
import signal
import sys

import pytest
import torch

from striate.errors import StriateError
from striate.runtime import parallel as module
from striate.runtime.parallel import run_parallel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(module, "available_cores", lambda: 2)


def test_every_result_comes_from_another_process():
    weights = torch.randn(300, 300)
    jobs = [lambda factor=factor: (os.getpid(), float((factor * weights @ weights).sum())) for factor in range(7)]
    with run_parallel(jobs) as done:
        results = dict(done)
    assert sorted(results) == list(range(7))
    assert os.getpid() not in {process for process, _ in results.values()}
    for factor, (_, total) in results.items():
        assert total == pytest.approx(factor * float((weights @ weights).sum()), rel=1e-3)
    assert not multiprocessing.active_children()


def test_an_error_in_a_job_is_raised_here():
    def fail():
        raise StriateError("row C9: is not there")

    with pytest.raises(StriateError, match="row C9: is not there"), run_parallel([fail, int]) as done:
        list(done)
    assert not multiprocessing.active_children()


def test_a_killed_process_is_an_error_in_one_line():
    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    with (
        pytest.raises(StriateError, match="a process was killed before its part was done"),
        run_parallel([die, die]) as done,
    ):
        list(done)
    assert not multiprocessing.active_children()


def test_leaving_early_ends_the_processes():
    with pytest.raises(ZeroDivisionError), run_parallel([torch.seed] * 20) as done:
        next(done)
        raise ZeroDivisionError
    assert not multiprocessing.active_children()


def test_one_core_needs_no_other_process(monkeypatch):
    monkeypatch.setattr(module, "available_cores", lambda: 1)
    with run_parallel([os.getpid] * 3) as done:
        assert list(done) == [(number, os.getpid()) for number in range(3)]
