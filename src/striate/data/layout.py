"""Which folders are parts (train, val, test) and which are classes: what is certain is taken, the rest is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

from striate.data.folder_tree import Folder, describe_others
from striate.errors import DataError
from striate.text import quantity

TRAIN, VAL, TEST = "train", "val", "test"
"""The parts of a data folder."""
_PART_NAMES = {
    **dict.fromkeys(("train", "training", "학습", "훈련"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "dev", "검증"), VAL),
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "시험", "테스트", "평가"), TEST),
}
"""The part that a folder holds, by its name in lower case."""
_PART_WORD = re.compile(
    rf"({'|'.join(_PART_NAMES)}|holdout)(set|data|images|imgs|용|셋|세트|데이터|데이터셋|이미지|사진)?"
)
"""A word in the name of a folder that may be a part."""
_IMAGES = re.compile(r"(rgb|image|img|picture|jpegimage)s?")
_ANNOTATIONS = re.compile(
    r"(mask|label|annotation|annot|segmentation|seg|target|bbox|box|trimap)(s|es)?|gt|ground[ _-]?truths?"
    r"|segmentation(class|object)|imagesets|json|xml|txt"
)
"""The names, in lower case, of folders with images and with what is marked in them, which are no classes."""
_EXPECTED = "expected a folder for each class, with train/, val/ and test/ above them or not"
_SEARCHED = 1000  # folders among which one that would do is looked for
_SHOWN = 3


def find_layout(root: Folder, known: Set[str] = frozenset()) -> dict[str | None, Folder]:
    """The folders that hold the classes, by part; of the part None, if there are no parts.

    DataError if it is not certain which folders are parts and which are classes: it says what was found, and what
    would do. A class among the `known` ones may be alone.
    """
    try:
        return _layout(root, known)
    except _UncertainLayoutError as error:
        usable = sorted(_usable(root), key=_unlikeliness) if error.search else []
        path = f"{usable[0].path}{' alone' if len(usable) > 1 else ''} would do" if usable else ""
        advice = "; ".join(filter(None, (error.advice, path))) or _EXPECTED
        raise DataError(f"{error.folder.path}: {error.found}; {advice}") from None


class _UncertainLayoutError(Exception):
    """A layout that is not certain: the folder, what was found in it, what the user can do, and whether a folder that
    would do is looked for in the whole."""

    def __init__(self, folder: Folder, found: str, advice: str = "", *, search: bool = False) -> None:
        super().__init__(found)
        self.folder, self.found, self.advice, self.search = folder, found, advice, search


def _layout(root: Folder, known: Set[str] = frozenset()) -> dict[str | None, Folder]:
    parts = [folder for folder in root.folders if _part(folder)]
    rest = [folder for folder in root.filled() if not _part(folder)]
    if not parts or (rest and _may_be_class(parts)):
        _check_classes(root, known)
        return {None: root}
    by_part: dict[str | None, Folder] = {}
    for folder in parts:
        if (twin := by_part.setdefault(_part(folder), folder)) is not folder:
            found = f"{_list([twin, folder])} are the same part, '{_part(folder)}'"
            raise _UncertainLayoutError(root, found, "move one of them elsewhere")
    if rest:
        found = f"{_list(parts)} by name {_are(parts, 'a part', 'parts')}, but {_list(rest)} {_are(rest)} beside"
        move = (
            f"{_list(rest)} elsewhere" if TRAIN in by_part else f"{_list(parts)} elsewhere, or the classes into train/"
        )
        advice = f"move {move}; if all of them are classes, rename {_list(parts)}"
        raise _UncertainLayoutError(root, found, advice, search=TRAIN in by_part)
    if TRAIN not in by_part:
        raise _UncertainLayoutError(root, f"{_list(parts)} without train/ beside", search=True)
    for part in (TRAIN, VAL, TEST):
        if part in by_part:
            _check_classes(by_part[part], known if part == TRAIN else {each.name for each in by_part[TRAIN].folders})
    return {part: by_part[part] for part in (TRAIN, VAL, TEST) if part in by_part}


def _part(folder: Folder) -> str | None:
    return _PART_NAMES.get(folder.name.lower())


def _may_be_class(parts: Sequence[Folder]) -> bool:
    """Whether the only folder named like a part is a class: vehicles have a class "train", and it holds pictures."""
    return len(parts) == 1 and _part(parts[0]) == TRAIN and bool(parts[0].pictures) and not parts[0].filled()


def _check_classes(folder: Folder, known: Set[str]) -> None:
    """_UncertainLayoutError unless the folders in this one are classes; one alone may be if it is known."""
    classes = folder.filled()
    if not classes:
        raise _no_classes(folder)
    _check_annotations(folder)
    if len(classes) == 1:
        _check_one_class(folder, classes[0], known)
        return
    if any(map(_looks_like_part, classes)) or all(map(_part_words, classes)):
        advice = "if they are parts, call them train, val and test; if they are classes, give them other names"
        raise _UncertainLayoutError(folder, f"{_list(classes)} may be parts or classes", advice, search=True)
    names = {each.name for each in classes}
    for each in classes:
        _check_class(folder, each, names)
    if len(repeated := _repeated(classes)) > 1:
        found = f"{_list(classes)} hold folders of the same names ({_join(repeated)}), so either may be classes"
        advice = (
            "if the outer ones are parts, call them train, val and test; if they are classes, put their images"
            " directly into them"
        )
        raise _UncertainLayoutError(folder, found, advice, search=True)


def _check_annotations(folder: Folder) -> None:
    """_UncertainLayoutError if there are only images in it and what is marked in them, as for segmentation."""
    marked = [each for each in folder.folders if _ANNOTATIONS.fullmatch(each.name.lower())]
    images = [each for each in folder.folders if _IMAGES.fullmatch(each.name.lower())]
    if marked and images and len(marked) + len(images) == len(folder.folders):
        found = f"{_list([*images, *marked])} by name are images and what is marked in them, not classes"
        raise _UncertainLayoutError(folder, found, search=True)


def _check_class(folder: Folder, each: Folder, names: Set[str]) -> None:
    """_UncertainLayoutError if a class looks like a data set: by parts in it, or by the classes that are beside it."""
    if each.pictures:
        return
    parts = [below for below in each.filled() if _part(below)]
    if len({_part(below) for below in parts}) > 1:
        advice = "parts must be above the classes: train/CLASS, test/CLASS"
        found = f"{each.name}/ has parts of its own ({_list(parts)})"
        raise _UncertainLayoutError(folder, found, advice, search=True)
    twins = [below for below in each.filled() if below.name in names and below.name != each.name]
    if len(twins) > 1:
        found = f"{each.name}/ has folders of the same names as those beside it ({_list(twins)})"
        raise _UncertainLayoutError(folder, found, "if it is a copy, move it elsewhere", search=True)


def _no_classes(folder: Folder) -> _UncertainLayoutError:
    others = describe_others((path for below in folder.below() for path in below.others), folder.path)
    if folder.error:
        found = folder.error
    elif folder.pictures:
        found = f"{quantity(len(folder.pictures), 'image')} directly in it, and no folders with images"
    elif folder.folders:
        found = f"no image in its folders{f', only {others}' if others else ''}"
    else:
        found = f"has no folders{f', only {others}' if others else ''}"
    expected = "expected one for each class, with its images"
    if _part(folder) in (VAL, TEST):
        expected += f", or no {folder.name}/ in {folder.path.parent}"
    return _UncertainLayoutError(folder, found, expected)


def _check_one_class(folder: Folder, only: Folder, known: Set[str]) -> None:
    if only.name in known:
        return
    inner = _unwrap(only)
    if not inner.pictures and len(inner.filled()) > 1:
        found = f"one folder only, {only.name}/, which holds {_list(inner.filled())}"
        if _part(folder):
            raise _UncertainLayoutError(folder, found, f"move those up into {folder.path}")
        raise _UncertainLayoutError(folder, found, search=True)
    if _part(folder) not in (VAL, TEST) and len(folder.folders) == 1:
        found = f"one folder only, {only.name}/, so one class"
        raise _UncertainLayoutError(folder, found, "expected a folder for each class, at least two")


def _unwrap(folder: Folder) -> Folder:
    """The first folder down from this one that has pictures or several folders with pictures."""
    while not folder.pictures and len(inner := folder.filled()) == 1:
        folder = inner[0]
    return folder


def _part_words(folder: Folder) -> set[str | None]:
    """The parts that the words of a folder's name mean, as in training_set; None of a word for either of two."""
    words = re.findall("[a-z]+|[가-힣]+", folder.name.lower())
    return {_PART_NAMES.get(found[1]) for word in words if (found := _PART_WORD.fullmatch(word))}


def _looks_like_part(folder: Folder) -> bool:
    """Whether a folder with a part's word in its name holds folders alone, as a part does."""
    return bool(_part_words(folder)) and not folder.pictures and len(_unwrap(folder).filled()) > 1


def _repeated(classes: Sequence[Folder]) -> list[str]:
    """The names of folders that more than half of these hold, among those without images of their own."""
    inner = [below for below in map(_unwrap, classes) if not below.pictures]
    counts = Counter(name for below in inner for name in sorted({each.name for each in below.filled()}))
    return [name for name, count in counts.items() if 2 * count > len(classes)]


def _usable(root: Folder) -> list[Folder]:
    """The folders nearest below this one that would do."""
    level = root.filled()
    searched = 0
    while level and searched < _SEARCHED:
        found = [folder for folder in level[:_SEARCHED] if _is_certain(folder)]
        if found:
            return found
        searched += len(level)
        level = [below for folder in level for below in folder.filled()]
    return []


def _unlikeliness(folder: Folder) -> tuple[bool, bool]:
    """The order in which folders that would do are proposed."""
    return TRAIN not in _part_words(folder), _ANNOTATIONS.fullmatch(folder.name.lower()) is not None


def _is_certain(folder: Folder) -> bool:
    try:
        _layout(folder)
    except _UncertainLayoutError:
        return False
    return True


def _are(folders: Sequence[Folder], one: str = "", many: str = "") -> str:
    return f"is {one}".rstrip() if len(folders) == 1 else f"are {many}".rstrip()


def _list(folders: Sequence[Folder]) -> str:
    return _join([f"{folder.name}/" for folder in folders])


def _join(names: Sequence[str]) -> str:
    return ", ".join((*names[:_SHOWN], "...")) if len(names) > _SHOWN else ", ".join(names)
