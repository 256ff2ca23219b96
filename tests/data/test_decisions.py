"""What was decided on pictures of a folder: listed, trained and checked so, and no picture touched."""

import numpy as np
import pytest
import xxhash
from PIL import Image
from running import fails, here

from striate.data import DECISIONS_NAME, DataOptions, check_dataset, list_decided, load_dataset
from striate.errors import DataError
from striate.tables import load_table
from striate.training import Options, resume, train

TABLE = load_table("minivggnet:tiny")


@pytest.fixture
def root(tmp_path):
    """Two classes of twelve pictures."""
    generator = np.random.default_rng(0)
    for label in ("cat", "dog"):
        for number in range(12):
            path = tmp_path / "set" / label / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(path)
    return tmp_path / "set"


def decide(root, *entries, schema=1):
    """Write the file of decisions: (path, decision, class) each."""
    lines = [f"schema = {schema}\n"]
    for path, decision, label in entries:
        digest = xxhash.xxh3_128_hexdigest((root / path).read_bytes()) if (root / path).exists() else "0" * 32
        lines.append(f'[[picture]]\npath = "{path}"\ndigest = "{digest}"\ndecision = "{decision}"\n')
        lines.append(f'class = "{label}"\n' if label else "")
    (root / DECISIONS_NAME).write_text("".join(lines), encoding="utf-8")


def content(root):
    return {path: path.read_bytes() for path in root.rglob("*.png")}


def test_without_a_file_nothing_is_decided(root):
    listing = list_decided(root)
    assert (len(listing.images), listing.decided, listing.decisions_digest) == (24, (), "")
    assert DECISIONS_NAME not in listing.describe()


def test_pictures_are_dropped_relabelled_and_kept_and_no_file_is_touched(root):
    before = content(root)
    decide(root, ("cat/00.png", "drop", ""), ("cat/01.png", "relabel", "dog"), ("dog/00.png", "keep", ""))
    labels = {image.path.relative_to(root).as_posix(): image.label for image in list_decided(root).images}
    assert len(labels) == 23
    assert "cat/00.png" not in labels
    assert (labels["cat/01.png"], labels["dog/00.png"], labels["cat/02.png"]) == ("dog", "dog", "cat")
    assert list_decided(root).describe().endswith(f"; {DECISIONS_NAME}: 1 dropped, 1 relabelled, 1 kept")
    assert "passed over" not in list_decided(root).describe()
    assert content(root) == before


def test_others_keep_their_side_of_the_split(root):
    options = DataOptions(val_fraction=0.3)
    before = load_dataset(str(root), TABLE, options)
    dropped, moved = (name.removeprefix(f"{root}/") for name in before.train.names[:2])
    decide(root, (dropped, "drop", ""), (moved, "relabel", "dog"))
    after = load_dataset(str(root), TABLE, options)
    assert set(after.train.names) == set(before.train.names[1:])
    assert set(after.validation.names) == set(before.validation.names)
    assert after.decisions["drop"] == after.decisions["relabel"] == 1


def test_a_decision_on_a_picture_that_is_gone_is_counted(root):
    decide(root, ("cat/99.png", "drop", ""))
    assert list_decided(root).describe().endswith("0 kept, 1 of pictures that are gone")


def test_a_picture_that_has_changed_is_an_error(root):
    decide(root, ("cat/00.png", "drop", ""))
    Image.new("RGB", (32, 32), "red").save(root / "cat/00.png")
    line = fails("train", "minivggnet:tiny", "--data", root, "--out", root.parent / "run", run=here)
    assert "cat" in line
    assert f"has changed since it was decided on; decide anew, or remove it from {DECISIONS_NAME}" in line


@pytest.mark.parametrize(
    ("entries", "schema", "reason"),
    [
        ([("cat/00.png", "relabel", "bird")], 1, "cat/00.png: no class 'bird' in this folder"),
        ([("cat/00.png", "relabel", "")], 1, "picture 1: class: expected with relabel, and with nothing else"),
        ([("cat/00.png", "drop", "dog")], 1, "picture 1: class: expected with relabel, and with nothing else"),
        ([("cat/00.png", "burn", "")], 1, "picture 1: decision: expected keep, drop or relabel, got 'burn'"),
        ([], 2, "schema: expected 1, got 2"),
    ],
)
def test_what_is_no_decision(root, entries, schema, reason):
    decide(root, *entries, schema=schema)
    with pytest.raises(DataError, match=reason):
        list_decided(root)


def test_a_file_that_is_no_toml(root):
    (root / DECISIONS_NAME).write_text("picture = [", encoding="utf-8")
    with pytest.raises(DataError, match=DECISIONS_NAME):
        list_decided(root)


def test_what_was_kept_is_no_problem_again(root):
    (root / "dog/copy.png").write_bytes((root / "cat/00.png").read_bytes())
    assert [problem.kind for problem in check_dataset(str(root)).problems] == ["duplicate"]
    decide(root, ("dog/copy.png", "keep", ""))
    assert check_dataset(str(root)).problems == ()
    decide(root, ("dog/copy.png", "drop", ""))
    findings = check_dataset(str(root))
    assert (findings.problems, findings.counts["images"]) == ((), {"cat": 12, "dog": 12})


def test_a_run_records_them_and_refuses_others(root, tmp_path):
    from dataclasses import replace

    decide(root, ("cat/00.png", "drop", ""), ("cat/01.png", "relabel", "dog"))
    table = replace(TABLE, recipe=replace(TABLE.recipe, epochs=1, batch_size=8))
    options = Options(data=DataOptions(cache_dir=tmp_path / "cache"))
    train(table, str(root), tmp_path / "run", options=options)
    from striate.nn import read_metadata

    record = read_metadata(tmp_path / "run").training["decisions"]
    assert (record["drop"], record["relabel"]) == (1, 1)
    decide(root, ("cat/00.png", "drop", ""))
    with pytest.raises(Exception, match="are not those that the run began with"):
        resume(tmp_path / "run", epochs=2)
