"""Checkpoints are written atomically; instead of a damaged one the one before is used; a full disk leaves earlier ones."""

import shutil

import pytest
import torch

from striate.training import checkpoint
from striate.training.checkpoint import CHECKPOINTS_FOLDER, load_checkpoint, remove_unfinished, save_checkpoint


def state(step):
    return {"weights": torch.full((3,), float(step)), "position": {"step": step, "history": [{"epoch": 1}]}}


def names(run):
    return sorted(path.name for path in (run / CHECKPOINTS_FOLDER).iterdir())


def test_the_newest_is_loaded_and_the_last_two_stay(tmp_path):
    for step in (3, 7, 20):
        save_checkpoint(tmp_path, step, state(step))
    assert names(tmp_path) == ["00000007", "00000020"]
    found, problems = load_checkpoint(tmp_path)
    assert torch.equal(found["weights"], torch.full((3,), 20.0))
    assert found["position"] == {"step": 20, "history": [{"epoch": 1}]}
    assert problems == []


def test_there_may_be_none(tmp_path):
    assert load_checkpoint(tmp_path) == (None, [])


def damages():
    def cut(path):
        path.write_bytes(path.read_bytes()[:-7])

    def flip(path):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)

    return [cut, flip, lambda path: path.unlink(), lambda path: path.write_bytes(b"")]


@pytest.mark.parametrize("file", ["state.pt", "manifest.json"])
@pytest.mark.parametrize("damage", damages())
def test_a_damaged_one_is_detected_and_the_one_before_it_used(tmp_path, file, damage):
    for step in (3, 7):
        save_checkpoint(tmp_path, step, state(step))
    damage(tmp_path / CHECKPOINTS_FOLDER / "00000007" / file)
    found, problems = load_checkpoint(tmp_path)
    assert found["position"]["step"] == 3
    assert len(problems) == 1
    assert "00000007: not a complete checkpoint" in problems[0]


def test_what_a_killed_process_left_is_no_checkpoint(tmp_path):
    save_checkpoint(tmp_path, 3, state(3))
    shutil.copytree(tmp_path / CHECKPOINTS_FOLDER / "00000003", tmp_path / CHECKPOINTS_FOLDER / ".new-abc")
    assert load_checkpoint(tmp_path)[0]["position"]["step"] == 3
    remove_unfinished(tmp_path)
    assert names(tmp_path) == ["00000003"]


@pytest.mark.parametrize("call", ["save", "fsync", "rename"])
def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch, call):
    save_checkpoint(tmp_path, 3, state(3))

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    target = {"save": "torch.save", "fsync": "os.fsync", "rename": "pathlib.Path.rename"}[call]
    monkeypatch.setattr(target, full)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, 7, state(7))
    monkeypatch.undo()
    assert names(tmp_path) == ["00000003"]
    assert load_checkpoint(tmp_path)[0]["position"]["step"] == 3


def test_the_same_step_again_replaces_the_first(tmp_path):
    save_checkpoint(tmp_path, 3, state(3))
    save_checkpoint(tmp_path, 3, state(4))
    assert load_checkpoint(tmp_path)[0]["position"]["step"] == 4
    assert checkpoint._steps(tmp_path / CHECKPOINTS_FOLDER)[0].name == "00000003"


def test_a_new_checkpoint_stays_where_damaged_ones_of_later_steps_lie(tmp_path):
    """A run that starts again from the beginning, since all of its checkpoints are damaged, keeps the ones it writes."""
    for step in (12, 24):
        save_checkpoint(tmp_path, step, {"step": step})
        (tmp_path / CHECKPOINTS_FOLDER / f"{step:08}" / "state.pt").write_bytes(b"")
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, step, {"step": step})
        assert load_checkpoint(tmp_path) == ({"step": step}, [])
    assert [path.name for path in sorted((tmp_path / CHECKPOINTS_FOLDER).iterdir())] == ["00000002", "00000003"]
