"""The store: what each run is, whatever is on the disk; which changes of a run it allows."""

import io
import json
import os
from dataclasses import replace

import pytest
from lab_runs import EPOCH, lock_of, make_run, train_request
from systems import posix

from striate.data import decode_side
from striate.errors import RunConflictError, RunNotFoundError, StriateError, TrainingError
from striate.nn import Model, build, load_model, save_model
from striate.runs import (
    FAILED_PREFIX,
    STOPPED_LINE,
    LockHolder,
    ModelSummary,
    RunPaths,
    RunScores,
    RunStore,
    RunSummary,
    write_train_request,
)
from striate.runtime import DEVICE_VARIABLE, StatedLock
from striate.tables import load_table
from striate.text import safe_names
from striate.training import run_holder

HOSTILE = "<img src=x onerror=alert(1)>"


def states(store):
    return {run.name: run.state for run in store.list_runs()}


@pytest.fixture
def no_process(monkeypatch):
    """Starts no process; the commands that would have been run, what each would print, and their variables."""
    commands, output, environments = [], [b"a warning of Python\n", b"locked\n"], []

    class Process:
        returncode = 1

        def __init__(self, command, variables):
            commands.append(command)
            environments.append(variables)
            self.stdout = io.BytesIO(b"".join(output))

        def poll(self):
            return 0

        wait = poll

    monkeypatch.setattr("striate.runs.store.start_detached", Process)
    return commands, output, environments


def test_the_state_of_a_run_follows_from_its_files(store):
    make_run(store, "done", card=True)
    make_run(store, "halted", log=f"a warning of torch\n{STOPPED_LINE}\n")
    make_run(store, "wrong", log=f"Traceback\n{FAILED_PREFIX}halted: the loss is nan\x1b[1m\n")
    make_run(store, "shell", own=False)
    make_run(store, "shell done", own=False, card=True)
    write_train_request(RunPaths(store.folder, "lost").request, train_request())
    assert states(store) == {
        "done": "finished", "halted": "stopped", "wrong": "failed", "shell": "outside", "shell done": "finished",
        "lost": "stopped",
    }  # fmt: skip
    assert store.get("wrong").reason == "halted: the loss is nan\\x1b[1m"
    assert store.get("halted").reason is None
    assert store.get("shell").status.summary.data == "pets"  # without the folder's path
    assert {run.name for run in store.list_runs() if run.own} == {"done", "halted", "wrong", "lost"}
    done = store.get("done")
    assert done.status.summary == RunSummary("lenet5", "digits", 20, "rbf_map", 0.003)
    assert done.status.scores == RunScores(1, 0.625)
    assert done.history == {name: [EPOCH[name]] for name in done.history}


def test_the_epochs_of_a_run_are_those_that_it_has_now(store):
    paths = make_run(store, "longer")
    config = json.loads(paths.config.read_text(encoding="utf-8"))
    config["table"]["recipe"]["epochs"] = 35  # as `train --resume RUN --epochs 35` writes it
    paths.config.write_text(json.dumps(config), encoding="utf-8")
    assert store.get("longer").status.summary == RunSummary("lenet5", "digits", 35, "rbf_map", 0.003)


def test_what_killed_processes_left_is_removed(store):
    paths = make_run(store, "kept")
    paths.live.write_text("{}", encoding="utf-8")
    state = paths.live.parent
    kept = {path.name for path in state.iterdir()} | {".hidden"}
    left = (
        ".kept.order.json.k3v_x0ab",
        f".{'long' * 10}.0a1b2c3d",
        ".lock.json.abcdefgh",
        "kept.live.new",
        "gone.order.json",
    )
    for name in (".hidden", *left):
        (state / name).touch()
    store.remove_leftovers()
    assert {path.name for path in state.iterdir()} == kept | {*left}  # another process may be writing them
    for path in state.iterdir():
        os.utime(path, (0, 0))
    store.remove_leftovers()
    assert {path.name for path in state.iterdir()} == kept


def test_damaged_files_are_left_out(store):
    paths = make_run(store, "half", epochs=(EPOCH, {**EPOCH, "epoch": 2, "test_accuracy": 0.75}))
    whole = paths.metrics.read_bytes()
    paths.metrics.write_bytes(whole + b'{"epoch": 3, "train_lo')
    assert store.get("half").history["epoch"] == [1, 2]
    paths.metrics.write_bytes(whole + b'{"epoch": NaN}\n[1]\n\xff\n' + b"[" * 100_000)
    assert store.get("half").history["epoch"] == [1, 2]
    assert store.list_runs()[0].scores.best == 0.75
    for content in ("", "[1]", '{"kernels"', "\x00", "[" * 100_000):
        paths.live.write_text(content, encoding="utf-8")
        assert store.get("half").live is None
    other = make_run(store, "other", own=False)
    for content in ("", "[]", '{"table": 1}', "[" * 100_000):
        other.config.write_text(content, encoding="utf-8")
        assert list(states(store)) == ["half"]


@posix
def test_a_run_is_a_folder_directly_below(store, tmp_path):
    save_model(tmp_path / "model.safetensors", Model(build("lenet5", seed=0), tuple("0123456789"), {}, {}))
    make_run(store, HOSTILE, own=False, card=True)
    (store.folder / HOSTILE / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes())
    assert states(store) == {HOSTILE: "finished"}
    assert load_model(store.model_path(HOSTILE)).network.table == load_table("lenet5")
    for name in ("", ".", "..", "../x", ".lab", "a/b", "a\\b", "a\x00b", "a\nb", "n" * 5000, "\ud800", "nothing"):
        assert store.model_path(name) is None
        for method in (store.get, store.resume, store.delete):
            with pytest.raises(RunNotFoundError):
                method(name)


def test_models_are_summarized_from_their_headers(store):
    paths = make_run(store, "a", card=True)
    save_model(paths.model, Model(build("lenet5:tiny", seed=0), tuple("abcdefghij"), {}, {"top1": 0.5}))
    make_run(store, "b").model.write_bytes(b"no model")
    table = load_table("lenet5:tiny")
    assert store.models() == {"a": ModelSummary("lenet5:tiny", table.input, decode_side(table), tuple("abcdefghij"))}
    save_model(paths.model, Model(build("alexnet:tiny", seed=0), tuple("abcdefghij"), {}, {}))
    assert store.models()["a"].table == "alexnet:tiny"


def test_the_samples_of_a_run_are_those_of_its_first_classes(store):
    paths = make_run(store, "a", card=True)
    assert store.samples("a") == store.samples("../a") == {}
    classes = ("ㄱ/ㄴ", *(f"class {number}" for number in range(20)))
    save_model(paths.model, Model(build("lenet5:modern", classes=21, seed=0), classes, {}, {}))
    assert store.samples("a") == {}  # not finished
    paths.samples.mkdir()
    names = safe_names(classes)
    for name in names[:1] + names[2:]:  # the second class has no validation picture
        (paths.samples / f"{name}.png").touch()
    assert list(store.samples("a")) == ["ㄱ/ㄴ", *(f"class {number}" for number in range(1, 12))]


def test_a_run_that_another_process_trains_is_neither_resumed_nor_deleted(store, no_process):
    """The command line's takes no lock of the store's, only that of the run directory."""
    commands, _, _ = no_process
    paths = make_run(store, "halted")
    (paths.directory / ".lock").touch()  # what a dead process left is no lock
    lock = StatedLock(paths.directory / ".lock")
    with lock.acquire():
        lock.state({"pid": 7})
        assert run_holder(paths.directory) == {"pid": 7}
        for change in (store.resume, store.delete):
            with pytest.raises(RunConflictError, match="this run is being trained by process 7; stop it there first"):
                change("halted")
        assert paths.config.exists() and paths.request.exists() and not commands
    store.delete("halted")
    assert not paths.directory.exists()


def test_one_training_runs_at_a_time(store):
    make_run(store, "halted")
    make_run(store, "other")
    with lock_of(store).acquire():
        lock_of(store).write_holder(LockHolder("halted", 7))
        assert states(store) == {"halted": "running", "other": "stopped"}
        for change in (
            lambda: store.start(train_request()), lambda: store.resume("other"), lambda: store.delete("halted"),
        ):  # fmt: skip
            with pytest.raises(RunConflictError, match=r"is being trained|stop it first"):
                change()
        with pytest.raises(RunConflictError, match="not being trained"):
            store.stop("other")
        store.stop("halted")
        assert RunPaths(store.folder, "halted").stop.exists()
    assert states(store)["halted"] == "stopped"
    assert store.running() is None


def test_only_runs_that_a_store_started_are_changed(store):
    make_run(store, "shell", own=False)
    for change in (store.resume, store.delete):
        with pytest.raises(RunConflictError, match="use the command line"):
            change("shell")
    make_run(store, "done", card=True)
    with pytest.raises(RunConflictError, match="finished"):
        store.resume("done")
    store.delete("done")
    assert states(store) == {"shell": "outside"}
    assert [path.name for path in (store.folder / ".lab").iterdir()] == ["shell.log"]


def test_the_name_of_a_new_run_is_plain_and_free(store, no_process):
    make_run(store, "lenet5-tiny-digits-1", own=False)
    write_train_request(RunPaths(store.folder, "lenet5-tiny-digits-2").request, train_request())
    assert store.start(train_request()) == "lenet5-tiny-digits-3"
    hostile = replace(train_request(), table=replace(load_table("lenet5"), name="../../한글 <b>"), data="..")
    assert store.start(hostile) == "한글-b-table-1"
    assert [command[-1] for command in no_process[0]] == ["lenet5-tiny-digits-3", "한글-b-table-1"]


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ([b"another run is being trained\n"], "another run is being trained; only one training runs at a time"),
        ([b"Traceback\n", b"PermissionError: '/srv/secret/x.log'\n"], "before it began: PermissionError: 'x.log'"),
        ([], "before it began: exit code 1"),
    ],
)
def test_a_training_that_does_not_begin_leaves_no_run(store, no_process, printed, error):
    no_process[1][:] = printed
    with pytest.raises(StriateError, match=error):
        store.start(train_request())
    assert not list((store.folder / ".lab").iterdir())
    make_run(store, "halted")
    with pytest.raises(StriateError, match=error):
        store.resume("halted")
    assert states(store) == {"halted": "stopped"}


@posix
def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="the folder of the runs cannot be written: Not a directory"):
        RunStore(tmp_path / "file" / "runs").start(train_request())


@posix
def test_a_run_whose_name_is_not_utf_8_is_left_out(store):
    make_run(store, "shell", own=False)
    make_run(store, "n\udce9", own=False)
    assert list(states(store)) == ["shell"]


@pytest.mark.parametrize(("device", "variables"), [(None, {}), ("cuda:1", {DEVICE_VARIABLE: "cuda:1"})])
def test_a_training_is_on_the_device_of_the_store(no_process, tmp_path, device, variables):
    RunStore(tmp_path, device).start(train_request())
    assert no_process[2] == [variables]
