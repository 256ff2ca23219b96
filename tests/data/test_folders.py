"""Folders of pictures: what is listed, how it is split, what is left out and what is refused."""

import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from systems import posix

from striate.data.checking import check_dataset
from striate.data.decode import decode
from striate.data.folders import list_folder
from striate.data.image_paths import image_paths
from striate.data.named import NAMED, NamedSet
from striate.data.network_input import stored_side
from striate.data.options import DataOptions
from striate.data.preprocessing import preprocess
from striate.data.sources import data_kind, load_dataset
from striate.data.transforms import downscale
from striate.errors import DataError, StriateError
from striate.inference import Predictor
from striate.paths import find_path
from striate.tables import load_table

TABLE = load_table("minivggnet")


def picture(path, shade=None, size=(40, 50)):
    """A picture of noise, which no other is like; or of one shade."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = abs(hash(str(path))) if shade is None else shade
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)
    return path


def folder(root, **counts):
    """`a=3` makes three pictures of class a; `train__a=3` those below train/."""
    for place, count in counts.items():
        for i in range(count):
            picture(root / place.replace("__", "/") / f"{i}.png")
    return root


def load_(root, **options):
    return load_dataset(root, TABLE, DataOptions(cache_dir=Path(root).parent / "packs", **options))


def names(images, root):
    return [str(Path(name).relative_to(root)) for name in images.names]


def test_what_is_listed_and_in_which_order(tmp_path):
    root = folder(tmp_path / "set", b=1, a=2)
    picture(root / "a" / "deeper" / "x.JPG")
    picture(root / "a" / ".hidden.png")
    (root / "a" / "notes.txt").touch()
    (root / "labels.csv").touch()
    (root / ".git").mkdir()
    listing = list_folder(root)
    assert [str(image.path.relative_to(root)) for image in listing.images] == [
        "a/0.png",
        "a/1.png",
        "a/deeper/x.JPG",
        "b/0.png",
    ]
    assert [image.label for image in listing.images] == ["a", "a", "a", "b"]
    assert listing.classes == {None: ("a", "b")}
    assert {path.name for path in listing.others} == {"notes.txt", "labels.csv", ".hidden.png", ".git"}
    assert listing.bad == ()


def test_train_and_val_are_taken_as_they_are(tmp_path):
    root = folder(tmp_path / "set", train__a=3, train__b=2, val__a=1, val__b=2)
    data = load_(root)
    assert (data.name, data.classes, data.light_on_dark) == ("set", ("a", "b"), False)
    assert names(data.train, root) == [
        "train/a/0.png",
        "train/a/1.png",
        "train/a/2.png",
        "train/b/0.png",
        "train/b/1.png",
    ]
    assert names(data.validation, root) == ["val/a/0.png", "val/b/0.png", "val/b/1.png"]
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1]
    assert data.validation.labels.tolist() == [0, 1, 1]


def test_a_class_may_be_called_train(tmp_path):
    assert load_(folder(tmp_path / "set", bus=2, train=2)).classes == ("bus", "train")


def test_pixels_are_those_of_the_files_scaled_down_to_what_is_needed(tmp_path):
    root = tmp_path / "set"
    for i in range(4):
        picture(root / "a" / f"{i}.png", size=(100, 70))
        picture(root / "b" / f"{i}.png", size=(20, 30))
    data = load_(root, val_fraction=0.25)
    assert stored_side(TABLE) == 37
    assert {data.train.pictures[i].shape for i in range(len(data.train))} == {(53, 37, 3), (20, 30, 3)}
    for images in (data.train, data.validation):
        for i, name in enumerate(images.names):
            exact = np.asarray(Image.open(name))
            if images.pictures[i].shape == exact.shape:
                assert np.array_equal(images.pictures[i], exact)
            else:
                theirs = np.asarray(Image.open(name).resize((37, 53), Image.Resampling.BILINEAR))
                assert np.abs(images.pictures[i].astype(int) - theirs).max() <= 1
                both = (
                    torch.from_numpy(np.array(array)).permute(2, 0, 1)[None] for array in (images.pictures[i], exact)
                )
                assert torch.subtract(*(preprocess(array, TABLE).float() for array in both)).abs().mean() < 12


def test_a_large_jpeg_is_not_decoded_smaller_than_twice_what_is_needed(tmp_path):
    """Pillow decodes a JPEG at a half or a quarter of its size where that is enough: it must look the same."""
    coarse = Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 67, 3), dtype=np.uint8))
    large = coarse.resize((1600, 1200), Image.Resampling.BICUBIC)
    large.save(tmp_path / "large.jpg", quality=95)
    small = decode(tmp_path / "large.jpg", 3, 100)
    whole = downscale(decode(tmp_path / "large.jpg", 3), 100)
    assert small.shape == whole.shape == (100, 133, 3)
    assert np.abs(small.astype(int) - whole).mean() < 1


def test_gray_networks_get_gray_pictures(tmp_path):
    root = folder(tmp_path / "set", a=2, b=2)
    data = load_dataset(root, load_table("lenet5"), DataOptions(cache_dir=tmp_path / "packs"))
    name = data.train.names[0]
    theirs = np.asarray(Image.open(name).convert("L").resize((46, 37), Image.Resampling.BILINEAR))
    assert data.train.pictures.channels == 1
    assert np.abs(data.train.pictures[0][..., 0].astype(int) - theirs).max() <= 2


def test_bad_images_stop_loading_unless_so_many_are_allowed(tmp_path):
    root = folder(tmp_path / "set", a=4, b=4)
    (root / "a" / "1.png").write_bytes(b"no picture")
    (root / "b" / "2.png").write_bytes((root / "b" / "2.png").read_bytes()[:99])
    with pytest.raises(DataError) as caught:
        load_(root)
    assert str(caught.value) == (
        f"{root / 'a' / '1.png'}: not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF); 2 in {root} cannot be"
        f" read, at most 0 may be (--max-bad 2 leaves them out, striate check {root} lists them)"
    )
    with pytest.raises(DataError, match="at most 1 may be"):
        load_(root, max_bad=1)
    data = load_(root, max_bad=2)
    assert [bad.path for bad in data.skipped] == [root / "a" / "1.png", root / "b" / "2.png"]
    assert "truncated" in data.skipped[1].reason
    assert len(data.train) + len(data.validation) == 6
    assert all(images.pictures.shapes.min() > 0 for images in (data.train, data.validation))
    assert set(names(data.train, root) + names(data.validation, root)) == {
        "a/0.png", "a/2.png", "a/3.png", "b/0.png", "b/1.png", "b/3.png",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"train__a": 2, "train__b": 2, "val__a": 1, "val__z": 1}, r"val/z: a class that .*train does not have"),
        ({"train__a": 2, "train__b": 0, "val__a": 1}, None),
        ({"train__a": 2, "train__b": 1, "test__a": 1, "test__z": 1}, r"test/z: a class that .*train does not have"),
        ({"train__a": 2, "train__b": 1, "val__a": 0}, r"val: no image in its folders; expected one for each class"),
        ({"a": 1, "b": 1}, "no image is left for validation"),
    ],
)
def test_what_a_data_set_must_have(tmp_path, counts, words):
    root = folder(tmp_path / "set", **counts)
    for place in counts:
        (root / place.replace("__", "/")).mkdir(parents=True, exist_ok=True)
    with pytest.raises(DataError, match=words or r"train/b: a class without an image to train on"):
        load_(root)


def test_what_is_no_data_set(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: has no folders; expected one for each class"):
        load_(tmp_path / "empty")
    with pytest.raises(DataError, match=r"file.png: not a folder"):
        load_(picture(tmp_path / "file.png"))
    with pytest.raises(DataError, match="no such folder, and no data set of that name"):
        load_(tmp_path / "none")


@posix
def test_links_are_followed_but_not_in_a_circle(tmp_path):
    root = folder(tmp_path / "set", a=2, b=2)
    elsewhere = folder(tmp_path / "elsewhere", x=3)
    (root / "a" / "linked").symlink_to(elsewhere / "x")
    (root / "a" / "up").symlink_to(root / "a")
    (root / "a" / "file.png").symlink_to(root / "a" / "file.png")
    (root / "b" / "lost.png").symlink_to(tmp_path / "nowhere.png")
    listing = list_folder(root)
    assert sum("linked" in str(image.path) for image in listing.images) == 3
    bad = {str(bad.path.relative_to(root)): bad.reason for bad in listing.bad}
    assert bad == {
        "a/up": "a symbolic link to a folder that is listed already",
        "a/file.png": "cannot be read: Too many levels of symbolic links",
        "b/lost.png": "cannot be read: No such file or directory",
    }


@posix
def test_a_maze_of_links_is_walked_once(tmp_path):
    """Each of 30 folders has two links to the next one: a billion paths, 30 folders."""
    root = tmp_path / "set"
    for i in range(30):
        picture(root / "a" / f"d{i}" / "x.png")
        for name in ("l", "r"):
            (root / "a" / f"d{i}" / name).symlink_to(root / "a" / f"d{(i + 1) % 30}")
    picture(root / "b" / "x.png")
    listing = list_folder(root)
    assert len(listing.images) == 31
    assert len(listing.bad) == 60


def test_folders_nested_deeply(tmp_path):
    path = tmp_path / "set" / "a"
    for _ in range(60):
        path = path / "a"
    picture(path / "x.png")
    picture(tmp_path / "set" / "b" / "x.png")
    assert len(list_folder(tmp_path / "set").images) == 2


def test_a_class_whose_name_is_no_text_is_bad(tmp_path):
    root = folder(tmp_path / "set", a=2, b=2)
    (root / "b").rename(root / "\udcff")
    listing = list_folder(root)
    assert listing.classes[None] == ("a",)
    assert [bad.reason for bad in listing.bad] == ["a class's name must be text in UTF-8"]


def test_a_folder_from_macos_gives_the_same_classes_in_the_same_order_and_split(tmp_path):
    """macOS decomposes names: classes and order are those of composed names, and files open by their own."""
    names = ("강아지", "고양이 ✓", "zebra", "Åland")
    roots = {}
    for form in ("NFC", "NFD"):
        roots[form] = tmp_path / form
        for name in names:
            for number, file in enumerate(("하나", "둘", "셋", "x")):
                path = (
                    roots[form] / unicodedata.normalize(form, name) / unicodedata.normalize(form, f"{file}\u202f.png")
                )
                picture(path, shade=number + 10 * names.index(name))
    composed, decomposed = (load_(root, val_fraction=0.25) for root in roots.values())
    assert composed.classes == decomposed.classes == ("zebra", "Åland", "강아지", "고양이 ✓")
    for part in ("train", "validation"):
        one, other = getattr(composed, part), getattr(decomposed, part)
        assert one.labels.tolist() == other.labels.tolist()
        assert all(np.array_equal(one.pictures[i], other.pictures[i]) for i in range(len(one)))
        assert all(Path(name).exists() for name in other.names)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS takes both forms for one name")
def test_two_folders_of_one_name_in_two_forms_are_one_class(tmp_path):
    for form in ("NFC", "NFD"):
        picture(tmp_path / "set" / unicodedata.normalize(form, "고양이") / f"{form}.png")
        picture(tmp_path / "set" / "a" / f"{form}.png")
    listing = list_folder(tmp_path / "set")
    assert listing.classes[None] == ("a", "고양이")
    assert [image.label for image in listing.images] == ["a", "a", "고양이", "고양이"]


def test_a_models_classes_may_be_written_in_the_other_form(tmp_path):
    names = ("강아지", "고양이")
    data = load_(folder(tmp_path / "set", **dict.fromkeys(names, 2)))
    for form in ("NFC", "NFD"):
        data.check_classes(tuple(unicodedata.normalize(form, name) for name in names))
    with pytest.raises(DataError, match="the model has 2 classes"):
        data.check_classes(("강아지", "고양"))


def test_parts_in_two_forms_have_the_same_classes(tmp_path):
    for part, form in (("train", "NFC"), ("val", "NFD"), ("test", "NFD")):
        for name in ("강아지", "고양이"):
            picture(tmp_path / "set" / part / unicodedata.normalize(form, name) / "1.png")
    data = load_(tmp_path / "set")
    assert data.classes == ("강아지", "고양이")
    assert data.validation.labels.tolist() == [0, 1]
    assert [problem for problem in check_dataset(str(tmp_path / "set")).problems if problem.kind == "class"] == []


def test_a_name_is_found_in_either_form(tmp_path):
    folder = tmp_path / "사진" / unicodedata.normalize("NFD", "고양이")
    file = picture(folder / unicodedata.normalize("NFD", "하나.png"))
    for form in ("NFC", "NFD"):
        typed = unicodedata.normalize(form, str(file))
        assert find_path(typed).samefile(file)
        assert [path.samefile(file) for path in image_paths([str(Path(typed).parent / "*.png"), str(tmp_path)])] == [
            True,
            True,
        ]
    assert find_path(str(tmp_path / "사진" / "고양" / "하나.png")) is None


def test_parts_are_known_by_any_of_their_names(tmp_path):
    """The test part is in neither side; without a validation part that is drawn from train."""
    root = folder(tmp_path / "set", Training__a=4, Training__b=4, TEST__a=1, TEST__b=1)
    listing = list_folder(root)
    assert listing.parts == {"train": root / "Training", "test": root / "TEST"}
    assert listing.classes == {"train": ("a", "b"), "test": ("a", "b")}
    data = load_(root, val_fraction=0.25)
    drawn_from, kept = (set(data.train.names) | set(data.validation.names), set(data.test.names))
    assert drawn_from == {str(image.path) for image in listing.images if image.part == "train"}
    assert kept == {str(image.path) for image in listing.images if image.part == "test"}
    assert set(data.train.names).isdisjoint(data.validation.names)
    lines = []
    load_dataset(root, TABLE, DataOptions(cache_dir=tmp_path / "packs"), on_listed=lines.append)
    assert lines == [f"{root}: train 8 images, test 2 images, 2 classes (a, b)"]


@pytest.fixture
def working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_folder_takes_precedence_over_a_named_set(working_directory, name):
    folder(working_directory / name, a=2, b=2)
    assert data_kind(name) == "folder"
    assert load_(Path(name)).classes == load_dataset(name, TABLE, DataOptions(cache_dir="packs")).classes == ("a", "b")
    assert check_dataset(name).classes == ("a", "b")
    assert data_kind(NamedSet(name)) == "named"


def test_a_file_and_the_files_of_a_named_set_do_not(working_directory):
    (working_directory / "digits").touch()
    (working_directory / "cifar10" / "cifar-10-batches-py").mkdir(parents=True)
    assert [data_kind(name) for name in NAMED] == ["named"] * len(NAMED)


@pytest.mark.parametrize("use", [load_, check_dataset, lambda name: list(image_paths([name])), Predictor.load])
def test_an_empty_name_is_not_the_current_folder(working_directory, use):
    folder(working_directory, a=2, b=2)
    with pytest.raises(StriateError, match="an empty name, where a"):
        use("")
