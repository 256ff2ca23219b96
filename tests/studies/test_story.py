"""The story: what is trained, that it continues, and that the page says what was measured."""

import json
from dataclasses import replace

import pytest
from running import fails, here
from trainings import DieInEpoch

from striate import load
from striate.studies import CHAPTERS, RESULTS_NAME, Chapter, story, story_of, story_page, story_picture, tell_story
from striate.tables import ARCHITECTURES, short_recipe
from striate.training import Options

OPTIONS = Options(precision="float32")
TINY = (Chapter("lenet5:tiny", "LeNet-5", 1998), Chapter("minivggnet:tiny", "VGG", 2014))


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(story, "CHAPTERS", TINY)


def result(error, seed=0, rate=500.0):
    return {"seed": seed, "top1_error": error, "top5_error": error / 10, "images": 45_000, "images_per_second": rate}


def record():
    """A story.json whose errors fall from network to network, and rise by a hundredth with the seed."""
    results = {}
    for training in story.trainings(20):
        error = 0.5 - 0.1 * story.CHAPTERS.index(training.chapter) + 0.01 * training.seed + 0.1 * (training.epochs == 5)
        results[training.folder] = {
            "result": result(error, training.seed),
            "parameters": 1000,
            "macs": 2000,
            "part": "test",
            "images": 10_000,
            "device": "cpu (2 threads), float32",
        }
    return {"schema": 1, "data": "some/photos", "epochs": 20, "results": results}


def test_networks_for_32x32_in_the_order_of_their_papers():
    assert all(ARCHITECTURES[chapter.table].input == (3, 32, 32) for chapter in CHAPTERS)
    assert [chapter.year for chapter in CHAPTERS] == sorted(chapter.year for chapter in CHAPTERS)


def test_one_recipe_but_for_the_rate():
    recipes = {replace(training.table.recipe, learning_rate=1.0, seed=0, epochs=1) for training in story.trainings(20)}
    assert len(recipes) == 1
    assert short_recipe(ARCHITECTURES["lenet5"]).loss == "rbf_map"


def test_full_trainings_first_and_a_quarter_for_three_seeds():
    numbers = [(training.epochs, training.seed) for training in story.trainings(20)]
    count = len(CHAPTERS)
    assert numbers == [(20, 0)] * count + [(5, 0)] * count + [(5, 1)] * count + [(5, 2)] * count
    assert {training.epochs for training in story.trainings(2)} == {1, 2}


def test_the_page_says_what_was_measured():
    page = story_page(story_of(record()), "striate story --data photos", "story.png")
    assert page.startswith("# What 17 years bought\n")
    assert "10,000 test pictures of photos:" in page
    assert "| ResNet | `resnet20` | 2015 | 1,000 | 2,000 | 10.0% | 1.0% | 21.0% (20.0% to 22.0%) | 30 |" in page
    assert page.index("## Here") < page.index("0.0%") < page.index("## The papers") < page.index("18.2")


def test_the_picture_is_a_png():
    assert story_picture(story_of(record())).startswith(b"\x89PNG")


@pytest.mark.usefixtures("tiny")
def test_an_interrupted_story_continues_and_a_finished_one_trains_nothing(tmp_path):
    started = []
    with pytest.raises(KeyboardInterrupt):
        tell_story(
            "digits",
            tmp_path,
            epochs=2,
            options=OPTIONS,
            callbacks=[DieInEpoch(2)],
            on_training=lambda training, *_: started.append(training.folder),
        )
    assert started == ["lenet5-tiny-2-epochs-seed-0"]
    done = tell_story("digits", tmp_path, epochs=2, options=OPTIONS)
    assert [results.chapter for results in done.chapters] == list(TINY)
    assert done.part == "validation"  # digits have no test pictures
    started.clear()
    again = tell_story("digits", tmp_path, epochs=2, on_training=lambda training, *_: started.append(training))
    assert (again, started) == (done, [])
    scores = load(tmp_path / "minivggnet-tiny-1-epochs-seed-2").evaluate("digits").scores
    assert done.chapters[1].quarter[2].top1_error == pytest.approx(1 - scores.top1)


@pytest.mark.usefixtures("tiny")
def test_the_command_writes_the_page(tmp_path):
    command = ("story", "--data", "digits", "--out", tmp_path / "story", "--epochs", "1")
    done = here(*command)
    assert done.returncode == 0, done.stderr
    assert "VGG" in done.stdout
    assert "1 of 8: lenet5:tiny, 1 epoch, seed 0" in done.stderr
    page = (tmp_path / "story" / "README.md").read_text(encoding="utf-8")
    assert "striate story --data digits --out" in page
    assert (tmp_path / "story" / "story.png").is_file()
    document = json.loads(here(*command, "--json").stdout)
    assert document["chapters"][1]["chapter"]["network"] == "VGG"


@pytest.mark.usefixtures("tiny")
def test_a_story_of_other_epochs_is_refused(tmp_path):
    (tmp_path / RESULTS_NAME).write_text(json.dumps(record()), encoding="utf-8")
    line = fails("story", "--data", "some/photos", "--out", tmp_path, "--epochs", "3", run=here)
    assert line.endswith(f"{tmp_path}: holds a story of other epochs (20): choose another folder")
