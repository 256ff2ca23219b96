"""A run knows its pictures: they may move, and may not be replaced; a user's preprocessing stays."""

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
from handwriting import digit
from PIL import Image
from running import here
from trainings import DieInEpoch, assert_same_weights, weights

import striate
from striate.data import DataOptions, load_dataset, read_input
from striate.errors import TrainingError
from striate.nn import load_model
from striate.tables import Preprocessing, load_table
from striate.training import PictureList, adapt_to_dataset

pytestmark = pytest.mark.usefixtures("without_plots")
TABLE = load_table("minivggnet:tiny")
TABLE = replace(TABLE, recipe=replace(TABLE.recipe, epochs=2, batch_size=8))


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def photos(tmp_path):
    """Twelve bitmaps of each of two classes: other pixels are as many bytes."""
    for label in "ab":
        for number in range(12):
            path = tmp_path / "photos" / label / f"{number:02}.bmp"
            path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng([ord(label), number]).integers(0, 256, (9, 9, 3), dtype=np.uint8)
            Image.fromarray(noise).save(path)
    return tmp_path / "photos"


@pytest.fixture
def interrupted(photos, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        striate.train(TABLE, photos, tmp_path / "run", callbacks=[DieInEpoch(2)])
    return tmp_path / "run"


def test_the_list_says_each_picture_and_its_part(photos, interrupted):
    dataset = load_dataset(photos, TABLE)
    pictures = PictureList.load(interrupted)
    assert pictures == PictureList.of(dataset)
    assert [len(pictures.train), len(pictures.validation)] == [len(dataset.train), len(dataset.validation)]
    training = load_model(interrupted).training
    assert training["pictures"] == pictures.digest
    assert (training["val_fraction"], training["split"]) == (0.2, "content")


@pytest.mark.parametrize("by", ["python", "command line"])
def test_a_folder_that_has_moved(photos, interrupted, tmp_path, by):
    """Copied to another place with other times, whatever it is called there; later it is found there by itself."""
    place = tmp_path / "사진 2"
    for path in photos.rglob("*.bmp"):
        (place / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place / path.parent.name / path.name)
    shutil.rmtree(photos)
    if by == "python":
        striate.resume(interrupted, place)
    else:
        assert "no such folder" in here("train", "--resume", interrupted).stderr
        done = here("train", "--resume", interrupted, "--data", place, "--json")
        assert done.returncode == 0, done.stderr
    assert json.loads((interrupted / "run.json").read_text(encoding="utf-8"))["data"] == str(place)
    striate.train(TABLE, place, tmp_path / "uninterrupted")
    assert_same_weights(weights(interrupted), weights(tmp_path / "uninterrupted"))


def other_pixels(path):
    """Other pixels in as many bytes."""
    content = bytearray(path.read_bytes())
    content[-9:] = bytes(255 - value for value in content[-9:])
    path.write_bytes(content)


def swapped(photos):
    one, other = (photos / label / "00.bmp" for label in "ab")
    one.rename(photos / "x")
    other.rename(one)
    (photos / "x").rename(other)


CHANGES = {
    "one has other pixels": (lambda photos: other_pixels(photos / "a" / "03.bmp"), "1 of 24 are gone or have changed, 1 are new"),
    "all have": (
        lambda photos: [other_pixels(path) for path in photos.rglob("*.bmp")],
        "24 of 24 are gone or have changed, 24 are new",
    ),
    "one is gone": (lambda photos: (photos / "b" / "07.bmp").unlink(), "1 of 24 are gone or have changed, 0 are new"),
    "one is new": (
        lambda photos: Image.new("RGB", (9, 9)).save(photos / "b" / "new.bmp"),
        "0 of 24 are gone or have changed, 1 are new",
    ),
    "a copy is new": (
        lambda photos: shutil.copy(photos / "b" / "07.bmp", photos / "b" / "99.bmp"),
        "0 of 24 are gone or have changed, 1 are new",
    ),
    "two have other classes": (swapped, "they are the same, but in another order or of other classes"),
    "a class has another name": (
        lambda photos: (photos / "a").rename(photos / "A"),
        "they are the same, but in another order or of other classes",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "checkpoint"),
    [(change, checkpoint) for change in CHANGES for checkpoint in (True, False) if checkpoint or "class" not in change],
)
def test_replaced_pictures_are_refused(photos, interrupted, change, checkpoint):
    """Also those of the same name, size and time; before the first checkpoint too."""
    times = {path: path.stat().st_mtime_ns for path in photos.rglob("*.bmp")}
    apply, words = CHANGES[change]
    apply(photos)
    for path, time in times.items():
        if path.exists():
            os.utime(path, ns=(time, time))
    if not checkpoint:
        shutil.rmtree(interrupted / "checkpoints")
    with pytest.raises(TrainingError) as caught:
        striate.resume(interrupted)
    assert str(caught.value) == (
        f"{interrupted}: the images of {photos} are not those that the run began with: {words}"
    )
    done = here("train", "--resume", interrupted)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"striate: {caught.value}")


def test_renamed_pictures_in_the_same_order_are_the_same(photos, interrupted, tmp_path):
    for path in [*photos.rglob("*.bmp")]:
        path.rename(path.with_name(f"x{path.name}"))
    striate.resume(interrupted)
    striate.train(TABLE, photos, tmp_path / "uninterrupted")
    assert_same_weights(weights(interrupted), weights(tmp_path / "uninterrupted"))


STATED = {
    "light_on_dark": Preprocessing(light_on_dark=True),
    "figure": Preprocessing(figure=(20, 28)),
    "both": Preprocessing(light_on_dark=True, figure=(20, 28), mean=(0.25,), std=(0.5,)),
    "neither": Preprocessing(mean=(0.25,), std=(0.5,)),
}


@pytest.mark.parametrize("stated", STATED)
@pytest.mark.parametrize("kind", ["folder", "arrays"])
def test_preprocessing_that_a_table_states_is_kept(photos, stated, kind):
    table = replace(TABLE, preprocessing=STATED[stated])
    data = photos if kind == "folder" else (np.arange(8 * 243, dtype=np.uint8).reshape(8, 9, 9, 3), np.arange(8) % 2)
    dataset = load_dataset(data, table)
    assert adapt_to_dataset(table, dataset).table.preprocessing == STATED[stated]


@pytest.mark.parametrize("name", ["digits"])
@pytest.mark.parametrize("stated", STATED)
def test_what_a_named_set_is_known_for_is_added(name, stated):
    """Its pictures are light on dark, whatever the table leaves open."""
    table = replace(load_table("lenet5"), preprocessing=STATED[stated])
    found = adapt_to_dataset(table, load_dataset(name, table)).table.preprocessing
    assert found == replace(STATED[stated], light_on_dark=True)


@pytest.mark.parametrize("kind", ["folder", "arrays"])
def test_with_a_figure_pictures_are_trained_on_as_they_are_predicted(tmp_path, kind):
    """Photos of digits of any size: cut out and set before they are stored, as `predict` does."""
    table = load_table("lenet5")
    table = replace(table, preprocessing=replace(table.preprocessing, figure=(20, 28), light_on_dark=True))
    images = []
    for number in range(10):
        for copy in range(2):
            path = tmp_path / "digits" / str(number) / f"{copy}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            images.append(
                digit(
                    number,
                    size=(120 + 40 * copy, 160),
                    height=70 + 20 * copy,
                    middle=(60, 80),
                    pen=8,
                    ink=20,
                    paper=230,
                )
            )
            images[-1].save(path)
    if kind == "folder":
        dataset = load_dataset(tmp_path / "digits", table, DataOptions(val_fraction=0.5))
    else:
        arrays = [np.asarray(image.convert("L").resize((160, 120))) for image in images]
        for number, array in enumerate(arrays):
            Image.fromarray(array).save(tmp_path / "digits" / str(number // 2) / f"{number % 2}.png")
        dataset = load_dataset((np.stack(arrays), np.arange(20) // 2), table, DataOptions(val_fraction=0.5))
    assert {tuple(size) for size in dataset.train.pictures.shapes.tolist()} == {(28, 28)}
    for path in (tmp_path / "digits").rglob("*.png"):
        predicted = read_input(path, table)[0, 2:30, 2:30].numpy()
        label = int(path.parent.name)
        of_class = [
            images.pictures[index][..., 0]
            for images in (dataset.train, dataset.validation)
            for index in (images.labels == label).nonzero().flatten().tolist()
        ]
        assert any(np.array_equal(predicted, stored) for stored in of_class)
