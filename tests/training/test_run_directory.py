"""A run directory that is removed: at whatever file operation it is killed, it is a run or nobody's."""

import shutil
from itertools import count
from pathlib import Path

import pytest

from striate.training.run_directory import RUN_FILES, check_available, remove_run
from striate.training.tensorboard import TENSORBOARD_FOLDER

FOLDERS = ("checkpoints", "samples", TENSORBOARD_FOLDER)
LEFTOVERS = (".pictures.txt.k3v_x0ab", ".run.json.k3v_x0ab", "..lock.json.k3v_x0ab")


class KilledError(BaseException):
    """The end of the process."""


def make_run(out):
    for name in (*RUN_FILES, *LEFTOVERS):
        out.mkdir(exist_ok=True)
        (out / name).mkdir() if name in FOLDERS else (out / name).write_text("{}", encoding="utf-8")
    (out / "checkpoints" / "epoch-1").mkdir()
    (out / TENSORBOARD_FOLDER).mkdir(exist_ok=True)


def kill_at(operation, patch):
    """Kill before this operation, counted from 0."""
    numbers = count()
    for owner, name in ((Path, "unlink"), (shutil, "rmtree")):
        original = getattr(owner, name)

        def killing(*arguments, original=original, **options):
            if next(numbers) == operation:
                raise KilledError
            return original(*arguments, **options)

        patch.setattr(owner, name, killing)


@pytest.mark.parametrize("mine", [(), ("notes.txt",)], ids=["nothing else", "a file of somebody's"])
def test_it_is_a_run_until_nothing_of_it_is_left(mine, tmp_path):
    for operation in count():
        out = tmp_path / str(operation)
        make_run(out)
        for name in mine:
            (out / name).touch()
        with pytest.MonkeyPatch.context() as patch:
            kill_at(operation, patch)
            try:
                remove_run(out)
            except KilledError:
                killed = True
            else:
                killed = False
        for name in mine:
            (out / name).unlink()
        if not (out / "run.json").exists():
            check_available(out)
        if not killed:
            assert not list(out.iterdir())
            break
    assert operation > len(RUN_FILES)
