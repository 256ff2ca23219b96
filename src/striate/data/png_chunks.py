"""A PNG's chunks: those that its pixels need, without texts, profiles and animations, whatever is wrong with them.

Pillow refuses a picture for a large profile or a damaged comment, and takes seconds for a million of them.
"""

from __future__ import annotations

import struct
import zlib

from striate.errors import DataError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT"})
_XMP = b"XML:com.adobe.xmp\0\0"  # text that is not compressed; Pillow looks in it for an orientation
_MAX_METADATA = 2**16  # bytes of one chunk with an orientation
_MAX_CHUNKS = 2**17


def pixel_chunks(content: bytes) -> tuple[bytes, int | None]:
    """The same PNG with what its pixels need and its orientation; and the bits that its samples have by sBIT, if any.

    DataError, without a name, if it has more chunks than are read.
    """
    kept, bits = [SIGNATURE], None
    view = memoryview(content)
    place, count = len(SIGNATURE), 0
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if (count := count + 1) > _MAX_CHUNKS:
            raise DataError(f"more than {_MAX_CHUNKS:,} chunks")
        if kind in _NEEDED:
            kept.append(bytes(view[place:end]))
        elif kind == b"IEND":
            break
        elif kind == b"sBIT":
            bits = _equal_bits(view[place + 8 : end - 4])
        elif length <= _MAX_METADATA and end <= len(content) and _has_orientation(kind, view[place + 8 : end - 4]):
            body = bytes(view[place + 4 : end - 4])
            kept.append(struct.pack(">I", length) + body + struct.pack(">I", zlib.crc32(body)))
        place = end
    if place + 8 <= len(content):  # cut off before, it stays so
        kept.append(b"\0\0\0\0IEND\xaeB`\x82")
    return b"".join(_orientation_first(kept)), bits


def _has_orientation(kind: bytes, body: memoryview) -> bool:
    return kind == b"eXIf" or (kind == b"iTXt" and bytes(body[: len(_XMP)]) == _XMP)


def _orientation_first(chunks: list[bytes]) -> list[bytes]:
    """Chunks that follow the pixels, before them: Pillow looks at them before it decodes."""
    return [*chunks[:2], *sorted(chunks[2:], key=lambda chunk: chunk[4:8] in (b"IDAT", b"IEND"))]


def _equal_bits(body: memoryview) -> int | None:
    """The bits of the samples, if all channels have as many."""
    return body[0] if len(set(body)) == 1 else None
