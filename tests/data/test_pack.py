"""The packed cache: the same pictures again, whoever builds it, however often it is interrupted, within its bound."""

import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data import digest_index, pack
from striate.data.batches import Batches, validation_batches
from striate.data.decode import decode
from striate.data.folders import list_folder
from striate.data.pictures import ImageSet, Pictures
from striate.errors import DataError
from striate.tables import Conv, HorizontalFlip, RandomCrop, RandomResizedCrop, Recipe, Table


@pytest.fixture
def root(tmp_path):
    """A folder of twelve pictures of several sizes, two of them broken."""
    generator = np.random.default_rng(0)
    for i in range(12):
        path = tmp_path / "set" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (10 + i, 30 - i, 3), dtype=np.uint8)).save(path)
    (tmp_path / "set" / "a" / "4.png").write_bytes(b"broken")
    (tmp_path / "set" / "b" / "5.png").write_bytes(b"")
    return tmp_path / "set"


def load(root, folder=None, **options):
    listing = list_folder(root)
    options = {"side": 12, "channels": 3, **options}
    return pack.load_or_build_pack(root, listing.images, folder=folder or root.parent / "packs", **options)


def packed(root, folder=None, **options):
    """The pictures, and which could not be read."""
    pictures, _, bad = load(root, folder, **options)
    return pictures, bad


def packs(root):
    """The packs and what belongs to one that is being built, the oldest first; without the marks of their users."""
    others = (".use", ".lock", ".digests")
    files = [path for path in (root.parent / "packs").iterdir() if path.suffix not in others]
    return sorted(files, key=lambda path: path.stat().st_mtime_ns)


def test_pictures_come_back_as_they_were_decoded(root):
    listing = list_folder(root)
    done = []
    for _ in range(2):
        pictures, bad = packed(root, on_progress=lambda *step: done.append(step))
        assert {listing.images[i].path.name: reason for i, reason in bad.items()} == {
            "4.png": "not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)",
            "5.png": "empty",
        }
        for i, image in enumerate(listing.images):
            if i not in bad:
                assert np.array_equal(pictures[i], decode(image.path, 3, 12))
                assert min(pictures[i].shape[:2]) <= 12
        assert not pictures.pixels.flags.writeable
    assert done == [(i, 12) for i in range(1, 13)]  # the second time nothing was decoded
    assert len(packs(root)) == 1


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_the_file_is_the_same_for_any_number_of_workers(root, workers):
    packed(root, workers=2)
    packed(root, folder=root.parent / "other", workers=workers)
    (one,), (other,) = packs(root), (root.parent / "other").glob("*.pack")
    assert (one.name, one.read_bytes()) == (other.name, other.read_bytes())


def test_another_size_or_channels_or_content_make_another_pack(root):
    packed(root)
    packed(root, side=11)
    packed(root, channels=1)
    packed(root, figure=(8, 10))
    assert len(packs(root)) == 4
    Image.new("RGB", (10, 20)).save(root / "a" / "0.png")
    packed(root)
    assert len(packs(root)) == 5


def decoded_again(root, **options):
    """How many pictures were decoded."""
    done = []
    packed(root, on_progress=lambda *step: done.append(step), **options)
    return len(done)


def test_times_and_places_do_not_matter(root):
    before = load(root)
    os.utime(root / "a" / "0.png", ns=(1, 1))
    assert decoded_again(root) == 0
    moved = root.rename(root.parent / "moved")
    assert decoded_again(moved) == 0
    shutil.copytree(moved, root)
    assert decoded_again(root) == 0
    (root / "a" / "0.png").rename(root / "a" / "00.png")
    after = load(root)
    assert len(packs(root)) == 1  # the same content
    assert np.array_equal(before[1], after[1])


def replace_content(path, change):
    """Other content of the same size under the same name with the same time of modification, as from an archive."""
    status, content = path.stat(), bytearray(path.read_bytes())
    change(path, content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


def in_place(path, content):
    with path.open("r+b") as file:
        file.write(content)


def renamed_over(path, content):
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").replace(path)


SYSTEMS = {
    "a time of change": lambda image, _: image,
    "Windows": lambda image, _: replace(image, ctime_ns=1),  # the time at which a file was made
    "a file system that repeats the time of modification": lambda image, _: replace(image, ctime_ns=image.mtime_ns),
}


@pytest.mark.parametrize("write", [in_place, renamed_over])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("age", [0, 10])
def test_equal_name_size_and_time_with_other_content_give_the_new_pixels(tmp_path, monkeypatch, system, write, age):
    """Whether the files had just changed before they were first read, or are old."""
    monkeypatch.setattr(sys, "platform", "win32" if system == "Windows" else "linux")
    root = tmp_path / "set"
    for number in range(4):
        path = root / "a" / f"{number}.bmp"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (number, 0, 0)).save(path)
        os.utime(path, ns=(1, 1))
    entries = tuple(SYSTEMS[system](image, age) for image in list_folder(root, ("a",)).images)
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + age * 10**9)
    options = {"side": 12, "channels": 3, "folder": tmp_path / "packs"}
    for _ in range(2):
        pictures, digests, _ = pack.load_or_build_pack(root, entries, **options)
        assert [picture[0, 0].tolist() for picture in map(pictures.__getitem__, range(4))] == [
            [n, 0, 0] for n in range(4)
        ]

    def other(path, content):
        content[-len(content) + 54 :] = bytes([200]) * (len(content) - 54)
        write(path, content)

    replace_content(root / "a" / "2.bmp", other)
    entries = tuple(SYSTEMS[system](image, age) for image in list_folder(root, ("a",)).images)
    pictures, changed, _ = pack.load_or_build_pack(root, entries, **options)
    assert pictures[2][0, 0].tolist() == [200, 200, 200]
    assert (changed != digests).any(axis=1).tolist() == [False, False, True, False]


def test_unchanged_files_are_not_read_again(root, monkeypatch):
    """Where the file system has a time of change, and nothing had just changed."""
    if not digest_index.has_change_time(list_folder(root).images):
        os.utime(root / "a" / "0.png", ns=(1, 1))
    if not digest_index.has_change_time(list_folder(root).images):
        pytest.skip("this system has no time of change")
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 10 * 10**9)
    _, digests, bad = load(root)
    monkeypatch.setattr(digest_index, "read_file", None)
    monkeypatch.setattr(pack, "read_file", None)
    again = load(root)
    assert (again[1].tolist(), again[2]) == (digests.tolist(), bad)


def test_a_file_that_becomes_readable_is_read(root):
    """A file of no content has no digest, so that what comes later is another one."""
    (root / "a" / "0.png").unlink()
    (root / "a" / "0.png").symlink_to(root.parent / "elsewhere.png")
    Image.new("RGB", (5, 5)).save(root.parent / "elsewhere.png")
    assert sorted(load(root)[2]) == [3, 9]


def test_a_damaged_index_is_made_anew(root):
    expected = load(root)
    (path,) = (root.parent / "packs").glob("*.digests")
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole + b"x", bytes(len(whole))):
        path.write_bytes(damaged)
        found = load(root)
        assert np.array_equal(found[1], expected[1])
        assert np.array_equal(found[0].pixels, expected[0].pixels)
    assert len(packs(root)) == 1


def test_damaged_packs_are_built_anew(root):
    expected = packed(root)[0].pixels.copy()
    (path,) = packs(root)
    whole = path.read_bytes()
    index = len(expected)
    for damaged in (
        b"", whole[:-1], whole[:50], whole + b"x", bytes(len(whole)), whole[:-24] + b"\xff" * 8 + whole[-16:],
        whole[:index] + b"\x7f" * 24 + whole[index + 24 :],
    ):  # fmt: skip
        path.write_bytes(damaged)
        assert np.array_equal(packed(root)[0].pixels, expected)
        assert path.read_bytes() == whole


def test_nothing_to_decode(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "set" / name).mkdir(parents=True)
        (tmp_path / "set" / name / "x.png").touch()
    pictures, bad = packed(tmp_path / "set")
    assert (len(pictures), pictures.pixels.size, bad) == (2, 0, {0: "empty", 1: "empty"})


def test_a_cache_that_cannot_be_written(root):
    with pytest.raises(DataError, match=r"x.png: the cache of decoded pictures cannot be written: .*XDG_CACHE_HOME"):
        (root.parent / "x.png").touch()
        packed(root, folder=root.parent / "x.png")


def test_a_full_disk_leaves_nothing(root, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        packed(root)
    assert packs(root) == []


def test_ctrl_c_leaves_nothing_and_no_thread(root):
    def interrupt(done, _):
        if done == 3:
            raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        packed(root, on_progress=interrupt)
    assert packs(root) == []
    assert threading.active_count() == before


def test_the_bound_holds_and_the_least_recently_used_goes_first(root):
    for side in (8, 9, 10):
        packed(root, side=side)
    eight, nine, ten = packs(root)
    size = eight.stat().st_size
    for path, age in ((eight, 1), (nine, 3), (ten, 2)):
        os.utime(path, (time.time() - age * 100,) * 2)
    packed(root, side=8)
    assert packs(root)[-1] == eight  # used now, though made first
    packed(root, side=7, cache_size=size * 3)
    assert not nine.exists()
    assert sum(path.stat().st_size for path in packs(root)) <= size * 3
    packed(root, side=6, cache_size=1)
    assert len(packs(root)) == 1


def test_a_pack_in_use_is_not_removed(root):
    used, _ = packed(root, side=8)
    part = used.subset([0, 1])
    expected = part[1].copy()
    del used
    packed(root, side=9, cache_size=1)
    assert len(packs(root)) == 2
    assert np.array_equal(part[1], expected)
    del part
    packed(root, side=10, cache_size=1)
    assert len(packs(root)) == 1


@pytest.mark.parametrize("augmentation", [(), (RandomCrop(of=12), HorizontalFlip()), (RandomResizedCrop(),)])
def test_batches_from_a_pack_are_those_from_memory(root, augmentation):
    pictures, bad = packed(root)
    good = [i for i in range(12) if i not in bad]
    mapped = pictures.subset(good)
    in_memory = Pictures(mapped.pixels.copy(), mapped.offsets, mapped.shapes, 3)
    recipe = Recipe(augmentation=augmentation, batch_size=4)
    table = Table("t", (3, 12, 12), (Conv("c", maps=1, kernel=1),), recipe=recipe)
    sets = [ImageSet(store, torch.zeros(len(good), dtype=torch.int64)) for store in (mapped, in_memory)]
    for ours, theirs in zip(*(Batches(images, table).epoch(1) for images in sets), strict=True):
        assert torch.equal(ours.images, theirs.images)
    for ours, theirs in zip(*(validation_batches(images, table, 4) for images in sets), strict=True):
        assert torch.equal(ours[0], theirs[0])


BUILD = """
import sys, time
from pathlib import Path
from striate.data import digest_index, pack
from striate.data.folders import list_folder
def on_progress(done, total):
    print(done, flush=True)
    time.sleep(0.05)
    sys.stdin.readline()  # until the test lets it go on
root = Path(sys.argv[1])
pictures, _, bad = pack.load_or_build_pack(root, list_folder(root).images, side=12, channels=3, folder=Path(sys.argv[2]), on_progress=on_progress)
print("sum", int(pictures.pixels.sum()), sorted(bad), flush=True)
"""


def build(root, go_on=""):
    """A process that builds a pack. After each picture it reads a line of `go_on`; at its end it waits for the test."""
    command = [sys.executable, "-c", BUILD, str(root), str(root.parent / "packs")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    process.stdin.write(go_on)
    process.stdin.flush()
    return process


@pytest.mark.parametrize("_again", range(2))
def test_two_processes_at_once_build_one_pack(root, _again):
    processes = [build(root, "\n" * 12) for _ in range(2)]
    outputs = [process.communicate(timeout=120)[0].split("\n") for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted(len(lines) for lines in outputs) == [2, 14]  # one has decoded, the other has waited for it
    assert outputs[0][-2] == outputs[1][-2]
    assert [path.suffix for path in packs(root)] == [".pack"]


def test_a_build_that_is_killed_leaves_nothing_that_is_used(root):
    with build(root, "\n" * 5) as process:
        while process.stdout.readline().strip() != "6":
            pass
        process.kill()
    assert [path.suffix for path in packs(root)] == [".partial"]
    done = []
    pictures, bad = packed(root, on_progress=lambda *step: done.append(step))
    assert len(done) == 12  # from the beginning
    assert [path.suffix for path in packs(root)] == [".pack"]
    fresh, _ = packed(root, folder=root.parent / "fresh")
    assert np.array_equal(pictures.pixels, fresh.pixels)
    assert sorted(bad) == [3, 9]


def test_leftovers_of_other_packs_are_removed_but_not_builds_that_go_on(root):
    with build(root) as process:
        process.stdout.readline()
        leftover = root.parent / "packs" / "0123.partial"
        leftover.write_bytes(b"x")
        packed(root, side=9)
        assert not leftover.exists()
        assert len([path for path in packs(root) if path.suffix == ".partial"]) == 1
        assert process.communicate(timeout=120)[0].split("\n")[-2].startswith("sum")
    assert [path.suffix for path in packs(root)] == [".pack", ".pack"]


def test_the_cache_is_where_xdg_says(root, monkeypatch):
    from striate.data.options import DataOptions
    from striate.data.sources import load_dataset
    from striate.tables import load_table

    monkeypatch.setenv("XDG_CACHE_HOME", str(root.parent / "xdg"))
    load_dataset(root, load_table("minivggnet"), DataOptions(max_bad=2))
    assert len(list(Path(root.parent / "xdg" / "striate" / "packs").glob("*.pack"))) == 1
