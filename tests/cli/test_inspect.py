"""`striate inspect` as a user runs it: a report of a picture, of a data set, of tables that learn; and what goes wrong."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from handwriting import digit
from PIL import Image
from running import STRIATE, fails, here, striate

VIEWS = [
    "answer", "hand-made-filters", "learned-sobel_x", "kernels-C1", "kernels-C3", "maps", "maps-C1", "unit-C1", "unit-C3",
    "unit-Out", "receptive-fields", "tuning-C1", "bars-C1-5", "selectivity", "pooled", "augmentation", "invariance",
    "attribution",
]  # fmt: skip


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of a digit by the shipped LeNet-5, under a name that would be markup: its directory, what was printed."""
    root = tmp_path_factory.mktemp("inside")
    digit(7).save(root / "<b>seven.png")
    done = striate("inspect", "lenet5", root / "<b>seven.png", "--out", root / "out" / "deep", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return root / "out" / "deep", json.loads(done.stdout)


def test_a_report_has_every_view_as_a_picture(report):
    directory, document = report
    assert [view["name"] for view in document["views"]] == VIEWS
    assert sorted(path.name for path in directory.iterdir()) == sorted(
        ["report.html", *(f"{name}.png" for name in VIEWS)]
    )
    for view in document["views"]:
        with Image.open(view["picture"]) as picture:
            assert 300 < picture.width <= 990
            colours = picture.convert("L").getextrema()
            assert colours[0] < 100  # something is drawn
            assert colours[1] > 250  # on white


def test_its_numbers(report):
    _, document = report
    views = {view["name"]: view for view in document["views"]}
    assert views["answer"]["top"][0]["class"] == "7"
    assert views["learned-sobel_x"]["error"] < 1e-2
    assert views["attribution"]["class"] == "7"
    assert views["attribution"]["grad_cam_row"] == "C3"
    assert abs(views["attribution"]["left_out"]) < 1e-2  # of a logit that rises by 200
    for name in ("unit-C1", "unit-C3", "unit-Out"):
        assert views[name]["stages"][-1]["value"] == pytest.approx(views[name]["network_value"], abs=1e-5)
    assert views["maps"]["rows"][0] | {"path": "C1", "shape": [6, 28, 28]} == views["maps"]["rows"][0]


def test_the_page_stands_alone(report):
    """Pictures inside, no script, nothing fetched; a name that would be markup is text; every picture has a text."""
    directory, _ = report
    page = Page((directory / "report.html").read_text(encoding="utf-8"))
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == len(VIEWS)
    assert all(image["src"].startswith("data:image/png;base64,") and image["alt"] for image in images)
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == [f"#{name}" for name in VIEWS]
    assert not {"script", "link", "iframe", "b"} & {tag for tag, _ in page.tags}
    assert "<b>seven.png" in page.text
    assert "url(" not in (directory / "report.html").read_text(encoding="utf-8")


def test_a_row_a_unit_and_a_class_are_looked_at_when_they_are_named(tmp_path):
    digit(3).save(tmp_path / "3.png")
    arguments = ("--layer", "C3", "--unit", "2,1,3", "--class", "8", "--out", tmp_path / "out", "--json")
    done = here("inspect", "lenet5", tmp_path / "3.png", *arguments)
    assert done.returncode == 0, done.stderr
    views = {view["name"]: view for view in json.loads(done.stdout)["views"]}
    assert views["unit-C3"]["unit"] == [2, 1, 3]
    assert views["unit-Out"]["unit"] == [8]
    assert views["attribution"]["class"] == "8"
    assert {"kernels-C3", "maps-C3", "tuning-C3"} < set(views)
    assert "kernels-C1" not in views


def test_a_model_on_a_data_set(run_directory, drawn_digits, tmp_path):
    done = here("inspect", run_directory, "--data", drawn_digits, "--layer", "C3", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    names = re.findall(r"([\w-]+)\.png", done.stdout)
    assert names == ["invariance-of-accuracy", "activity", "exciting-C3", "space", "neighbours"]
    assert (tmp_path / "report.html").stat().st_size > 100_000
    assert "The accuracy of lenet5:modern on" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_tables_that_learn(tmp_path):
    done = here("inspect", "--learning", "resnet18:tiny", "--data", "digits", "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert [view["name"] for view in json.loads(done.stdout)["views"]] == ["learning", "shortcuts"]
    done = here("inspect", "--pooling", "lenet5:tiny", "--data", "digits", "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert [view["name"] for view in json.loads(done.stdout)["views"]] == ["pooling"]


def test_a_run_along_its_training(tmp_path):
    """The run's own picture, or one that is given; what `train --replay` kept, in order."""
    digit(3).save(tmp_path / "3.png")
    run = tmp_path / "run"
    words = ("lenet5:tiny", "--data", "digits", "--epochs", 1, "--batch-size", 256, "--out", run, "--replay", 4)
    done = here("train", *words)
    assert done.returncode == 0, done.stderr
    steps = [0, 1, 2, 6]
    assert sorted(path.name for path in (run / "replay").iterdir()) == [
        *(f"{step:08}.safetensors" for step in steps),
        "picture.png",
    ]
    for image in ([], [tmp_path / "3.png"]):
        done = here("inspect", run, *image, "--replay", "--out", tmp_path / "out", "--json")
        assert done.returncode == 0, done.stderr
        views = {view["name"]: view for view in json.loads(done.stdout)["views"]}
        assert list(views) == ["replay-kernels", "replay-maps", "replay-tuning", "replay-answers"]
        assert all(view["steps"] == steps for view in views.values())
        assert (views["replay-answers"]["label"] is None) == bool(image)
    line = fails("train", "--resume", run, "--replay", 3, code=2, run=here)
    assert "--resume continues the run as it began, so --replay cannot be given" in line
    assert "expected a whole number of at least 2, got '1'" in fails("train", "--replay", 1, code=2, run=here)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of MODEL, --gradient-flow, --learning and --pooling is needed"),
        (["lenet5", "--pooling", "lenet5"], "one of MODEL, --gradient-flow, --learning and --pooling is needed"),
        (["lenet5", "--out", "x"], "MODEL needs an IMAGE or --data DATA, one of them"),
        (["lenet5", "a.png", "--data", "digits", "--out", "x"], "MODEL needs an IMAGE or --data DATA, one of them"),
        (["lenet5", "a.png"], "--out DIR is needed, for the pictures"),
        (["--pooling", "lenet5", "--out", "x"], "--pooling needs --data DATA"),
        (["--replay", "--out", "x"], "one of MODEL, --gradient-flow, --learning and --pooling is needed"),
        (["--replay", "--pooling", "lenet5", "--out", "x"], "--replay needs a run, as MODEL"),
        (["run", "--replay"], "--out DIR is needed, for the pictures"),
        (["run", "--replay", "--data", "digits", "--out", "x"], "--data does not go with --replay"),
        (["run", "--replay", "--layer", "C1", "--out", "x"], "--layer does not go with --replay"),
        (["run", "--replay", "--class", "7", "--out", "x"], "--class does not go with --replay"),
        (["--learning", "plain20", "--out", "x"], "--learning needs --data DATA"),
        (["lenet5", "a.png", "--out", "x", "--unit", "1,2,3"], "--unit goes with --layer and an image"),
        (["lenet5", "--data", "digits", "--out", "x", "--class", "7"], "--class goes with a model and an image"),
        (
            ["lenet5", "a.png", "--out", "x", "--unit", "1,2"],
            "expected MAP,ROW,COLUMN or the number of a unit, got '1,2'",
        ),
    ],
)
def test_wrong_usage(arguments, message):
    assert message in fails("inspect", *arguments, code=2, run=here)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layer", "C4"], "there is no row 'C4'"),
        (["--layer", "C3", "--unit", "16,0,0"], "row C3: there is no unit [16, 0, 0]"),
        (["--class", "cat"], "there is no class 'cat'"),
    ],
)
def test_what_is_not_there(arguments, message, tmp_path):
    digit(1).save(tmp_path / "1.png")
    assert message in fails("inspect", "lenet5", tmp_path / "1.png", "--out", tmp_path / "out", *arguments, run=here)
    assert not (tmp_path / "out").exists()


def test_where_nothing_can_be_written(tmp_path):
    digit(1).save(tmp_path / "1.png")
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    line = fails("inspect", "lenet5", tmp_path / "1.png", "--out", tmp_path / "file", run=here)
    assert line == f"striate: {tmp_path / 'file'}: File exists"


def test_other_classes_than_the_models(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "x.png")
    for name in ("cat", "dog"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(6):
            Image.new("L", (8, 8), 40 * number).save(tmp_path / "data" / name / f"{number}.png")
    done = here("inspect", "lenet5", "--data", tmp_path / "data", "--out", tmp_path / "out")
    took, line = done.stderr.splitlines()
    assert (done.returncode, took) == (1, f"striate: {tmp_path / 'data'}: 12 images, 2 classes (cat, dog)")
    assert line == "striate: the model has 10 classes (0, 1, 2, ...), but data has 2 classes (cat, dog)"


def begun(directory):
    """A report in the making: its process, and the processes that it has forked."""
    digit(1).save(directory / "1.png")
    command = [*STRIATE, "inspect", "lenet5", str(directory / "1.png"), "--out", str(directory / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    children = []
    while len(children) < 2 and process.poll() is None:
        time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
    return process, [Path(f"/proc/{child}") for child in children]


forked = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2,
    reason="processes are forked on Linux, where there are two cores",
)


@forked
@pytest.mark.parametrize("later", [0, 1])
def test_ctrl_c_ends_every_process(later, tmp_path):
    process, children = begun(tmp_path)
    time.sleep(later)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "striate: interrupted\n")
    assert process.returncode == 130
    assert len(children) >= 2
    assert not any(child.exists() for child in children)


@forked
def test_the_processes_end_with_one_that_is_killed(tmp_path):
    process, children = begun(tmp_path)
    process.kill()
    process.communicate(timeout=60)  # which comes to its end when no child holds the pipes open any more
    assert len(children) >= 2
