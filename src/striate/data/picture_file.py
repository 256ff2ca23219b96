"""A picture's file opened: its format by its first bytes, and what its pixels will take, known before they are decoded.

What Pillow allocates as it opens a file (WebP, GIF), or reads without a limit (TIFF), is looked at before it does.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ImageFile import ImageFile

from striate.data.avif_frames import largest_frame
from striate.data.decode_budget import PICTURE_BYTES
from striate.data.jpeg_scans import count_scans, find_scan
from striate.data.other_formats import describe_other_format
from striate.data.png_chunks import pixel_chunks
from striate.errors import DataError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF")
_MAX_PIXELS = {"JPEG": 220_000_000, "PNG": 100_000_000, "BMP": 100_000_000, "GIF": 60_000_000, "TIFF": 60_000_000}
"""What is decoded in two seconds; of other formats, and of most pictures, the bytes allow less."""
_MAX_SCANNED = 500_000_000  # pixels in all scans of a JPEG
_MAX_RLE = 10_000_000  # pixels and bytes of a BMP in run-length code, which Pillow decodes in Python
_BYTES_PER_PIXEL = {"GIF": 3, "WEBP": 20, "AVIF": 20}
"""Where the decoder has pictures of its own, and hands over a copy."""
_TIFF_COMPRESSIONS = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "jpeg", "group3", "group4", "tiff_ccitt"}
)
_TIFF_TYPES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_MAX_BLOCKS = 2**16  # of what is no picture in a GIF
_MAX_VALUES = 2**16  # numbers in one field of a TIFF, such as the places of its strips
_KIND, _BITS, _ROWS_PER_STRIP, _MAX_VALUE, _TILE_WIDTH, _TILE_LENGTH = 254, 258, 278, 281, 322, 323  # fields of a TIFF
_CONTAINERS = ("TIFF", "AVIF")  # begin as files of other formats may


@dataclass(frozen=True)
class PictureFile:
    """A picture's bytes, without those that its pixels do not need; its format and size in pixels.

    `sample_bits` are those that the file says its samples have, if it says so; `scans` are the passes of a JPEG.
    """

    content: bytes
    format: str
    size: tuple[int, int]
    sample_bits: int | None = None
    scans: int = 1

    def opened(self) -> ImageFile:
        """A Pillow image, not decoded yet."""
        return _open(self.format, self.content)


def read_header(content: bytes) -> tuple[PictureFile, ImageFile | None]:
    """A picture's file, and the Pillow image where opening it takes nothing yet.

    DataError without a name: the format is unknown, or there is more to it than is decoded. Whatever Pillow raises.
    """
    kind = _format(content)
    bits = None
    if kind == "PNG":
        content, bits = pixel_chunks(content)
    if kind == "TIFF":
        _check_tiff_fields(content)
    if kind in ("WEBP", "GIF"):
        size = _webp_size(content) if kind == "WEBP" else _gif_size(content)
        return PictureFile(content, kind, size), None
    scan = find_scan(content) if kind == "JPEG" else 0
    image = _open(kind, content)
    if kind == "AVIF":
        frame = largest_frame(content)
        return PictureFile(content, kind, max(frame, image.size, key=lambda size: size[0] * size[1])), image
    if kind == "TIFF":
        bits = _tiff_bits(image)
    scans = count_scans(content) if kind == "JPEG" and not _is_one_scan(content, scan, image) else 1
    return PictureFile(content, kind, image.size, bits, scans), image


def stored_size(path: str) -> tuple[int, int] | None:
    """Width and height of the picture in a file, before it is scaled down as it is decoded; None if it is no longer
    there, or no longer a picture."""
    try:
        return read_header(Path(path).read_bytes())[0].size
    except Exception:  # whatever Pillow raises
        return None


def check_size(file: PictureFile, image: ImageFile | None) -> None:
    """DataError, without a name, if a picture has more pixels than are decoded, or takes longer for what it is."""
    width, height = file.size
    pixels = width * height
    most = _MAX_PIXELS.get(file.format, pixels)
    if pixels > most:
        raise DataError(f"{width}x{height} pixels, at most {most / 10**6:g} million are read")
    if file.scans * pixels > _MAX_SCANNED and file.scans > 1:
        raise DataError(
            f"{file.scans:,} scans over {width}x{height} pixels, at most {max(1, _MAX_SCANNED // pixels):,} are read"
        )
    if image is not None and _is_run_length(image) and max(pixels, len(file.content)) > _MAX_RLE:
        raise DataError(f"{width}x{height} pixels in run-length code, at most {_MAX_RLE / 10**6:g} million are read")
    if file.format == "TIFF" and image is not None:
        _check_tiff(file, image)


def bytes_to_decode(file: PictureFile, image: ImageFile | None, decoded: tuple[int, int]) -> int:
    """What decoding takes at its peak, the file included; `decoded` is the size at which a JPEG is."""
    width, height = decoded
    if file.format in _BYTES_PER_PIXEL:
        return len(file.content) + width * height * _BYTES_PER_PIXEL[file.format]
    assert image is not None
    need = len(file.content) + width * height * _pixel_bytes(image)
    if file.scans > 1:
        need += 2 * _jpeg_samples(file.size, image)  # every coefficient, in 16 bits, until the last scan
    if file.format == "TIFF":
        need += _strip_bytes(image)
    if _is_run_length(image):
        need += 2 * width * height
    return need


def check_bytes(file: PictureFile, need: int) -> None:
    """DataError, without a name, if decoding takes more than a picture may."""
    if need > PICTURE_BYTES:
        width, height = file.size
        raise DataError(
            f"{width}x{height} pixels in this {file.format} take {need / 10**6:,.0f} MB to decode,"
            f" at most {PICTURE_BYTES / 10**6:,.0f} are used"
        )


def _format(content: bytes) -> str:
    """The format by the first bytes. DataError if it is none that is read."""
    if not content:
        raise DataError("empty")
    Image.init()
    for name in FORMATS:
        _, accept = Image.OPEN[name]
        if accept is not None and accept(content[:16]) is True:
            if name in _CONTAINERS and (other := describe_other_format(content)):
                raise DataError(other)
            return name
    raise DataError(describe_other_format(content) or f"not an image in a known format ({', '.join(FORMATS)})")


def _open(kind: str, content: bytes) -> ImageFile:
    """By the format's own class: `Image.open` warns and refuses by numbers of pixels that are the process's."""
    if kind == "JPEG":  # the first of several pictures, too
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile(io.BytesIO(content))
    image: ImageFile = Image.OPEN[kind][0](io.BytesIO(content), "")
    return image


def _pixel_bytes(image: ImageFile) -> int:
    """Of Pillow's image; colours of 16 bits are decoded twice, their high and their low bytes, which takes time."""
    if image.mode.startswith("I;16"):
        return 2
    if image.mode in ("RGB", "RGBA") and ";16" in raw_mode(image):
        return 20
    return 1 if image.mode in ("1", "L", "P") else 4


def _is_run_length(image: ImageFile) -> bool:
    return bool(image.tile) and image.tile[0].codec_name == "bmp_rle"


def raw_mode(image: Any) -> str:
    """How the samples lie in a file that is not decoded yet."""
    args = image.tile[0].args if image.tile else ""
    return args if isinstance(args, str) else str(args[0])


def _webp_size(content: bytes) -> tuple[int, int]:
    """The canvas."""
    kind, body = content[12:16], content[20:30]
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", body, 6)
    return width & 0x3FFF, height & 0x3FFF


def _gif_size(content: bytes) -> tuple[int, int]:
    """The screen, and what the first frame has beyond it."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    place = 13 + _palette_bytes(flags)
    blocks = 0
    while content[place] == 0x21:  # an extension: blocks, each after its length, up to an empty one
        place += 2
        while length := content[place]:
            place += 1 + length
            blocks += 1
        place, blocks = place + 1, blocks + 1
        if blocks > _MAX_BLOCKS:
            raise DataError(f"damaged: a GIF with more than {_MAX_BLOCKS:,} blocks before its picture")
    if content[place] == 0x2C:
        left, top, across, down = struct.unpack_from("<4H", content, place + 1)
        width, height = max(width, left + across), max(height, top + down)
    return width, height


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _is_one_scan(content: bytes, scan: int, image: Any) -> bool:
    """Whether the first scan holds every component, so that decoders stop after it."""
    head = b"\xff\xda" + (6 + 2 * image.layers).to_bytes(2)
    return not image.info.get("progressive") and content.startswith(head, scan)


def _jpeg_samples(size: tuple[int, int], image: ImageFile) -> int:
    """Samples of all components: the colours may have fewer than the brightness."""
    layers: list[tuple[int, int, int, int]] = image.layer  # type: ignore[attr-defined]
    most = max(across for _, _, across, _ in layers) * max(down for _, down, _, _ in layers)
    return size[0] * size[1] * sum(across * down for _, down, across, _ in layers) // max(1, most)


def _check_tiff_fields(content: bytes) -> None:
    """DataError if the first directory holds more numbers than are read, which Pillow would make objects of."""
    order = "<" if content[:2] == b"II" else ">"
    version, place = struct.unpack_from(order + "HI", content, 2)
    if version != 42:
        raise DataError("a BigTIFF, or damaged, which is not read")
    (entries,) = struct.unpack_from(order + "H", content, place)
    for index in range(entries):
        _, kind, count = struct.unpack_from(order + "HHI", content, place + 2 + 12 * index)
        if count > _MAX_VALUES and _TIFF_TYPES.get(kind, 1) > 1:
            raise DataError(f"a TIFF with {count:,} numbers in one field, at most {_MAX_VALUES:,} are read")


def _check_tiff(file: PictureFile, image: ImageFile) -> None:
    kind = image.tag_v2.get(_KIND)  # type: ignore[attr-defined]
    if isinstance(kind, int) and kind & 1:
        raise DataError("its first picture is a preview, as in a camera's raw file: convert it to JPEG or PNG")
    compression = image._compression  # type: ignore[attr-defined]
    if compression not in _TIFF_COMPRESSIONS:
        raise DataError(f"a TIFF compressed by {compression}, which is not read")
    if compression == "jpeg" and file.content.count(b"\xff\xda") * file.size[0] * _rows(image) > _MAX_SCANNED:
        raise DataError("more scans in this TIFF's JPEG than are read")


def _rows(image: ImageFile) -> int:
    """Rows that are decoded together."""
    tags, height = image.tag_v2, image.size[1]  # type: ignore[attr-defined]
    if _TILE_LENGTH in tags:
        return int(tags[_TILE_LENGTH])
    return min(height, int(tags.get(_ROWS_PER_STRIP, height)))


def _strip_bytes(image: ImageFile) -> int:
    """What a strip or a tile takes: all of its channels, whatever part of it lies in the picture."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    width = max(image.size[0], int(tags.get(_TILE_WIDTH, 0)))
    bits: tuple[int, ...] = tags.get(_BITS, (1,))
    return _rows(image) * width * sum(bits) // 8


def _tiff_bits(image: ImageFile) -> int | None:
    """What the file says of its samples: fewer bits than whole bytes, or their highest value."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    bits = tags.get(_BITS, (8,))
    if bits[0] % 8:
        return int(bits[0])
    highest = tags.get(_MAX_VALUE)
    highest = highest[0] if isinstance(highest, tuple) and highest else highest
    return highest.bit_length() if isinstance(highest, int) and highest > 0 else None
