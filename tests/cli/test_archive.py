"""A data set as it comes out of an archive, with train/, validation/, test/ and what is beside them, through every command."""

import json
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running import here

DATA = os.environ.get("STRIATE_DATA")
PARTS = {"train": 8, "validation": 3, "test": 2}
"""Images of each class that the drawn archive has in each part."""


def drawn_archive(folder):
    """An archive of two classes of noise, dark and light, with a README and a licence."""
    generator = np.random.default_rng(0)
    (folder / "README.md").write_text("Two classes.\n", encoding="utf-8")
    (folder / "LICENSE").write_text("CC0\n", encoding="utf-8")
    for part, count in PARTS.items():
        for name, least in {"dark": 0, "light": 128}.items():
            (folder / part / name).mkdir(parents=True)
            for number in range(count):
                pixels = generator.integers(least, least + 128, (40, 30, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / part / name / f"{number}.jpg")
    archive = folder.parent / "noise.tar"
    with tarfile.open(archive, "w", encoding="utf-8") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    return archive


def clothing(_folder):
    """The photographs of clothing, if they are here."""
    archive = Path(DATA or "", "clothing-cc0.tar")
    if not DATA or not archive.is_file():
        pytest.skip("clothing-cc0.tar is looked for in $STRIATE_DATA")
    return archive


@pytest.mark.parametrize("make", [drawn_archive, clothing])
def test_an_archive_with_parts_through_every_command(make, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    Path("made").mkdir()
    with tarfile.open(make(tmp_path / "made"), encoding="utf-8") as tar:
        tar.extractall("set", filter="data")

    done = here("check", "set", "--json")
    classes = json.loads(done.stdout)["classes"]
    total = {part: sum(each[part] for each in classes) for part in ("train", "held_out", "test")}
    assert done.returncode == 0, done.stderr
    took = f"train {total['train']:,} images, validation {total['held_out']:,} images, test {total['test']:,} images"
    assert f"striate: set: {took}" in done.stderr

    done = here("train", "minivggnet:tiny", "--data", "set", "--out", "run", "--epochs", 1, "--json")
    assert done.returncode == 0, done.stderr
    assert took in done.stderr

    scored = {part: json.loads(here("evaluate", "run", *rest, "--json").stdout) for part, rest in {
        "test": ("--data", "set"), "validation": ("--data", "set", "--part", "validation"), "alone": ("--data", "set/test"),
    }.items()}  # fmt: skip
    assert (scored["test"]["part"], scored["test"]["images"], scored["test"]["trained_on"]) == (
        "test",
        total["test"],
        0,
    )
    assert scored["validation"]["images"] == total["held_out"]
    assert scored["alone"]["top1"] == scored["test"]["top1"]

    predictions = json.loads(here("predict", "run", "set/test", "--json").stdout)["predictions"]
    assert len(predictions) == total["test"]
    right = sum(one["top"][0]["class"] == Path(one["path"]).parent.name for one in predictions)
    assert right / total["test"] == pytest.approx(scored["test"]["top1"])
