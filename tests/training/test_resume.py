"""Resuming: to the same weights bit for bit, wherever the run was interrupted; and what is refused."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from systems import posix
from trainings import DieAfter, assert_same_weights, weights

from striate.data import load_dataset
from striate.errors import TrainingError
from striate.tables import Plateau, RandomTranslation, Rotation, load_table
from striate.training import api
from striate.training.api import resume, train
from striate.training.callbacks import Callback
from striate.training.checkpoint import CHECKPOINTS_FOLDER
from striate.training.run_config import Options

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from resume import campaign, report_campaign

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("minivggnet:tiny")
AUGMENTED = replace(TABLE.recipe, epochs=2, batch_size=128, augmentation=(RandomTranslation(cells=2), Rotation()))
RECIPES = {
    "a mean of weights": replace(AUGMENTED, ema=0.9),
    "a plateau, clipped": replace(AUGMENTED, schedule=Plateau(patience=1), gradient_clip=0.1),
    "the best epoch": replace(AUGMENTED, patience=1),
}
STEPS = 12  # of 1,437 images in batches of 128


def die_after(steps, out, recipe, *, seconds=0.0):
    """A run that died after a step, with a checkpoint of the step before if they are due every 0 seconds."""
    with pytest.raises(KeyboardInterrupt):
        train(
            TABLE, "digits", out, recipe=recipe, options=Options(checkpoint_seconds=seconds),
            callbacks=[DieAfter(steps)],
        )  # fmt: skip


@pytest.fixture(scope="module", params=RECIPES)
def uninterrupted(request, tmp_path_factory):
    recipe = RECIPES[request.param]
    out = tmp_path_factory.mktemp("runs") / "run"
    train(TABLE, "digits", out, recipe=recipe)
    return recipe, weights(out)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The weights of `died` in an uninterrupted run."""
    out = tmp_path_factory.mktemp("expected") / "run"
    train(TABLE, "digits", out, recipe=RECIPES["a mean of weights"])
    return weights(out)


@pytest.mark.parametrize(("steps", "workers"), [(2, 0), (STEPS, 1), (STEPS + 1, 2)])
def test_it_ends_in_the_same_weights(uninterrupted, tmp_path, steps, workers):
    recipe, expected = uninterrupted
    die_after(steps, tmp_path / "run", recipe)
    run = resume(tmp_path / "run", options=Options(workers=workers))
    assert [epoch.epoch for epoch in run.history] == [1, 2][: len(run.history)]
    assert_same_weights(weights(tmp_path / "run"), expected)
    lines = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(run.history)


@pytest.fixture
def died(tmp_path):
    """A run of one recipe that died in its second epoch, and the recipe."""
    recipe = RECIPES["a mean of weights"]
    die_after(STEPS + 5, tmp_path / "run", recipe)
    return tmp_path / "run"


def test_instead_of_a_damaged_checkpoint_the_one_before_it_is_used(died, expected):
    older, newest = sorted((died / CHECKPOINTS_FOLDER).iterdir())
    (newest / "state.pt").write_bytes((newest / "state.pt").read_bytes()[:-1])
    warnings = []
    callback = Callback()
    callback.on_warning = warnings.append
    resume(died, callbacks=[callback])
    (line,) = warnings
    assert f"{newest.name}: not a complete checkpoint" in line
    assert line.endswith("the one before it is used")
    assert older.name < newest.name
    assert_same_weights(weights(died), expected)


def test_without_a_checkpoint_it_starts_from_the_beginning(died, expected):
    shutil.rmtree(died / CHECKPOINTS_FOLDER)
    assert len(resume(died).history) == 2
    assert_same_weights(weights(died), expected)


def test_a_finished_run_and_no_run_are_refused(died, tmp_path):
    resume(died)
    with pytest.raises(TrainingError, match="this run is finished"):
        resume(died)
    with pytest.raises(
        TrainingError,
        match=r"no run to resume: it has no run.json; if a training was killed before it began, start it again",
    ):
        resume(tmp_path)
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TrainingError, match="no run to resume"):
        resume(tmp_path)


def test_other_images_are_refused(died, monkeypatch):
    def one_less(*arguments, **options):
        dataset = load_dataset(*arguments, **options)
        return replace(dataset, train=dataset.train.subset(list(range(1, len(dataset.train)))))

    monkeypatch.setattr(api, "load_dataset", one_less)
    with pytest.raises(TrainingError, match="the images of digits are not those that the run began with"):
        resume(died)


def test_a_crash_costs_only_what_came_after_the_first_epoch(tmp_path, expected):
    """Even if no checkpoint was due yet."""
    die_after(STEPS + 5, tmp_path / "run", RECIPES["a mean of weights"], seconds=300.0)
    (checkpoint,) = (tmp_path / "run" / CHECKPOINTS_FOLDER).iterdir()
    assert int(checkpoint.name) == STEPS
    assert [epoch.epoch for epoch in resume(tmp_path / "run").history] == [1, 2]
    assert_same_weights(weights(tmp_path / "run"), expected)


@pytest.mark.parametrize(("seconds", "expected"), [(0.0, [1, 2, 3, 4]), (100.0, [1, 4])])
def test_a_checkpoint_that_takes_long_is_written_after_the_first_epoch_and_the_last(
    tmp_path, monkeypatch, seconds, expected
):
    from striate.training import session

    clock = [0.0]
    saved = []

    def save(_run, step, _state):
        saved.append(step / STEPS)
        clock[0] += seconds

    monkeypatch.setattr(session.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(session, "save_checkpoint", save)
    recipe = replace(AUGMENTED, epochs=4)
    train(TABLE, "digits", tmp_path / "run", recipe=recipe)
    assert saved == expected


@pytest.fixture
def small_disk(tmp_path):
    """A file system with room for a run's models and one of its checkpoints, not for two."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=276k", "striate", disk]
    done = subprocess.run(mount, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no small file system may be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_disk_that_is_really_full_leaves_the_checkpoint_before(small_disk, tmp_path, expected):
    recipe = RECIPES["a mean of weights"]
    with pytest.raises(TrainingError) as caught:
        train(TABLE, "digits", small_disk / "run", recipe=recipe, options=Options(checkpoint_seconds=0))
    assert str(caught.value) == (
        f"{small_disk / 'run'}: No space left on device; the checkpoint of step 1 is saved, and --resume continues from it"
    )
    assert [path.name for path in (small_disk / "run" / CHECKPOINTS_FOLDER).iterdir()] == ["00000001"]
    shutil.copytree(small_disk / "run", tmp_path / "run")  # to a disk with room
    resume(tmp_path / "run")
    assert_same_weights(weights(tmp_path / "run"), expected)


class AllowSmallFiles(Callback):
    """After so many steps the kernel refuses this process files as large as a checkpoint."""

    def __init__(self, steps):
        self.steps_left = steps

    def on_step(self, _progress):
        self.steps_left -= 1
        if self.steps_left < 0:
            import resource

            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))


@posix
def test_a_limit_of_file_size_leaves_the_checkpoint_before(tmp_path, expected):
    import resource

    recipe = RECIPES["a mean of weights"]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(TrainingError, match="run: File too large; the checkpoint of step 4 is saved, and --resume"):
            train(
                TABLE, "digits", tmp_path / "run", recipe=recipe, options=Options(checkpoint_seconds=0),
                callbacks=[AllowSmallFiles(4)],
            )  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in sorted((tmp_path / "run" / CHECKPOINTS_FOLDER).iterdir())] == ["00000003", "00000004"]
    resume(tmp_path / "run")
    assert_same_weights(weights(tmp_path / "run"), expected)


@posix
@pytest.mark.parametrize(("kind", "kills"), [("instant", 2), ("file", 4)])
def test_killed_at_random_instants_and_file_operations(tmp_path, kind, kills):
    """The short version of benchmarks/resume.py: nothing that was half written stays."""
    result = campaign(kind, kills, 2, tmp_path)
    assert result.kills >= kills
    assert result.equal == result.runs >= 1


@posix
def test_only_the_report_is_made_again_by_two_processes(tmp_path):
    result = report_campaign(1, 1, tmp_path)
    assert result.equal == result.runs == 1
