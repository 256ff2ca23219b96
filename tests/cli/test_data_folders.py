"""Every command on folders that people really have: what each says that it took, and what it refuses."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running import fails, here

from striate.nn import Model, build, save_model
from striate.tables import load_table


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("striate.web.serve", lambda *_: None)  # it would not end
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(root, paths):
    """Pictures that differ; a path of another suffix is a file of text, and one that ends in / an empty folder."""
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("/"):
            (root / path).mkdir(exist_ok=True)
        elif path.endswith(".png") and "/." not in path:
            shades = np.random.default_rng(number).integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(shades).save(root / path)
        else:
            (root / path).write_text("text", encoding="utf-8")


def images(place, number=2):
    return tuple(f"{place}/{name}/{n}.png" for name in ("rose", "tulip") for n in range(number))


def model(path):
    table = load_table("lenet5:modern")
    save_model(path, Model(build(table, seed=0, classes=2), ("rose", "tulip"), {}, {}))
    return path


ON_FOLDER = {
    "check": ("check", "set"),
    "train": ("train", "lenet5:modern", "--data", "set", "--out", "run", "--epochs", "1", "--batch-size", "2"),
    "evaluate": ("evaluate", "m.safetensors", "--data", "set", "--engine", "torch", "--precision", "float32"),
    "inspect": ("inspect", "m.safetensors", "--data", "set", "--out", "inside"),
    "inspect pooling": ("inspect", "--pooling", "lenet5:modern", "--data", "set", "--out", "inside"),
    "inspect learning": ("inspect", "--learning", "lenet5:modern", "--data", "set", "--out", "inside"),
    "serve": ("serve", "m.safetensors", "--data", "set", "--runs", "runs", "--port", "0"),
    "predict int8": ("predict", "m.safetensors", "set", "--precision", "int8", "--calibrate", "set"),
}
BROKEN = {
    "nothing": ("set/",),
    "pictures without folders": ("set/1.png", "set/2.png"),
    "one class": ("set/daisy/1.png", "set/daisy/2.png"),
    "one folder too many": images("set/flowers"),
    "two folders too many": images("set/a/flowers"),
    "an archive with parts": (*images("set/archive/train"), *images("set/archive/test")),
    "images in each part": (*images("set/train/images"), *images("set/test/images")),
    "train beside classes": (*images("set/train"), *images("set")),
    "test beside classes": (*images("set/test"), *images("set")),
    "test alone": images("set/Test"),
    "val and test alone": (*images("set/val"), *images("set/test")),
    "valid and validation": (*images("set/train"), *images("set/valid"), *images("set/validation")),
    "pictures directly in train": ("set/train/1.png", "set/test/2.png"),
    "pictures directly in test": (*images("set/train"), "set/test/1.png"),
    "an empty test": (*images("set/train"), "set/test/"),
    "parts in classes": tuple(f"set/{c}/{p}/{n}.png" for c in ("rose", "tulip") for p in ("train", "test") for n in "12"),
    "sets called otherwise": (*images("set/training_set"), *images("set/test_set")),
    "domains": (*images("set/photo"), *images("set/sketch")),
    "a copy in it": (*images("set"), *images("set/flowers")),
    "masks": ("set/images/1.png", "set/masks/1.png"),
    "formats that are not read": ("set/rose/1.heic", "set/tulip/2.heic"),
    "only junk": ("set/@eaDir/rose/1.png", "set/__MACOSX/rose/1.png", "set/.hidden/rose/1.png"),
}  # fmt: skip


@pytest.mark.parametrize("paths", BROKEN.values(), ids=BROKEN)
def test_a_broken_folder_is_refused_by_every_command_in_the_same_line(place, paths):
    make(place, paths)
    model(place / "m.safetensors")
    commands = [*ON_FOLDER.values(), ("serve", "--data", "set", "--port", "0")]
    lines = {fails(*command, run=here) for command in commands}
    assert len(lines) == 1, lines
    assert all(line.startswith("striate: set") and "; " in line for line in lines)
    assert not (place / "run").exists()


TAKEN = (
    "striate: set: train 8 images, validation 8 images, test 8 images, 2 classes (rose, tulip); passed over:"
    " 1 .heic (Train/rose/a.heic; not read: convert it to JPEG or PNG), 1 ._* (Train/rose/._1.png),"
    " 1 .md (README.md), 1 @eaDir"
)


@pytest.mark.parametrize("command", ON_FOLDER.values(), ids=ON_FOLDER)
def test_what_was_taken_is_said_in_one_line(place, command):
    parts = tuple(path for part in ("Train", "valid", "TESTING") for path in images(f"set/{part}", 4))
    make(place, (*parts, "set/Train/rose/a.heic", "set/Train/@eaDir/1.png", "set/README.md", "set/Train/rose/._1.png"))
    model(place / "m.safetensors")
    commands = [command]
    if command[0] == "train":
        commands.append(("train", "--resume", "run", "--epochs", 2))
    for each in commands:
        done = here(*each)
        assert done.returncode == 0 or "--learning" in each, done.stderr  # which needs more images
        said = done.stderr.replace(f"{place}{os.sep}", "") if "--resume" in each else done.stderr
        lines = said.splitlines()
        assert [line for line in lines if "rose, tulip" in line] == [TAKEN]


def test_the_line_is_no_part_of_the_json(place):
    make(place, (*images("set"), "set/rose/a.heic", "set/preview.png"))
    document = json.loads(here("check", "set", "--json").stdout)
    assert document["problems"] == []
    assert sorted(document["others"]) == sorted(str(Path("set") / name) for name in ("preview.png", "rose/a.heic"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", ""),
        ("evaluate", "lenet5", "--data", ""),
        ("predict", "lenet5", "set", ""),
        ("train", "--resume", ""),
        ("serve", "lenet5", ""),
        ("serve", "a="),
        ("serve", "--data", ""),
        ("serve", "--data", "a="),
    ],
    ids=str,
)
def test_an_empty_string_is_wrong_usage_and_no_folder(place, arguments):
    """Of every single argument `test_paths.py` asks it."""
    make(place, images("."))
    line = fails(*arguments, code=2, run=here)
    assert len(line) < 200
