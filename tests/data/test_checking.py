"""`striate check`: the problems of a data set by path and reason; exit 1 if there are any."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from running import here
from systems import posix

from striate.cli import check as command
from striate.data.checking import check_dataset
from striate.errors import DataError


@pytest.fixture
def root(tmp_path):
    """A folder without fault: train/ and val/, two classes."""
    generator = np.random.default_rng(0)
    for part, count in (("train", 3), ("val", 1)):
        for label in ("cat", "dog"):
            for i in range(count):
                path = tmp_path / "set" / part / label / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(generator.integers(0, 256, (20, 30, 3), dtype=np.uint8)).save(path)
    return tmp_path / "set"


def problems(root):
    """Kind, path below the folder, reason without the folder."""
    return {
        (p.kind, p.path.removeprefix(f"{root}/"), p.reason.replace(f"{root}/", ""))
        for p in check_dataset(str(root)).problems
    }


def test_nothing_is_wrong(root):
    findings = check_dataset(str(root))
    assert findings.problems == ()
    assert findings.classes == ("cat", "dog")
    assert findings.counts == {"train": {"cat": 3, "dog": 3}, "validation": {"cat": 1, "dog": 1}}


@posix
def test_every_kind_of_unreadable_picture(root):
    cat = root / "train" / "cat"
    whole = (cat / "0.png").read_bytes()
    (cat / "cut.png").write_bytes(whole[: len(whole) // 2])
    (cat / "empty.png").touch()
    (cat / "text.jpg").write_text("a cat", encoding="utf-8")
    (cat / "gone.png").symlink_to(cat / "nowhere.png")
    Image.new("1", (12_000, 9_000)).save(cat / "huge.png")
    (cat / "notes.txt").touch()
    found = {(kind, path) for kind, path, _ in problems(root)}
    assert found == {
        ("unreadable", f"train/cat/{name}") for name in ("cut.png", "empty.png", "text.jpg", "gone.png", "huge.png")
    }
    reasons = {path.split("/")[-1]: reason for _, path, reason in problems(root)}
    assert reasons["empty.png"] == "empty"
    assert reasons["huge.png"] == "12000x9000 pixels, at most 100 million are read"
    assert "truncated" in reasons["cut.png"]
    assert reasons["gone.png"] == "cannot be read: No such file or directory"
    assert check_dataset(str(root)).counts["train"]["cat"] == 3
    assert [path.split("/")[-1] for path in check_dataset(str(root)).others] == ["notes.txt"]


def test_blank_pictures_are_listed_and_are_no_copies_of_each_other(root):
    for name, image in {
        "white.png": Image.new("RGB", (40, 30), "white"),
        "gray.jpg": Image.new("L", (40, 30), 90),
        "nearly.png": Image.fromarray(np.arange(1200, dtype=np.uint8).reshape(30, 40) % 8),
        "transparent.png": Image.new("RGBA", (40, 30), (9, 99, 200, 0)),
        "again.png": Image.new("RGB", (40, 30), "white"),
        "seen.png": Image.fromarray(np.arange(1200, dtype=np.uint8).reshape(30, 40) % 9),
    }.items():
        image.save(root / "train/cat" / name)
    assert problems(root) == {
        ("blank", f"train/cat/{name}", "blank: nothing in it")
        for name in ("white.png", "gray.jpg", "nearly.png", "transparent.png", "again.png")
    }


def test_how_deep_values_are_understood_is_a_note_and_no_problem(root):
    ramp = np.arange(1200, dtype=np.uint16).reshape(30, 40)
    Image.fromarray(ramp * 3).save(root / "train/cat/deep.png")
    findings = check_dataset(str(root))
    assert findings.problems == ()
    assert findings.notes == ((str(root / "train/cat/deep.png"), "values of 12 bits in 16: 4,095 is white"),)
    done = here("check", root)
    assert f"Notes:\n  {root}/train/cat/deep.png: values of 12 bits in 16: 4,095 is white\n" in done.stdout
    assert json.loads(here("check", root, "--json").stdout)["notes"] == [
        {"path": str(root / "train/cat/deep.png"), "note": "values of 12 bits in 16: 4,095 is white"}
    ]


def test_the_same_picture_twice(root):
    shutil.copy(root / "train/cat/0.png", root / "train/cat/again.png")
    shutil.copy(root / "train/cat/0.png", root / "train/dog/other.png")
    Image.open(root / "train/dog/1.png").save(root / "val/dog/leak.bmp")  # another file, the same pixels
    assert problems(root) == {
        ("duplicate", "train/cat/again.png", "the same picture as train/cat/0.png"),
        ("duplicate", "train/dog/other.png", "the same picture as train/cat/0.png, which is of class cat"),
        ("duplicate", "val/dog/leak.bmp", "the same picture as train/dog/1.png, which is trained on"),
    }


def test_classes_in_one_part_only_and_classes_without_images(root):
    (root / "val" / "cat").rename(root / "val" / "cow")
    (root / "train" / "owl").mkdir()
    train, val = "a class that train does not have", "a class that val does not have"
    assert problems(root) == {
        ("class", "val/cow", train), ("class", "train/cat", val), ("class", "train/owl", val),
        ("class", "train/owl", "a class without an image that can be read"),
    }  # fmt: skip


def test_one_folder_for_all(root):
    findings = check_dataset(str(root / "train"))
    assert findings.counts == {"images": {"cat": 3, "dog": 3}}
    assert findings.problems == ()


def test_named_sets(tmp_path):
    findings = check_dataset("digits")
    assert sum(findings.counts["train"].values()) == 1437
    assert findings.counts["validation"]["3"] == 37
    with pytest.raises(DataError, match="did you mean 'digits'"):
        check_dataset("digit")
    with pytest.raises(DataError, match="no such folder"):
        check_dataset(str(tmp_path / "none"))


def run(capsys, *words):
    import argparse

    parser = argparse.ArgumentParser()
    command.arguments(parser)
    parser.add_argument("--json", action="store_true")
    command.run(parser.parse_args(words))
    return capsys.readouterr().out


def test_the_command_prints_a_table_and_ends_well(root, capsys):
    lines = run(capsys, str(root)).splitlines()
    assert lines[1].split() == ["Class", "Train", "Validation"]
    assert lines[3].split() == ["cat", "3", "1"]
    assert lines[-2].split() == ["Total", "6", "2"]
    assert lines[-1] == "No problems."


def test_the_command_lists_problems_and_then_fails(root, capsys):
    (root / "train/cat/empty.png").touch()
    (root / "train/cat/notes.txt").touch()
    with pytest.raises(DataError, match=r"set: 1 problem, of which the first: .*empty.png: empty"):
        run(capsys, str(root))
    printed = capsys.readouterr().out
    assert f"Unreadable:\n  {root}/train/cat/empty.png: empty\n" in printed
    assert "No problems" not in printed


def test_one_json_document(root, capsys):
    (root / "train/cat/empty.png").touch()
    with pytest.raises(DataError):
        run(capsys, str(root), "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["classes"] == [
        {"name": "cat", "train": 3, "held_out": 1},
        {"name": "dog", "train": 3, "held_out": 1},
    ]
    assert document["problems"] == [{"kind": "unreadable", "path": f"{root}/train/cat/empty.png", "reason": "empty"}]
