"""The lock of a run directory: one process trains in it, and who is refused reads which one does."""

import errno
import os
import platform
import re
from dataclasses import replace

import pytest

from striate.errors import TrainingError
from striate.runtime import locks
from striate.tables import load_table
from striate.training import Callback, resume, run_holder, train

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("lenet5:tiny")
RECIPE = replace(TABLE.recipe, epochs=1, batch_size=256)


class Meanwhile(Callback):
    """Calls a function once, within the first step."""

    def __init__(self, function):
        self.function = function
        self.warnings = []

    def on_step(self, _progress):
        function, self.function = self.function, lambda: None
        function()

    def on_warning(self, line):
        self.warnings.append(line)


@pytest.mark.parametrize("second", ["train", "resume", "resume for more epochs"])
@pytest.mark.parametrize("first", ["train", "resume"])
def test_the_second_of_two_is_refused_with_who_has_it(tmp_path, first, second):
    out, lines = tmp_path / "run", []

    def start_second():
        with pytest.raises(TrainingError) as caught:
            if second == "train":
                train(TABLE, "digits", out, recipe=RECIPE)
            else:
                resume(out, epochs=9 if second == "resume for more epochs" else None)
        lines.append(str(caught.value))

    if first == "train":
        train(TABLE, "digits", out, recipe=RECIPE, callbacks=[Meanwhile(start_second)])
    else:
        train(TABLE, "digits", out, recipe=RECIPE)
        resume(out, epochs=2, callbacks=[Meanwhile(start_second)])
    (line,) = lines
    who = f"is being trained by process {os.getpid()} on {re.escape(platform.node())}"
    assert re.fullmatch(
        rf".*run: {who}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\S*; end that one first, or wait for it", line
    )
    assert run_holder(out) is None
    assert not list(out.glob(".lock*"))


def test_what_a_dead_process_left_is_no_lock(tmp_path):
    out = tmp_path / "run"
    out.mkdir()
    (out / ".lock").touch()
    (out / ".lock.json").write_text('{"pid": 1, "host": "gone", "since": "2026-01-01"}', encoding="utf-8")
    assert run_holder(out) is None
    assert train(TABLE, "digits", out, recipe=RECIPE).directory == out


@pytest.mark.parametrize("error", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_gives_a_warning(tmp_path, monkeypatch, error):
    def refuse(*_, **__):
        raise OSError(error, os.strerror(error))

    callback = Meanwhile(lambda: None)
    monkeypatch.setattr(locks, "acquire_lock", refuse)
    train(TABLE, "digits", tmp_path / "run", recipe=RECIPE, callbacks=[callback])
    resume(tmp_path / "run", epochs=2, callbacks=[callback])
    line = f"{tmp_path / 'run'}: its file system has no locks: resume this run in one process only"
    assert callback.warnings == [line, line]


def test_a_directory_that_cannot_be_written_is_refused(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    out = train(TABLE, "digits", tmp_path / "run", recipe=RECIPE).directory
    monkeypatch.setattr(locks, "acquire_lock", refuse)
    with pytest.raises(TrainingError, match="run: cannot be written: Permission denied"):
        resume(out, epochs=2)
