"""The training process: how it ends, and the line that it leaves in its log."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

from lab_runs import lock_of, make_run, train_request

from striate.errors import DataError
from striate.runs import FAILED_PREFIX, STOPPED_LINE, LockHolder, RunPaths, worker, write_train_request
from striate.runs.log import read_failure
from striate.runtime import TrainingInterrupted


def test_a_training_that_fails_gives_the_reason_and_no_path(store, capsys, monkeypatch):
    paths = RunPaths(store.folder, "wild-1")

    def train(request):
        """The exit code, and what the page shows."""
        write_train_request(paths.request, request)
        code = worker.train_run(paths)
        paths.log.write_text(capsys.readouterr().err + "\nsys:1: ResourceWarning: of an interpreter that ends\n")
        return code, read_failure(paths.log)

    code, reason = train(train_request("lenet5:modern", learning_rate=100.0, epochs=1))
    assert code == 1 and reason.startswith("wild-1: the loss is ") and str(store.folder) not in reason

    pets = store.folder / "secret" / "pets"
    (pets / "cat").mkdir(parents=True)
    code, reason = train(replace(train_request(), data="pets", source=str(pets)))
    assert code == 1 and "pets" in reason and "secret" not in reason

    def damaged(*_, options, **__):
        raise DataError(f"{options.data.data_dir}/mnist/train: damaged")

    monkeypatch.setattr(worker, "train", damaged)
    secret = str(store.folder / "my secret")
    assert train(replace(train_request(), data="mnist", source="mnist", data_dir=secret)) == (1, "mnist/train: damaged")
    paths.request.write_text("{}")
    assert worker.train_run(paths) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"{FAILED_PREFIX}KeyError: 'table'"


def test_a_training_that_is_interrupted_has_not_failed(store, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise TrainingInterrupted("on request", signal.SIGTERM)

    monkeypatch.setattr(worker, "train", interrupted)
    paths = RunPaths(store.folder, "run")
    write_train_request(paths.request, train_request())
    assert worker.train_run(paths) == 0
    assert capsys.readouterr().err == f"{STOPPED_LINE}\n"


def test_a_training_can_be_stopped_before_it_begins(store):
    paths = make_run(store, "early", log="")
    code = (
        "import os, signal, sys; from striate.runs import worker\n"
        "worker.train_run = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "worker.main(*sys.argv[1:])"
    )
    with lock_of(store).acquire() as lock, paths.log.open("wb") as log:
        LockHolder("early", 0).write(lock)
        command = [sys.executable, "-c", code, str(store.folder), "early", str(lock)]
        with subprocess.Popen(command, stderr=log, pass_fds=[lock]) as process:
            assert process.wait() == 0
        assert store.running() == LockHolder("early", process.pid)
    assert [(run.name, run.state) for run in store.list_runs()] == [("early", "stopped")]


def test_a_training_can_be_stopped_while_its_process_starts(store):
    """SIGTERM is blocked until there is a handler for it; then it is delivered."""
    name = store.start(train_request())
    store.stop(name)
    while store.running() is not None:
        time.sleep(0.05)
    assert store.get(name).status.state == "stopped"
    assert store.get(name).reason is None
