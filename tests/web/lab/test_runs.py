"""The runs on the disk: what each is, whatever lies there; who holds the lock; what a recorder writes."""

import json
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from lab_runs import EPOCH, make_run, numbers, order

from striate.errors import TrainingError
from striate.inspection import kernels
from striate.nn import Model, build, load_model, save_model
from striate.tables import ARCHITECTURES, Conv, Dense, Table, load_table
from striate.training import plots, train
from striate.web.errors import HTTPError
from striate.web.lab import recorder
from striate.web.lab.lock import Holder, TrainingLock, write_holder
from striate.web.lab.recorder import Recorder, first_convolution, packed_kernels
from striate.web.lab.run_files import ENDED, RunPaths
from striate.web.lab.runs import RunStore
from striate.web.lab.settings import LabSettings
from striate.web.lab.train_request import write_train_request
from striate.web.lab.train_worker import FAILED, STOPPED
from striate.web.lab.worker import encoded

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def runs(tmp_path):
    (tmp_path / ".lab").mkdir()
    return RunStore(LabSettings(tmp_path))


@pytest.fixture
def no_pictures(monkeypatch):
    for name in ("plot_curves", "plot_confusion", "plot_calibration", "plot_mistakes"):
        monkeypatch.setattr(plots, name, lambda *_: None)


def listed(runs):
    return {run["name"]: run["state"] for run in runs.all()}


def test_the_disk_says_what_a_run_is(runs):
    make_run(runs, "done", card=True)
    make_run(runs, "halted", log=f"a warning of torch\n{STOPPED}\n")
    make_run(runs, "wrong", log=f"Traceback\n{FAILED}halted: the loss is nan\x1b[1m\n")
    make_run(runs, "shell", own=False)
    make_run(runs, "shell done", own=False, card=True)
    write_train_request(RunPaths(runs.folder, "lost").order, order())
    assert listed(runs) == {
        "done": "finished", "halted": "stopped", "wrong": "failed", "shell": "outside", "shell done": "finished",
        "lost": "stopped",
    }  # fmt: skip
    assert runs.one("wrong")["reason"] == "halted: the loss is nan?[1m"
    assert runs.one("halted")["reason"] is None
    assert runs.one("shell")["data"] == "pets"  # the folder's path is nobody's business
    assert {run["name"] for run in runs.all() if run["own"]} == {"done", "halted", "wrong", "lost"}
    one = runs.one("done")
    assert (one["table"], one["epochs"], one["done"], one["best"]) == ("lenet5", 20, 1, 0.625)
    assert one["history"] == {name: [EPOCH[name]] for name in one["history"]}


def test_what_is_damaged_is_left_out(runs):
    files = make_run(runs, "half", epochs=(EPOCH, {**EPOCH, "epoch": 2, "test_accuracy": 0.75}))
    whole = files.metrics.read_bytes()
    files.metrics.write_bytes(whole + b'{"epoch": 3, "train_lo')
    assert runs.one("half")["history"]["epoch"] == [1, 2]
    files.metrics.write_bytes(whole + b'{"epoch": NaN}\n[1]\n\xff\n' + b"[" * 100_000)
    assert runs.one("half")["history"]["epoch"] == [1, 2]
    assert runs.all()[0]["best"] == 0.75
    for content in ("", "[1]", '{"kernels"', "\x00"):
        files.live.write_text(content)
        assert runs.one("half")["live"] is None
    other = make_run(runs, "other", own=False)
    for content in ("", "[]", '{"table": 1}', "[" * 100_000):
        other.told.write_text(content)
        assert list(listed(runs)) == ["half"]


def test_a_run_is_a_folder_below_and_nothing_else(runs, tmp_path):
    save_model(tmp_path / "model.safetensors", Model(build("lenet5", seed=0), tuple("0123456789"), {}, {}))
    make_run(runs, HOSTILE, own=False, card=True)
    (runs.folder / HOSTILE / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes())
    assert listed(runs) == {HOSTILE: "finished"}
    assert load_model(runs.model(HOSTILE)).network.table == load_table("lenet5")
    for name in ("", ".", "..", "../x", ".lab", "a/b", "a\\b", "a\x00b", "a\nb", "n" * 5000, "\ud800", "nothing"):
        assert runs.model(name) is None
        for ask in (runs.one, runs.resume, runs.delete):
            with pytest.raises(HTTPError) as refused:
                ask(name)
            assert refused.value.status == 404


def test_models_of_runs_are_told_by_their_beginnings(runs):
    files = make_run(runs, "a", card=True)
    save_model(files.model, Model(build("lenet5:tiny", seed=0), tuple("abcdefghij"), {}, {"top1": 0.5}))
    make_run(runs, "b").model.write_bytes(b"no model")
    tiny = load_table("lenet5:tiny")
    assert runs.models() == [{"name": "runs/a", "table": "lenet5:tiny", "input": list(tiny.input)}]
    save_model(files.model, Model(build("alexnet:tiny", seed=0), tuple("abcdefghij"), {}, {}))
    assert runs.models()[0]["table"] == "alexnet:tiny"


def test_one_training_goes_on_at_a_time(runs):
    make_run(runs, "halted")
    make_run(runs, "other")
    with runs._lock.taken() as handle:
        write_holder(handle, Holder("halted", 0))
        assert listed(runs) == {"halted": "running", "other": "stopped"}
        for ask in (lambda: runs.start(order()), lambda: runs.resume("other"), lambda: runs.delete("halted")):
            with pytest.raises(HTTPError, match=r"is being trained|stop it first") as refused:
                ask()
            assert refused.value.status == 409
        with pytest.raises(HTTPError, match="not being trained"):
            runs.stop("other")
        with pytest.raises(HTTPError, match="about to begin"):
            runs.stop("halted")  # and no signal goes to process 0, which is this one's whole group
    assert listed(runs)["halted"] == "stopped"
    assert runs.going_on() is None


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path):
    lock = TrainingLock(tmp_path / "lock")
    assert lock.holder() is None
    with lock.taken() as handle:
        sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[handle])
        write_holder(handle, Holder("run", sleeper.pid))
    with sleeper:
        assert lock.holder() == Holder("run", sleeper.pid)
        assert TrainingLock(tmp_path / "lock").holder() == Holder("run", sleeper.pid)  # a server that was started anew
        sleeper.send_signal(signal.SIGKILL)
        sleeper.wait()
        assert lock.holder() is None
    with lock.taken():
        assert lock.holder() == Holder("", 0)  # nobody believes what stood there before


def test_only_runs_that_were_begun_here_are_changed(runs):
    make_run(runs, "shell", own=False)
    for ask in (runs.resume, runs.delete):
        with pytest.raises(HTTPError, match="use the command line"):
            ask("shell")
    make_run(runs, "done", card=True)
    with pytest.raises(HTTPError, match="finished"):
        runs.resume("done")
    runs.delete("done")
    assert listed(runs) == {"shell": "outside"}
    assert [path.name for path in (runs.folder / ".lab").iterdir() if path.name != "lock"] == ["shell.log"]


def test_a_name_is_plain_and_never_taken(runs):
    make_run(runs, "lenet5-tiny-digits-1", own=False)
    write_train_request(RunPaths(runs.folder, "lenet5-tiny-digits-2").order, order())
    assert runs._new(order()).name == "lenet5-tiny-digits-3"
    hostile = replace(order(), table=replace(load_table("lenet5"), name="../../한글 <b>"), data="..")
    assert runs._new(hostile).name == "b-table-1"


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="the folder of the runs cannot be written: Not a directory"):
        RunStore(LabSettings(tmp_path / "file" / "runs")).start(order())


@pytest.mark.usefixtures("no_pictures")
def test_a_recorder_writes_kernels_as_they_form(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "_EVERY", 0)
    path, seen = tmp_path / "live.json", []

    class Looking(Recorder):
        def on_step(self, progress):
            super().on_step(progress)
            seen.append(json.loads(path.read_text()))

        def on_epoch(self, epoch):
            super().on_epoch(epoch)
            seen.append(json.loads(path.read_text()))

    train("lenet5:tiny", "digits", tmp_path / "run", recipe=order(epochs=2).table.recipe, callbacks=[Looking(path, 2)])
    steps = len(seen) // 2
    half = seen[steps // 2 - 1]["progress"]
    assert [state["phase"] for state in seen] == ["training"] * (2 * steps - 1) + ["ending"]
    assert (half["epoch"], half["images"]) == (1, round(half["epoch_images"] * (steps // 2) / (steps - 1)))
    assert [state["seconds_left"] for state in (seen[0], seen[-2], seen[-1])] == [None, 0, None]
    assert 0 < seen[1]["seconds_left"] < 60
    assert [len(state["trail"]) for state in seen] == 2 * [*range(1, steps), 0]
    assert seen[-2]["trail"][-1] == [2, seen[-2]["progress"]["loss"], seen[-2]["progress"]["accuracy"]]
    row = first_convolution(load_table("lenet5:tiny"))
    for packed, network in (
        (seen[-1]["kernels"]["first"], build("lenet5:tiny", seed=0)),
        (seen[-1]["kernels"]["now"], load_model(tmp_path / "run").network),
    ):
        expected = kernels(network, row)[:, 0]
        assert np.abs(numbers(packed) - expected).max() <= packed["scale"] / 127
    resumed = Looking(path, 2)
    resumed.on_network(build("lenet5:tiny", seed=1))
    assert json.loads(path.read_text())["kernels"]["first"] == seen[0]["kernels"]["first"]


def test_which_kernels_are_shown():
    assert {first_convolution(table) is not None for table in ARCHITECTURES.values()} == {True}
    network = build("resnet18:tiny", seed=0)
    packed = packed_kernels(network, row := first_convolution(network.table))
    weights = kernels(network, row)
    assert (packed["channels"], packed["count"], packed["of"]) == (3, len(weights), len(weights))
    assert np.abs(numbers(packed).reshape(weights.shape) - weights).max() <= packed["scale"] / 127
    many = build(Table("many", (3, 64, 64), (Conv("C", maps=200, kernel=20), Dense("Out", units=2))), seed=0)
    assert packed_kernels(many, "C")["count"] == 33
    assert first_convolution(Table("none", (1, 8, 8), (Dense("Out", units=2),))) is None
    assert first_convolution(Table("huge", (3, 300, 300), (Conv("C", maps=2, kernel=250), Dense("O", units=2)))) is None


def test_a_disk_that_is_full_ends_no_training(tmp_path):
    Recorder(tmp_path / "nowhere" / "live.json", 1).on_warning("a line")


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", ENDED),  # for want of memory, say
        ("\n", ENDED),
        ("/home/me/bin/python: No module named striate\n", f"{ENDED}; it said last: python: No module named striate"),
        (f"{FAILED}the loss is nan\n/usr/lib/x.py:3: a warning\n  at its end\n", "the loss is nan"),
        (f"{STOPPED}\n{FAILED}later\n", "later"),
        (
            f"{FAILED}https://a.org/b/c, ./d/e, f/g 1 / 2, '/h/i/j k', /l",
            "https://a.org/b/c, ./d/e, f/g 1 / 2, 'j k', l",
        ),
        (f"{FAILED}{'x' * 5000}\n{'y' * 9000}\n", "x" * 1000),
        (f"half a line\n{STOPPED}\na warning\n", None),
    ],
)
def test_a_log_says_why_a_training_ended(runs, log, reason):
    make_run(runs, "ended", log=log)
    one = runs.one("ended")
    assert (one["state"], one["reason"]) == ("stopped" if reason is None else "failed", reason)


def test_a_training_tells_its_own_number_and_can_be_stopped_before_it_begins(runs):
    files = make_run(runs, "early", log="")
    code = (
        "import os, signal, sys; from striate.web.lab import train_worker\n"
        "train_worker.carry_out = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "assert 'torch' not in sys.modules\n"
        "train_worker.main(*sys.argv[1:])"
    )
    with runs._lock.taken() as handle, files.log.open("wb") as log:
        write_holder(handle, Holder("early", 0))
        assert runs.going_on().endswith("early goes on; it has just begun")
        command = [sys.executable, "-c", code, str(runs.folder), "early", str(handle)]
        with subprocess.Popen(command, stderr=log, pass_fds=[handle]) as process:
            assert process.wait() == 0
        assert runs._lock.holder() == Holder("early", process.pid)
        assert runs.going_on().endswith(f"`kill {process.pid}` ends it, with a checkpoint")
    assert listed(runs) == {"early": "stopped"}


def test_names_that_are_no_utf_8_break_no_list(runs):
    files = make_run(runs, "shell", own=False)
    files.told.write_text(files.told.read_text().replace("pets", "p\\udce9ts"))
    make_run(runs, "n\udce9", own=False)
    assert json.loads(encoded(runs.all()))[0]["data"] == "p?ts"
    assert list(listed(runs)) == ["shell"]
