"""Which folders are parts and which are classes: what is certain is taken, the rest is refused, saying what would do."""

import re
from pathlib import Path

import pytest

from striate.data.folders import list_folder
from striate.data.image_paths import image_paths
from striate.errors import DataError
from striate.text import decompose

TRAIN_AND_TEST = ("train/rose/1.png", "train/tulip/1.png", "test/rose/1.png", "test/tulip/1.png")


def make(root, paths):
    """A folder of empty files: a layout is a matter of names."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def under(place, paths=("rose/1.png", "tulip/1.png")):
    return tuple(f"{place}/{path}" for path in paths)


CERTAIN = {
    "classes": (under("."), {None: "."}),
    "classes with folders in them": (("rose/1.png", "rose/red/old/2.png", "tulip/x/1.png"), {None: "."}),
    "a class of folders beside one of pictures": (("rose/red/1.png", "rose/white/1.png", "tulip/1.png"), {None: "."}),
    "classes called train and bus": (("train/1.png", "bus/1.png"), {None: "."}),
    "classes with a word of a part": (("train_station/1.png", "test_tube/1.png", "rose/1.png"), {None: "."}),
    "an empty class": (("rose/1.png", "tulip/notes.txt"), {None: "."}),
    "train alone": (under("train"), {"train": "train"}),
    "train and test": (TRAIN_AND_TEST, {"train": "train", "test": "test"}),
    "all three": (
        (*under("train"), *under("validation"), *under("test")),
        {"train": "train", "val": "validation", "test": "test"},
    ),
    "other names, in any case": (
        (*under("Training"), *under("VALID"), *under("Testing")),
        {"train": "Training", "val": "VALID", "test": "Testing"},
    ),
    "dev and eval": (
        (*under("TRAIN"), *under("dev"), *under("eval")),
        {"train": "TRAIN", "val": "dev", "test": "eval"},
    ),
    **{
        f"{train}, {val} and {test}": (
            (*under(train), *under(val), *under(test)),
            {"train": train, "val": val, "test": test},
        )
        for train, val, test in (
            ("training", "val", "evaluation"), ("학습", "검증", "시험"), ("훈련", "Dev", "테스트"),
            ("훈련", decompose("검증"), decompose("평가")),
        )
    },
    "a test of one class": ((*under("train"), "test/rose/1.png"), {"train": "train", "test": "test"}),
    "files and folders without images beside parts": (
        (*TRAIN_AND_TEST, "README.md", "labels.csv", "docs/a/b.txt", "preview.png"),
        {"train": "train", "test": "test"},
    ),
    "annotations beside classes": ((*under("."), "annotations/rose/1.xml", "labels/1.txt"), {None: "."}),
    "classes with the name of annotations": (("label/1.png", "letter/1.png", "photo/1.png"), {None: "."}),
}  # fmt: skip


@pytest.mark.parametrize(("paths", "parts"), CERTAIN.values(), ids=CERTAIN)
def test_what_is_certain(tmp_path, paths, parts):
    listing = list_folder(make(tmp_path, paths))
    assert listing.parts == {part: tmp_path / place for part, place in parts.items()}


def test_one_class_is_certain_if_a_model_knows_it(tmp_path):
    make(tmp_path, ("rose/red/1.png", "rose/white/1.png"))
    assert list_folder(tmp_path, ("rose", "tulip")).parts == {None: tmp_path}
    with pytest.raises(DataError, match="one folder only, rose/"):
        list_folder(tmp_path, ("red", "white"))


@pytest.mark.parametrize("typed", [str, decompose])
@pytest.mark.parametrize("written", [str, decompose])
def test_a_class_that_a_model_knows_in_either_form_of_unicode(tmp_path, written, typed):
    make(tmp_path, (f"{written('고양이')}/{written('하나')}.png",))
    assert list_folder(tmp_path, (typed("고양이"), "강아지")).classes == {None: ("고양이",)}


JUNK_FOLDERS = (
    "@eaDir", "#recycle", "@Recycle", "@Recently-Snapshot", "#snapshot", "@tmp", "__MACOSX", "$RECYCLE.BIN", "RECYCLER",
    "System Volume Information", "lost+found", "FOUND.000", "Network Trash Folder", "Temporary Items", "__pycache__",
    ".ipynb_checkpoints", ".Trashes", ".Trash-1000", ".Spotlight-V100", ".git", ".@__thumb", ".thumbnails",
)  # fmt: skip
JUNK_FILES = (
    "Thumbs.db", "ehthumbs.db", "desktop.ini", ".DS_Store", "._1.png", ".1.png", "1.png~", "1.jpg@SynoEAStream",
)  # fmt: skip


@pytest.mark.parametrize("change", [str, str.upper, str.lower], ids=["as written", "upper", "lower"])
@pytest.mark.parametrize("paths", [under("."), TRAIN_AND_TEST], ids=["classes", "parts"])
def test_what_systems_leave_anywhere_changes_nothing(tmp_path, paths, change):
    """Folders that hold pictures, and files, beside the parts, beside the classes and in each class."""
    make(tmp_path / "clean", paths)
    make(tmp_path / "set", paths)
    places = [place for place in (tmp_path / "set").rglob("*") if place.is_dir()] + [tmp_path / "set"]
    junk = {place / change(name) for place in places for name in (*JUNK_FOLDERS, *JUNK_FILES)}
    for path in junk:
        if path.name.lower() in map(str.lower, JUNK_FOLDERS):
            make(path, ("1.png", "rose/2.png"))
        else:
            path.touch()
    clean, found = list_folder(tmp_path / "clean"), list_folder(tmp_path / "set")
    taken = [image.path.relative_to(tmp_path / "set") for image in found.images]
    assert taken == [image.path.relative_to(tmp_path / "clean") for image in clean.images]
    assert (found.classes, set(found.others)) == (clean.classes, junk)
    assert "; passed over: " in found.describe() and "\n" not in found.describe()
    predicted = sorted(image_paths([str(tmp_path / "set")]))
    assert predicted == sorted(tmp_path / "set" / path for path in taken)


BOTH = ("rose/1.png", "tulip/1.png")
REFUSED = {
    "nothing": (("readme.txt",), r": has no folders, only 1 \.txt \(readme.txt\); expected one for each class, with its images$"),
    "pictures alone": (("1.png", "2.png"), r": 2 images directly in it, and no folders with images; expected one for"),
    "folders without images": (("rose/1.txt", "tulip/2.txt"), r": no image in its folders, only 2 \.txt \(rose/1.txt"),
    "formats that are not read": (("rose/1.heic", "tulip/2.HEIC"), r"only 2 \.heic .* not read: convert them to JPEG"),
    "one class": (("rose/1.png", "rose/2.png"), r": one folder only, rose/, so one class; expected a folder for each"),
    "masks": (("images/1.png", "masks/1.png"), r": images/, masks/ by name are images and what is marked in them, not classes; expected a folder for each"),
    "masks and more, in any case": (("JPEGImages/1.jpg", "SegmentationClass/1.png", "Annotations/1.xml", "ImageSets/a.txt"), r": JPEGImages/, Annotations/, ImageSets/, \.\.\. by name are images"),
    "texts of boxes": (("images/1.png", "images/2.png", "labels/1.txt"), r": images/, labels/ by name are images"),
    "texts of boxes in parts": (("images/train/1.png", "images/val/1.png", "labels/train/1.txt", "labels/val/1.txt"), r": images/, labels/ by name are images"),
    "parts with texts of boxes": (("train/images/1.png", "train/labels/1.txt", "valid/images/1.png", "valid/labels/1.txt"), r"train: images/, labels/ by name are images"),
    "classes of images beside those of masks": ((*under("image"), *under("gt")), r"; \S+/image alone would do$"),
    "one folder too many": (under("flowers"), r": one folder only, flowers/, which holds .*; \S+/flowers would do$"),
    "two too many": (under("a/flowers"), r"; \S+/a/flowers would do$"),
    "nine too many": (under("1/2/3/4/5/6/7/8/9"), r"; \S+/1/2/3/4/5/6/7/8/9 would do$"),
    "one too many, and notes beside": ((*under("flowers"), "docs/a.txt"), r"; \S+/flowers would do$"),
    "one too many above parts": (under("archive", TRAIN_AND_TEST), r"; \S+/archive would do$"),
    "one too many above train alone": (under("archive/train"), r"; \S+/archive would do$"),
    "one too many in each part": (
        (*under("train/images"), *under("test/images")),
        r"/train: one folder only, images/, which holds rose/, tulip/; move those up into \S+/train$",
    ),
    "one too many in the test part": (
        (*under("train"), *under("test/images")),
        r"/test: one folder only, images/, which holds rose/, tulip/; move those up into \S+/test$",
    ),
    "each part in itself": ((*under("seg_train/seg_train"), *under("seg_test/seg_test")), r"call them train, val and"),
    "train beside classes": (
        (*under("train"), *BOTH),
        r": train/ by name is a part, but rose/, tulip/ are beside; .*; \S+/train would do$",
    ),
    "test beside classes": ((*under("test"), *BOTH), r": test/ by name is a part, but rose/, tulip/ are beside"),
    "pictures in train and test beside a class": (
        ("train/1.png", "test/1.png", "rose/1.png"),
        r": test/, train/ by name are parts, but rose/ is beside; move rose/ elsewhere; if all of them are classes, rename",
    ),
    **{
        f"pictures in {name} beside classes": (
            (f"{name}/1.png", *BOTH),
            rf": {name}/ by name is a part, but rose/, tulip/ are beside; move {name}/ elsewhere, or the classes into train/;",
        )
        for name in ("test", "Testing", "val", "VALID", "validation", "dev", "eval", "Evaluation", "검증", "테스트")
    },
    "an empty val beside classes": (("val/notes.txt", *BOTH), r": val/ by name is a part, but rose/, tulip/ are beside"),
    "an empty train beside classes": (("train/x.txt", *BOTH), r": train/ by name is a part, but rose/, tulip/ are beside"),
    "parts beside another folder": (
        (*TRAIN_AND_TEST, "extra/1.png"),
        r": test/, train/ by name are parts, but extra/ is beside",
    ),
    "pictures directly in train": (("train/1.png",), r"/train: 1 image directly in it, and no folders"),
    "pictures directly in test": (
        (*under("train"), "test/1.png"),
        r"/test: 1 image directly in it, and no folders with images; expected one for each class, with its images, or no test/ in \S+$",
    ),
    "an empty test part": ((*under("train"), "test/x.txt"), r"/test: has no folders, only .*; expected one for each class"),
    "test alone": (under("test"), r": test/ without train/ beside; \S+/test would do$"),
    "val and test alone": ((*under("val"), *under("test")), r": test/, val/ without train/ beside; \S+/test alone would do$"),
    "the same part twice": ((*under("train"), *under("Training")), r": Training/, train/ are the same part, 'train'"),
    "valid and validation": (
        (*under("train"), *under("valid"), *under("validation")),
        r": valid/, validation/ are the same part, 'val'",
    ),
    "other names of parts": ((*under("training_set"), *under("test_set")), r"call them train, val and test"),
    "other names of parts, beside one more": (
        (*under("training_set"), *under("test_set"), "single_prediction/1.png"),
        r": single_prediction/, test_set/, training_set/ may be parts or classes; if they are parts, call them",
    ),
    **{
        f"pictures in {first} and {second}": ((f"{first}/1.png", f"{second}/1.png"), r"may be parts or classes")
        for first, second in (
            ("train_images", "test_images"), ("Trainset", "Evalset"), ("my training", "my holdout"), ("dev-1", "dev-2"),
            ("학습용", "평가용"), ("훈련 데이터", decompose("검증 데이터셋")), ("1.Training", "2.Validation"),
        )
    },
    **{
        f"train beside {name}": (
            (*under("train"), *under(name)),
            rf": train/ by name is a part, but {name}/ is beside; move {name}/ elsewhere; .*; \S+/train alone would do$",
        )
        for name in ("holdout", "held_out", "unlabeled", "extra", "보류")
    },
    "parts in classes": (
        ("rose/train/1.png", "rose/test/2.png", "tulip/train/1.png", "tulip/test/2.png"),
        r": rose/ has parts of its own \(test/, train/\); parts must be above the classes",
    ),
    "a data set beside a folder of pictures": (
        (*under("data", TRAIN_AND_TEST), "notebooks/plot.png"),
        r": data/ has parts of its own \(test/, train/\); .*; \S+/data would do$",
    ),
    "a copy of the set in it": ((*BOTH, *under("flowers")), r": flowers/ has folders of the same names as those beside"),
    "domains": (
        tuple(path for domain in ("photo", "sketch", "cartoon") for path in under(f"{domain}/images")),
        r": cartoon/, photo/, sketch/ hold folders of the same names \(rose, tulip\), so either may be classes",
    ),
    "images and masks": (
        ("covid/images/1.png", "covid/masks/1.png", "normal/images/1.png", "normal/masks/1.png"),
        r"if they are classes, put their images directly into them",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("paths", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_and_what_would_do(tmp_path, paths, words):
    with pytest.raises(DataError) as caught:
        list_folder(make(tmp_path, paths))
    line = str(caught.value)
    assert line.startswith(str(tmp_path))
    assert "\n" not in line
    assert re.search(words, line), line
    if given := re.search(r"; (\S+)( alone)? would do$", line):
        list_folder(Path(given[1]))
