"""The doctor for the data: what was planted is found, and what is only alike is not."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw
from running import fails, here

from striate.doctor import (
    diagnose,
    diagnosis_page,
    find_label_suspects,
    find_near_doubles,
    out_of_fold_probabilities,
    shortcut_in_words,
)
from striate.doctor.diagnosis import describe_imbalance
from striate.doctor.shortcuts import Shortcut, statistics
from striate.words import translate


def picture(label, generator):
    """A disc or a square in noise, at a random place."""
    pixels = generator.integers(60, 110, (32, 32, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    x, y = generator.integers(3, 9, 2).tolist()
    draw = ImageDraw.Draw(image)
    (draw.ellipse if label == "disc" else draw.rectangle)((x, y, x + 18, y + 18), fill=(230, 220, 210))
    return image


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Forty discs and as many squares: one square among the discs, a mirrored copy in another part and class; every
    square has a dark frame; one picture is tiny."""
    folder = tmp_path_factory.mktemp("planted") / "set"
    generator = np.random.default_rng(0)
    for part, count in (("train", 40), ("val", 4)):
        for label in ("disc", "square"):
            for number in range(count):
                image = picture(label, generator)
                if label == "square":
                    ImageDraw.Draw(image).rectangle((0, 0, 31, 31), outline=(0, 0, 0))
                path = folder / part / label / f"{number:02}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                image.save(path)
    wrong = picture("square", generator)
    wrong.save(folder / "train/disc/wrong.png")
    Image.open(folder / "train/square/03.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(
        folder / "val/disc/copy.jpg", quality=90
    )
    Image.open(folder / "train/square/04.png").resize((10, 10)).save(folder / "train/square/tiny.png")
    return folder


@pytest.fixture(scope="module")
def diagnosis(root):
    return diagnose(str(root))


def test_a_double_in_another_part_and_class_is_a_leak(diagnosis):
    pairs = {
        frozenset((diagnosis.collection.paths[pair.first], diagnosis.collection.paths[pair.second])): pair
        for pair in diagnosis.near_doubles.pairs
    }
    pair = pairs[frozenset(("train/square/03.png", "val/disc/copy.jpg"))]
    assert diagnosis.leaks(pair.first, pair.second) == ("part", "class")


def test_a_frame_gives_a_class_away(diagnosis):
    found = {diagnosis.collection.classes[shortcut.label]: shortcut for shortcut in diagnosis.shortcuts}
    assert found["square"].f1 > 0.9
    assert "border" in found["square"].statistic


def test_a_small_picture(diagnosis):
    assert [diagnosis.collection.paths[index] for index in diagnosis.small] == ["train/square/tiny.png"]
    assert diagnosis.imbalance == ""


def scaled(image, box):
    """What is in the box (left, top, right, bottom), as large as the whole was."""
    return np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR, box=box))


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[:, ::-1],
        lambda image: np.roll(image, (2, -1), (0, 1)),
        lambda image: (image * 0.7 + 20).astype(np.uint8),
        lambda image: scaled(image, (1.5, 1.0, 30.5, 30.7)),
        lambda image: scaled(image[:, ::-1], (0.5, 0.5, 32, 32)),
    ],
    ids=["mirrored", "moved", "darker", "cut", "mirrored and moved by half a pixel"],
)
def test_near_doubles_are_found_and_no_others(change):
    generator = np.random.default_rng(1)
    coarse = generator.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    images = coarse.repeat(4, 1).repeat(4, 2)
    found = find_near_doubles(np.concatenate([images, change(images[7])[None]]))
    assert [(pair.first, pair.second) for pair in found.pairs] == [(7, 40)]


def test_a_pair_below_the_bound_is_found_only_if_it_stands_alone():
    """Among pictures that are all alike, the bound is high: a copy is found where nothing else comes near it."""
    generator = np.random.default_rng(4)
    shapes = generator.integers(0, 256, (2, 8, 8, 1), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    alike = np.clip(shapes[0] + generator.normal(0, 12, (60, 32, 32, 1)), 0, 255)
    lonely = np.clip(shapes[1] + generator.normal(0, 20, (2, 32, 32, 1)), 0, 255)
    found = find_near_doubles(np.concatenate([alike, lonely]).astype(np.uint8).repeat(3, 3))
    (pair,) = (pair for pair in found.pairs if pair.first >= 60)
    assert 0.6 < pair.correlation < found.bound
    assert len(found.pairs) < 10  # of 1,770 pairs that are as alike


def test_pictures_without_details_are_no_doubles():
    flat = np.arange(0, 250, 10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 32, 32, 3), np.uint8)
    assert find_near_doubles(flat).pairs == ()


def test_wrong_labels_are_suspects_out_of_fold():
    generator = np.random.default_rng(2)
    labels = np.arange(300) % 3
    features = (np.eye(3)[labels] * 6 + generator.normal(size=(300, 3))).astype(np.float32)
    given = labels.copy()
    given[[4, 50, 200]] = (given[[4, 50, 200]] + 1) % 3
    suspects = find_label_suspects(out_of_fold_probabilities(features, given, 3), given)
    assert {suspect.index for suspect in suspects} == {4, 50, 200}
    assert all(suspect.label == labels[suspect.index] for suspect in suspects)


def test_a_class_of_few_pictures_has_no_suspects():
    labels = np.array([0] * 20 + [1] * 20 + [2] * 3)
    features = np.random.default_rng(3).normal(size=(43, 4)).astype(np.float32)
    probabilities = out_of_fold_probabilities(features, labels, 3)
    assert (probabilities[40:, 2] == 1).all()
    assert np.allclose(probabilities.sum(1), 1)


def test_the_command_prints_all_and_writes_the_page(root, tmp_path):
    page = tmp_path / "page.html"
    done = here("check", root, "--deep", "--out", page, "--language", "ko", "--json")
    assert done.returncode == 0, done.stderr
    deep = json.loads(done.stdout)["deep"]
    assert {"near_doubles", "label_suspects", "shortcuts", "small", "imbalance"} <= deep.keys()
    assert ["part", "class"] in [pair["leak"] for pair in deep["near_doubles"]]
    written = page.read_text(encoding="utf-8")
    assert "거의 같은 사진" in written
    assert "두 부분과 두 클래스에 걸침: 누출" in written
    shown = here("check", root, "--deep").stdout
    assert "in two parts and in two classes: a leak" in shown


def test_what_belongs_to_deep():
    assert "--model goes with --deep" in fails("check", "digits", "--model", "lenet5", code=2, run=here)


def test_a_models_features_are_taken(root):
    by_model = diagnose(str(root), model="resnet20")
    assert by_model.side == 32
    assert by_model.collection.paths == diagnose(str(root)).collection.paths


def test_a_named_set_has_findings_but_no_file_to_decide():
    found = diagnose("digits")
    assert len(found.collection) == 1797
    assert len(found.small) == 1797  # of 8x8
    page = diagnosis_page(found)
    assert "<fieldset" not in page
    assert 'id="toml"' not in page


def test_every_shortcut_and_the_imbalance_are_in_korean(diagnosis):
    for name in (*statistics(diagnosis.collection), "file type"):
        ends = (".png", ".png") if name == "file type" else (0.25, 10.0)
        words = shortcut_in_words(diagnosis, Shortcut(0, name, *ends, 0.97, 0.9, 0.934, 0.2))
        korean = translate(words, "ko")
        assert re.findall("[A-Za-z]{3,}", korean) in (["disc"], ["disc", "png"]), korean
        assert "97.0%" in korean and "0.934" in korean
    few = replace(diagnosis.collection, labels=np.where(np.arange(len(diagnosis.collection)) < 5, 0, 1))
    korean = translate(describe_imbalance(few), "ko")
    assert re.findall(r"[A-Za-z]{3,}", re.sub(r"`[^`]*`", "", korean)) == ["square", "disc", "disc"]
