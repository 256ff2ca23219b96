"""Every command of every page runs in a folder that has what a reader has; or it stands here why it does not.

The folder has photos, folders of pictures, and earlier runs under the names that pages give them. Networks that are
trained are tiny ones of their family, for an epoch.
"""

import re
import shutil
from dataclasses import replace

import pytest
from guides import WITH_COMMANDS, command_lines, read, words
from handwriting import digit
from running import here

import striate.training
from striate.nn import Model, build, save_model
from striate.tables import load_table
from striate.training import train

ELSEWHERE = {
    r"hf://": "needs a network; on loopback in tests/inference/test_hub.py",
    r"mnist|cifar10": "needs a network, for the named set",
    r"torchrun": "several processes: tests/training/test_distributed.py, tests/inference",
    r"cuda:1": "needs a second GPU",
    r"striate serve": "a server: tests/test_distributions.py, tests/cli/test_serve.py, tests/web",
    r"striate demo": "tests/test_distributions.py, tests/cli/test_demo.py",
    r"striate (ablate|story)": "several trainings: tests/cli/test_ablate.py, tests/studies",
    r"striate inspect": "many pictures: tests/cli/test_inspect.py, tests/docs/test_looking_inside.py",
    r"--epochs 40": "many epochs: tests/training/test_more_epochs.py",
    r"striate train --resume": "needs an interrupted run: tests/training/test_resume.py, tests/cli",
}
"""Commands that are only parsed (tests/docs/test_pages.py), and why."""
RUNS = ("first", "second", "mine", "pets", "clothing", "new", "resnet20-0")
FOLDERS = (
    "my/pictures",
    "photos",
    "pictures",
    "clothing",
    "classes/7B",
    "classes/3학년-2반",
    "holiday/beach",
    "CIFAR",
    "folder",
)
SMALL = {"lenet5": "lenet5:tiny", "resnet18": "resnet18:tiny"}
NOTES = '[[claims]]\nclaim = "60M"\nof = \'parameters("alexnet")\'\nwhere = "slide 34"\n'


def is_elsewhere(line):
    return any(re.search(pattern, line) for pattern in ELSEWHERE)


def english(path):
    """The English page beside a Korean one; the page itself if there is none."""
    found = path.with_name(path.name.replace(".ko.", "."))
    return found if found.exists() else path


def lines(path):
    """The lines of a page that run here; of a Korean page those that its English one has not."""
    theirs = [] if english(path) == path else [*map(words, command_lines(read(english(path))))]
    return [line for line in command_lines(read(path)) if not is_elsewhere(line) and words(line) not in theirs]


PATHS = [path for path in WITH_COMMANDS if lines(path)]


def quick(table, data, out, *, recipe, start_from=None, **options):
    """`striate.training.train`, of a tiny network of the family, for an epoch."""
    if start_from is None and table.name in SMALL:
        table = load_table(SMALL[table.name])
        recipe = table.recipe
    return train(table, data, out, recipe=replace(recipe, epochs=1), start_from=start_from, **options)


@pytest.fixture(scope="module")
def belongings(tmp_path_factory, without_plots):  # noqa: ARG001, for what it does
    """What a reader has."""
    place = tmp_path_factory.mktemp("reader")
    for name in FOLDERS:
        for label in range(10):
            (place / name / str(label)).mkdir(parents=True)
            for copy in range(4):
                picture = digit(label, size=(40, 40), height=26, middle=(18 + copy, 20), pen=3, ink=255, paper=0)
                picture.save(place / name / str(label) / f"{copy}.jpg")
    for name in ("photo.jpg", "cat.jpg", "digit.png", "picture.jpg"):
        digit(7, size=(40, 40), height=26, middle=(20, 20), pen=3, ink=0, paper=255).save(place / name)
    (place / "notes.toml").write_text(NOTES, encoding="utf-8")
    table = load_table("lenet5:tiny")
    table = replace(table, recipe=replace(table.recipe, epochs=1))
    train(table, place / "my" / "pictures", place / "runs" / "first")
    for name in RUNS[1:]:
        shutil.copytree(place / "runs" / "first", place / "runs" / name)
    shutil.copyfile(place / "runs" / "first" / "model.safetensors", place / "baseline.safetensors")
    resnet18 = replace(load_table("resnet18:tiny"), preprocessing=load_table("resnet18").preprocessing)
    network = build(resnet18, classes=10, seed=0).eval()
    save_model(place / "resnet18.safetensors", Model(network, tuple(map(str, range(10))), training={}, scores={}))
    return place


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}-{path.name}")
@pytest.mark.usefixtures("without_plots")
def test_every_command_runs(path, belongings, tmp_path, monkeypatch):
    place = shutil.copytree(belongings, tmp_path / "here")
    monkeypatch.chdir(place)
    monkeypatch.setattr(striate.training, "train", quick)
    for line in lines(path):
        arguments = words(line)
        if "--out" in arguments:
            shutil.rmtree(arguments[arguments.index("--out") + 1], ignore_errors=True)
        done = here(*arguments)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_what_runs_elsewhere_is_on_a_page():
    every = [line for path in WITH_COMMANDS for line in command_lines(read(path))]
    assert not [pattern for pattern in ELSEWHERE if not any(re.search(pattern, line) for line in every)]
    assert sum(not is_elsewhere(line) for line in every) > len(every) / 2
