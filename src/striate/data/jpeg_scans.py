"""A JPEG's markers, looked at in its bytes: each scan is a pass over the picture, and 379 KB can hold thousands."""

from __future__ import annotations

import re

from striate.errors import DataError

_FEW = 16  # a usual progressive JPEG has ten
_MARKER = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")  # those that nothing follows are passed over, as in libjpeg
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_EXIF = b"\xff\xe1"
_MAX_SEGMENTS, _MAX_EXIF, _MAX_JUNK = 4096, 64, 2**16  # before the first scan


def find_scan(content: bytes) -> int:
    """Where the first scan begins, or the end. Pillow goes there in Python, byte by byte through what is no segment,
    and copies all of EXIF for each segment of it. DataError, without a name, if it would take long.
    """
    place, segments, exif, junk = 2, 0, 0, 0
    while marker := _MARKER.search(content, place):
        if content[marker.start() + 1] == _START_OF_SCAN:
            return marker.start()
        segments += 1
        exif += marker.group() == _EXIF
        junk += marker.start() - place
        if segments > _MAX_SEGMENTS or exif > _MAX_EXIF or junk > _MAX_JUNK:
            raise DataError("damaged: a JPEG with too much before its picture")
        place = marker.end() + _length(content, marker.end())
    if len(content) - place > _MAX_JUNK:
        raise DataError("damaged: a JPEG without a picture")
    return len(content)


def count_scans(content: bytes) -> int:
    """The scans of a JPEG; a number of at most 16 may be too high, by those of previews in its metadata.

    >>> count_scans(b"\\xff\\xd8" + 20 * b"\\xff\\xda\\0\\x02..." + b"\\xff\\xd9" + 80 * b"\\xff\\xda")
    20
    """
    at_most = content.count(b"\xff\xda")
    if at_most <= _FEW:
        return at_most
    scans, place = 0, 2
    while (marker := _MARKER.search(content, place)) and content[marker.start() + 1] != _END_OF_IMAGE:
        scans += content[marker.start() + 1] == _START_OF_SCAN
        place = marker.end() + _length(content, marker.end())
    return scans


def _length(content: bytes, place: int) -> int:
    """Of a segment."""
    return int.from_bytes(content[place : place + 2])
