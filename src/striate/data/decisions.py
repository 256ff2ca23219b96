"""What was decided on single pictures of a folder, in a TOML file in it: keep, drop or relabel. No picture is touched.

    schema = 1

    [[picture]]
    path = "train/cat/0001.jpg"                  # below the folder, with slashes
    digest = "99aa06d3014798d86001c324468d497f"  # of the file, as `xxh128sum` prints it
    decision = "relabel"                         # or "keep", "drop"
    class = "dog"                                # with "relabel"

`striate check DATA --deep --out PAGE` writes a page that offers such a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from striate.data.decode import read_file
from striate.data.digests import digest_file
from striate.data.folders import ImageEntry, Listing, list_folder
from striate.errors import DataError
from striate.text import compose

DECISIONS_NAME = "striate-decisions.toml"
Decision = Literal["keep", "drop", "relabel"]
_FIELDS = {"path", "digest", "decision", "class"}


@dataclass(frozen=True)
class PictureDecision:
    """What was decided on one picture: its path below the folder, its file's digest, and with "relabel" its class."""

    path: str
    digest: str
    decision: Decision
    label: str = ""


@dataclass(frozen=True)
class DecidedListing(Listing):
    """A folder's contents after the decisions: without dropped pictures, relabelled ones in their new class.

    Attributes:
        decided: the decisions on pictures that are in the folder, in the order of the file.
        gone: how many decisions are on pictures that are not.
        decisions_digest: what the file of decisions is known by; "" if there is none.
    """

    decided: tuple[PictureDecision, ...] = ()
    gone: int = 0
    decisions_digest: str = ""

    def describe(self) -> str:
        """As of `Listing`, and how many pictures are dropped, relabelled and kept."""
        line = super().describe()
        if not self.decisions_digest:
            return line
        words = {"drop": "dropped", "relabel": "relabelled", "keep": "kept"}
        counts = [f"{self.count(kind)} {words[kind]}" for kind in words]
        gone = f", {self.gone} of pictures that are gone" if self.gone else ""
        return f"{line}; {DECISIONS_NAME}: {', '.join(counts)}{gone}"

    def count(self, decision: str) -> int:
        """How many pictures this was decided on."""
        return sum(entry.decision == decision for entry in self.decided)


def list_decided(root: Path, known: Sequence[str] = ()) -> DecidedListing:
    """The contents of a folder as of `list_folder`, after the decisions in its `DECISIONS_NAME`, if it has one.

    The files of the pictures that were decided on are read, and no others. DataError as of `list_folder`; if the file
    of decisions cannot be used, or a picture has changed since it was decided on.
    """
    listing = list_folder(root, known)
    fields = vars(listing)
    path = root / DECISIONS_NAME
    if not path.is_file():
        return DecidedListing(**fields)
    content = read_file(path)
    decisions = {decision.path: decision for decision in _parse(content, path)}
    classes = {compose(name): name for names in listing.classes.values() for name in names}
    images: list[ImageEntry] = []
    found: dict[str, PictureDecision] = {}
    for image in listing.images:
        decision = decisions.get(relative_path(image.path, root))
        if decision is not None:
            found[decision.path] = decision
            _check_unchanged(image, decision)
        if (decided := _decide(image, decision, classes, path)) is not None:
            images.append(decided)
    applied = {"images": tuple(images), "others": tuple(other for other in listing.others if other != path)}
    in_order = tuple(decision for name, decision in decisions.items() if name in found)
    return DecidedListing(
        **{**fields, **applied},
        decided=in_order,
        gone=len(decisions) - len(in_order),
        decisions_digest=digest_file(content).hex(),
    )


def relative_path(path: Path, root: Path) -> str:
    """The path by which a decision names a picture: below the folder, with slashes, in Unicode's composed form.

    >>> relative_path(Path("photos/train/cat/1.jpg"), Path("photos"))
    'train/cat/1.jpg'
    """
    return compose(path.relative_to(root).as_posix())


def _decide(
    image: ImageEntry, decision: PictureDecision | None, classes: dict[str, str], path: Path
) -> ImageEntry | None:
    """A picture after the decision on it; None if it is dropped."""
    if decision is None or decision.decision == "keep":
        return image
    if decision.decision == "drop":
        return None
    label = classes.get(compose(decision.label))
    if label is None:
        raise DataError(f"{path}: {decision.path}: no class '{decision.label}' in this folder")
    return replace(image, label=label)


def _check_unchanged(image: ImageEntry, decision: PictureDecision) -> None:
    if digest_file(read_file(image.path)).hex() != decision.digest:
        raise DataError(
            f"{image.path}: has changed since it was decided on; decide anew, or remove it from {DECISIONS_NAME}"
        )


def _parse(content: bytes, path: Path) -> list[PictureDecision]:
    """The decisions of a file; DataError names it and the entry."""
    try:
        document = tomllib.loads(content.decode())
    except ValueError as error:  # no TOML, or no UTF-8
        raise DataError(f"{path}: {' '.join(str(error).split())}") from None
    if document.get("schema") != 1:
        raise DataError(f"{path}: schema: expected 1, got {document.get('schema')!r}")
    entries = document.get("picture", [])
    if unknown := sorted(document.keys() - {"schema", "picture"}):
        raise DataError(f"{path}: {unknown[0]}: expected schema and [[picture]] only")
    if not isinstance(entries, list):
        raise DataError(f"{path}: picture: expected [[picture]] entries")
    return [_entry(entry, f"{path}: picture {number}") for number, entry in enumerate(entries, 1)]


def _entry(entry: Any, place: str) -> PictureDecision:
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise DataError(f"{place}: expected path, digest, decision and class as text")
    if unknown := sorted(entry.keys() - _FIELDS):
        raise DataError(f"{place}: {unknown[0]}: expected path, digest, decision and class")
    if missing := [name for name in ("path", "digest", "decision") if not entry.get(name)]:
        raise DataError(f"{place}: {missing[0]} is missing")
    decision = entry["decision"]
    if decision not in get_args(Decision):
        raise DataError(f"{place}: decision: expected keep, drop or relabel, got '{decision}'")
    if (decision == "relabel") != bool(entry.get("class")):
        raise DataError(f"{place}: class: expected with relabel, and with nothing else")
    return PictureDecision(compose(entry["path"]), entry["digest"].lower(), decision, entry.get("class", ""))
