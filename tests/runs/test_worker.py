"""The training process: how it ends, and the line that it leaves in its log."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

from lab_runs import lock_of, make_run, train_request

from striate.errors import DataError
from striate.runs import FAILED_PREFIX, STOPPED_LINE, RunPaths, train_run, write_train_request
from striate.runs.log import DIVERGED_PREFIX, read_failure
from striate.runtime import TrainingInterrupted


def test_a_training_that_fails_gives_the_reason_and_no_path(store, capsys, monkeypatch):
    paths = RunPaths(store.folder, "wild-1")

    def train(request):
        """The exit code, and what the page shows."""
        write_train_request(paths.request, request)
        code = train_run.train_run(store.folder, paths.name)
        paths.log.write_text(
            capsys.readouterr().err + "\nsys:1: ResourceWarning: of an interpreter that ends\n", encoding="utf-8"
        )
        return code, read_failure(paths.log)

    code, reason = train(train_request("lenet5:modern", learning_rate=100.0, epochs=1))
    assert code == 1 and reason.startswith(f"{DIVERGED_PREFIX}wild-1: the loss is ") and str(store.folder) not in reason

    pets = store.folder / "secret" / "pets"
    (pets / "cat").mkdir(parents=True)
    code, reason = train(replace(train_request(), data="pets", source=str(pets)))
    assert code == 1 and "pets" in reason and "secret" not in reason

    def damaged(*_, options, **__):
        raise DataError(f"{options.data.data_dir}/mnist/train: damaged")

    monkeypatch.setattr(train_run, "train", damaged)
    secret = str(store.folder / "my secret")
    assert train(replace(train_request(), data="mnist", source="mnist", data_dir=secret)) == (1, "mnist/train: damaged")
    paths.request.write_text("{}", encoding="utf-8")
    assert train_run.train_run(store.folder, paths.name) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"{FAILED_PREFIX}KeyError: 'table'"


def test_a_training_that_is_interrupted_has_not_failed(store, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise TrainingInterrupted("on request", signal.SIGTERM)

    monkeypatch.setattr(train_run, "train", interrupted)
    paths = RunPaths(store.folder, "run")
    write_train_request(paths.request, train_request())
    assert train_run.train_run(store.folder, paths.name) == 0
    assert capsys.readouterr().err == f"{STOPPED_LINE}\n"


def test_a_training_can_be_stopped_before_it_begins(store):
    paths = make_run(store, "early", log="")
    code = (
        "import os, signal, sys; from striate.runs import train_run, worker\n"
        "train_run.train_run = lambda *_: signal.raise_signal(signal.SIGTERM)\n"
        "worker.main(*sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store.folder), "early"], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"locked\n", b"")
    assert paths.log.read_text(encoding="utf-8") == f"\n{STOPPED_LINE}\n"
    assert [(run.name, run.state) for run in store.list_runs()] == [("early", "stopped")]


def test_a_training_can_be_stopped_while_its_process_starts(store):
    name = store.start(train_request())
    store.stop(name)
    while store.running() is not None:
        time.sleep(0.05)
    assert store.get(name).status.state == "stopped"
    assert store.get(name).reason is None
    assert not RunPaths(store.folder, name).stop.exists()


def test_a_request_to_stop_is_for_one_session(store):
    """A request that came when the training had just ended does not stop the next."""
    make_run(store, "late", epochs=())
    paths = RunPaths(store.folder, "late")
    shutil.rmtree(paths.directory)
    write_train_request(paths.request, train_request(epochs=1))
    paths.stop.touch()
    store.resume("late")
    while store.running() is not None:
        time.sleep(0.05)
    assert store.get("late").status.state == "finished"


def test_one_of_two_processes_has_the_lock(store):
    make_run(store, "second")
    command = [sys.executable, "-m", "striate.runs.worker", str(store.folder), "second"]
    with lock_of(store).acquire():
        done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"another run is being trained\n", b"")
    assert store.get("second").status.state == "stopped"  # its log is as it was


def test_the_lock_is_acquired_before_torch_is_imported():
    code = "import sys; from striate.runs import worker; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
