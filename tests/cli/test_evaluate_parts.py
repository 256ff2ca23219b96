"""`striate evaluate`: which images it scores, and how many of them the model was trained on."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from running import here

import striate
from striate.data import load_named

CLASSES, EACH = "abcd", 12
pytestmark = pytest.mark.usefixtures("without_plots")
TRAINED = ("--epochs", 1, "--batch-size", 16, "--precision", "float32", "--json")


def draw(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    Image.fromarray(noise).save(path)


def draw_folder(root, each=EACH, classes=CLASSES, seed=0):
    for label in classes:
        for number in range(each):
            draw(root / label / f"{number}.png", [seed, ord(label), number])
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on half of `photos`, with `photos` and its cache beside it."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        draw_folder(root / "photos")
        command = ("train", "minivggnet:tiny", "--data", root / "photos", "--val-fraction", 0.5, "--out", root / "run")
        done = here(*command, *TRAINED)
        assert done.returncode == 0, done.stderr
    return root


@pytest.fixture
def place(trained, tmp_path, monkeypatch):
    """A copy of all that, and this test's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.copytree(trained / "photos", tmp_path / "photos")
    shutil.copytree(trained / "run", tmp_path / "run")
    return tmp_path


def refused(*arguments):
    """The last line that a failing command prints; the one before it may say what the folder holds."""
    done = here(*arguments)
    assert (done.returncode, done.stdout) == (1, ""), done
    return done.stderr.splitlines()[-1]


def warnings(done):
    """What is on standard error but the line of what the folder holds."""
    return "".join(line for line in done.stderr.splitlines(keepends=True) if "trained on" in line)


def evaluated(model, data, *arguments):
    """The part, the number of images, how many of them were trained on, the words, and the warning if there is one."""
    command = ("evaluate", model, "--data", data, "--engine", "torch", *arguments)
    done = here(*command, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    words = here(*command).stdout.splitlines()[1]
    evaluation = striate.load(model).evaluate(data) if not arguments else None
    if evaluation is not None:
        found = (evaluation.part, evaluation.scores.images, evaluation.trained_on)
        assert found == (document["part"], document["images"], document["trained_on"])
        assert evaluation.leak == bool(warnings(done))
    return document["part"], document["images"], document["trained_on"], words, warnings(done)


def counts(run):
    lines = (run / "pictures.txt").read_text(encoding="utf-8").splitlines()
    return [sum(line.startswith(f"{part} ") for line in lines) for part in ("train", "validation")]


def test_by_default_it_is_the_runs_own_validation_part(place):
    train, validation = counts(place / "run")
    assert train + validation == EACH * len(CLASSES)
    assert abs(train - validation) < 25  # half of them: five standard deviations
    words = f"{validation} validation images, none of them trained on"
    assert evaluated(place / "run", place / "photos") == ("validation", validation, 0, words, "")


def add(place):
    draw_folder(place / "photos", each=6, seed=1)  # over six of each class
    draw_folder(place / "more", each=6, seed=2)
    for path in (place / "more").rglob("*.png"):
        path.rename(place / "photos" / path.parent.name / f"new-{path.name}")


CHANGES = {
    "moved": lambda place: (place / "photos").rename(place / "moved"),
    "pictures renamed": lambda place: [
        path.rename(path.with_name(f"{int(path.stem) * 7 % 12}-{path.name}"))
        for path in [*(place / "photos").rglob("*.png")]
    ],
    "pictures gone": lambda place: [path.unlink() for path in [*(place / "photos").rglob("[01].png")]],
    "pictures added": lambda place: [
        draw(place / "photos" / label / f"new {number}.png", [9, ord(label), number])
        for label in CLASSES
        for number in range(9)
    ],
    "copies added": lambda place: [
        shutil.copy(path, path.with_name(f"copy of {path.name}")) for path in [*(place / "photos").rglob("*.png")]
    ],
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_old_model_is_never_scored_on_what_it_learned(place, change):
    CHANGES[change](place)
    data = place / ("moved" if change == "moved" else "photos")
    part, images, trained_on, _, warning = evaluated(place / "run", data)
    assert (part, trained_on, warning) == ("validation", 0, "")
    assert images > 0


def test_of_another_folder_it_is_all(place):
    draw_folder(place / "others", each=5, seed=3)
    assert evaluated(place / "run", place / "others") == ("all", 20, 0, "20 images (all), none of them trained on", "")
    part, images, trained_on, *_ = evaluated(place / "run", place / "others", "--part", "validation")
    assert (part, trained_on) == ("validation", 0)
    assert 4 <= images < 20


def test_another_folder_may_lack_classes_and_have_one_picture_of_each(place):
    draw_folder(place / "few", each=1, classes="bd", seed=3)
    assert evaluated(place / "run", place / "few")[:3] == ("all", 2, 0)
    document = json.loads(here("evaluate", place / "run", "--data", place / "few", "--json").stdout)
    assert [(row["name"], row["images"]) for row in document["classes"]] == [("a", 0), ("b", 1), ("c", 0), ("d", 1)]
    draw(place / "few" / "e" / "0.png", 0)
    line = "striate: the model has 4 classes (a, b, c, ...), but few has 3 classes (b, d, e)"
    assert refused("evaluate", place / "run", "--data", place / "few") == line


@pytest.mark.parametrize("leaks", [1, 4])
def test_a_leak_is_a_warning_and_a_number(place, leaks):
    """Pictures that were trained on, under other names, in another class's folder, among others."""
    draw_folder(place / "others", each=5, seed=3)
    known = {
        line.split()[1]
        for line in (place / "run" / "pictures.txt").read_text(encoding="utf-8").splitlines()
        if "train" in line
    }
    dataset = striate.load(place / "run").load_dataset(place / "photos")
    names = [
        name
        for name, digest in zip(dataset.train.names, dataset.train.digests, strict=True)
        if digest.tobytes().hex() in known
    ]
    for number, name in enumerate(names[:leaks]):
        shutil.copy(name, place / "others" / "a" / f"leak {number}.png")
    number = "1" if leaks == 1 else "4"
    part, images, trained_on, words, warning = evaluated(place / "run", place / "others")
    assert (part, images, trained_on) == ("all", 20 + leaks, leaks)
    assert words == f"{20 + leaks} images (all), {number} of them trained on"
    assert (
        warning == f"striate: {number} of these {20 + leaks} images were trained on: expect lower scores on new ones\n"
    )


def test_parts_by_name(place):
    train, validation = counts(place / "run")
    run, photos = place / "run", place / "photos"
    assert evaluated(run, photos, "--part", "train") == (
        "train", train, train, f"{train} training images, all of them trained on", "",
    )  # fmt: skip
    part, images, trained_on, words, warning = evaluated(run, photos, "--part", "all")
    assert (part, images, trained_on) == ("all", train + validation, train)
    assert words == f"{train + validation} images (all), {train} of them trained on"
    assert warning.startswith(f"striate: {train} of these {train + validation} images were trained on")
    assert refused("evaluate", run, "--data", photos, "--part", "test") == "striate: photos: has no test images"


def test_another_fraction_is_said(place):
    """What the user asks for goes before what the run had; the leak is named."""
    part, images, trained_on, _, warning = evaluated(place / "run", place / "photos", "--val-fraction", 0.8)
    assert (part, images - trained_on) == ("validation", counts(place / "run")[1])
    assert trained_on > 0
    assert warning


def test_a_model_file_alone_knows_its_own_data(place):
    model = (place / "run" / "model.safetensors").rename(place / "model.safetensors")
    validation = counts(place / "run")[1]
    assert evaluated(model, place / "photos")[:3] == ("validation", validation, 0)
    draw_folder(place / "others", each=5, seed=3)
    words = "20 images (all), which of them were trained on is not known"
    assert evaluated(model, place / "others") == ("all", 20, None, words, "")


def test_a_list_of_another_model_is_not_taken(place):
    path = place / "run" / "pictures.txt"
    for content in (path.read_bytes()[:-40], b"\xff\xfe", b"test 00\n", b""):
        path.write_bytes(content)
        assert evaluated(place / "run", place / "photos", "--part", "all")[2] is not None  # by its own data
        draw_folder(place / "others", each=2, seed=3)
        assert evaluated(place / "run", place / "others")[2] is None


def test_a_test_part_is_what_is_scored_and_never_chosen_by(place):
    for part in ("train", "validation", "test"):
        draw_folder(place / "parts" / part, each=4, seed={"train": 5, "validation": 6, "test": 7}[part])
    command = ("train", "minivggnet:tiny", "--data", place / "parts", "--out", place / "of-parts")
    result = json.loads(here(*command, *TRAINED).stdout)
    assert result["images"] == 16
    assert counts(place / "of-parts") == [16, 16]
    expected = ("test", 16, 0, "16 test images, none of them trained on", "")
    assert evaluated(place / "of-parts", place / "parts") == expected
    assert evaluated(place / "of-parts", place / "parts", "--part", "validation")[:3] == ("validation", 16, 0)
    assert evaluated(place / "of-parts", place / "parts" / "test")[:3] == ("all", 16, 0)
    assert evaluated(place / "of-parts", place / "parts" / "train")[:3] == ("all", 16, 16)


def test_a_named_set_has_its_own_parts(place):
    done = here("train", "minivggnet:tiny", "--data", "digits", "--out", place / "digits", *TRAINED)
    assert done.returncode == 0, done.stderr
    images = load_named("digits")
    trained = {digest.tobytes() for digest in images.train.digests}
    twice = sum(digest.tobytes() in trained for digest in images.validation.digests)
    assert evaluated(place / "digits", "digits")[:3] == ("validation", 360, twice)
    assert evaluated(place / "digits", "digits", "--part", "train")[:3] == ("train", 1437, 1437)


def test_what_the_weights_were_trained_on_before_counts_too(place):
    """A run that starts from a run: the pictures of both; from a model alone it is not known."""
    draw_folder(place / "others", each=6, seed=3)
    train = counts(place / "run")[0]
    for start, expected in (
        (place / "run", train),
        (place / "run" / "model.safetensors", train),
        (place / "alone.safetensors", None),
    ):
        if expected is None:
            shutil.copy(place / "run" / "model.safetensors", start)
        out = place / f"from {start.name}"
        done = here("train", "--from", start, "--data", place / "others", "--out", out, *TRAINED)
        assert done.returncode == 0, done.stderr
        found = evaluated(out, place / "photos")
        assert (found[0], found[2]) == ("all", expected)
        assert evaluated(out, place / "others")[2] == (None if expected is None else 0)


def test_int8_is_measured_on_images_that_were_not_trained_on(place, monkeypatch):
    """--calibrate splits its data as the training did."""
    found, evaluate = [], striate.Predictor.evaluate

    def record(*arguments, **options):
        evaluation = evaluate(*arguments, **options)
        found.append((evaluation.part, evaluation.scores.images, evaluation.trained_on))
        return evaluation

    monkeypatch.setattr(striate.Predictor, "evaluate", record)
    photos = place / "photos"
    done = here("predict", place / "run", photos / "a", "--precision", "int8", "--calibrate", photos)
    assert done.returncode == 0, done.stderr
    assert found == [("validation", counts(place / "run")[1], 0)] * 2


def test_arrays(place):
    """All of other arrays, the validation part of those that were trained on."""
    images = np.random.default_rng(0).integers(0, 256, (60, 12, 12), dtype=np.uint8)
    labels = np.arange(60) % 3
    run = striate.train("minivggnet:tiny", (images, labels), place / "arrays", recipe=short())
    own = striate.load(run.directory).evaluate((images, labels))
    assert (own.part, own.scores.images, own.trained_on) == ("validation", run.scores.images, 0)
    other = striate.load(run.directory).evaluate((255 - images[:5], labels[:5]))
    assert (other.part, other.scores.images, other.trained_on) == ("all", 5, 0)
    leaky = striate.load(run.directory).evaluate(
        (np.concatenate([255 - images, images]), np.tile(labels, 2)), part="all"
    )
    assert (leaky.scores.images, leaky.trained_on, leaky.leak) == (120, 60 - run.scores.images, True)


def short():
    from dataclasses import replace

    from striate.tables import load_table

    return replace(load_table("minivggnet:tiny").recipe, epochs=1)


def test_without_data_the_runs_own_validation_part(place, trained):
    """The run names the folder that it was trained on, wherever the command is called."""
    scores = json.loads(here("evaluate", place / "run", "--json").stdout)
    named = json.loads(here("evaluate", place / "run", "--data", trained / "photos", "--json").stdout)
    assert (scores["part"], scores["trained_on"]) == ("validation", 0)
    assert scores == {**named, "engine": scores["engine"]}


def test_without_data_and_without_a_run(place):
    done = here("evaluate", place / "run" / "model.safetensors")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--data is needed: only a run directory says where its data lie" in done.stderr
    config = json.loads((place / "run" / "run.json").read_text(encoding="utf-8"))
    (place / "run" / "run.json").write_text(json.dumps({**config, "data_kind": "arrays"}), encoding="utf-8")
    assert refused("evaluate", place / "run").endswith(
        "its data were given from Python: evaluate it there, or give --data"
    )
