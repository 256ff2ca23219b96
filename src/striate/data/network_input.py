"""From an image, in a file or in memory, to a network's input: one way for `predict`, `inspect`, server and lab.

A large image is scaled down as it is decoded, as training images are as they are stored; then `preprocess`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from striate.data.arrays import Array, to_pixels
from striate.data.blank import BLANK, are_blank
from striate.data.decode import decode_picture, decode_pil, ignore_metadata_warnings, read_file
from striate.data.digit import DIGIT_SEARCH_SIDE
from striate.data.prefetch import prefetch
from striate.data.preprocessing import check_channels, preprocess
from striate.data.transforms import convert_and_downscale
from striate.errors import DataError
from striate.paths import user_path
from striate.runtime import available_cores
from striate.tables import RandomCrop, RandomResizedCrop, RandomTranslation, Table

ImageSource: TypeAlias = str | Path | bytes | Image.Image | Array
"""An image: its path; its file's bytes; a PIL image of any mode; or a NumPy array or torch tensor, uint8 or floats from
0 to 1, (height, width), (height, width, 1 or 3) or (1 or 3, height, width)."""
_MARGIN = 256 / 224  # how much larger than the input images are stored, where no crop states a size
_CHUNK = 4  # images that a thread reads together: every hand-over between threads costs as much as a part of an image


@dataclass(frozen=True)
class Decoded:
    """An image as a network's input, uint8 (channels, height, width); or why it cannot be read.

    `name` is what errors call it: the path as it was given, else its number among the images; `note` is what
    `read_noted_input` says of it.
    """

    name: str
    path: Path | None
    image_CHW: Tensor | None = None
    error: str | None = None
    note: str = ""


def read_input(source: ImageSource, table: Table, *, name: str = "the image") -> Tensor:
    """An image as uint8 (channels, height, width) of a table's input, made as in training.

    `name` is what a DataError calls an image that has no path.

    >>> from striate.tables import load_table
    >>> read_input(np.zeros((300, 400, 3), np.uint8), load_table("lenet5")).shape
    torch.Size([1, 32, 32])
    """
    return read_noted_input(source, table, name=name)[0]


def read_noted_input(
    source: ImageSource, table: Table, *, name: str = "the image", small: bool = False
) -> tuple[Tensor, str]:
    """`read_input`, and the note on the image: that it is blank, how its values are understood; or "". With `small`,
    LargePictureError if an image that comes as bytes takes long to decode.

    >>> from striate.tables import load_table
    >>> read_noted_input(np.zeros((300, 400, 3), np.uint8), load_table("lenet5"))[1]
    'blank: nothing in it'
    """
    image_CHW, note = decode_input(source, table, name=name, small=small)
    images_NCHW = image_CHW.unsqueeze(0)
    inputs_NCHW = preprocess(images_NCHW, table)
    return inputs_NCHW[0], notes_on(images_NCHW, inputs_NCHW, table, [note])[0]


def decode_input(
    source: ImageSource, table: Table, *, name: str = "the image", small: bool = False
) -> tuple[Tensor, str]:
    """The first part of `read_input`, what `preprocess` takes: uint8 (channels, height, width) of the image's own
    aspect ratio, no larger than needed; and the note on its values. Images of one size can be preprocessed together."""
    check_channels(table)
    channels, side = table.input[0], decode_side(table)
    note = ""
    match source:
        case str() | Path():
            path = user_path(source, DataError) if isinstance(source, str) else source
            decoded = decode_picture(read_file(path), channels, side, name=str(path))
            pixels_HWC, note = decoded.pixels_HWC, decoded.note
        case bytes():
            decoded = decode_picture(source, channels, side, name=name, small=small)
            pixels_HWC, note = decoded.pixels_HWC, decoded.note
        case Image.Image():
            pixels_HWC = decode_pil(source, channels, side, name=name)
        case _:
            stored_HWC = convert_and_downscale(to_pixels(source, name), channels, side)
            pixels_HWC = np.require(stored_HWC, requirements=["C", "W"])  # torch warns of read-only memory
    return torch.from_numpy(pixels_HWC).permute(2, 0, 1), note


def notes_on(images_NCHW: Tensor, inputs_NCHW: Tensor, table: Table, notes: Sequence[str]) -> list[str]:
    """The notes on images from `decode_input`, whose inputs for the network are these: those on blank ones say so."""
    blank = are_blank(images_NCHW, inputs_NCHW, table)
    return [BLANK if is_blank else note for is_blank, note in zip(blank, notes, strict=True)]


def read_inputs(sources: Sequence[ImageSource], table: Table, *, ahead: int) -> Generator[Decoded, None, None]:
    """`read_input` of each image, in order, by a thread for each core; at most `ahead` are read before they are asked
    for. An image that cannot be read is reported, not fatal. Closing the iterator stops the threads.
    """

    def read(index: int) -> Decoded:
        image = sources[index]
        path = Path(image) if isinstance(image, str | Path) else None
        number = "the image" if len(sources) == 1 else f"image {index + 1}"
        name = number if path is None else str(path)
        try:
            input_CHW, note = read_noted_input(image, table, name=name)
            return Decoded(name, path, input_CHW, note=note)
        except DataError as error:
            return Decoded(name, path, error=str(error))

    with ignore_metadata_warnings():
        yield from prefetch(read, range(len(sources)), workers=available_cores(), ahead=ahead, chunksize=_CHUNK)


def is_image_source(value: object) -> bool:
    """Whether a value stands for one image, not for many."""
    return isinstance(value, str | Path | bytes | Image.Image | np.ndarray | Tensor)


def decode_side(table: Table) -> int:
    """Pixels of the shorter side to which a larger image is scaled down as it is decoded.

    >>> from striate.tables import load_table
    >>> decode_side(load_table("alexnet"))
    256
    """
    return DIGIT_SEARCH_SIDE if table.preprocessing.figure else stored_side(table)


def stored_side(table: Table) -> int:
    """Pixels of the shorter side that stored training images have at most: what the table's crops are cut from.

    >>> from striate.tables import load_table
    >>> [stored_side(load_table(name)) for name in ("alexnet", "googlenet", "resnet20", "minivggnet")]
    [256, 256, 32, 37]
    """
    longer = max(table.input[1:])
    kinds = {type(step): step for step in table.recipe.augmentation}
    if isinstance(crop := kinds.get(RandomCrop), RandomCrop):
        return crop.range[0]
    if RandomTranslation in kinds and RandomResizedCrop not in kinds:
        return round(longer / table.preprocessing.crop)
    return round(longer * _MARGIN)
