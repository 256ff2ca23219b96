"""The size of an AVIF's frames as its video data state it: a decoder makes pictures so large, whatever the file says.

Only as much of HEIF (ISO/IEC 23008-12) and AV1 (its sequence header) as still pictures use; the rest is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from striate.errors import DataError

_SEQUENCE_HEADER = 1  # the type of the unit that holds the size
_MAX_PARTS = 10_000  # boxes beside each other, units of a picture


def largest_frame(content: bytes) -> tuple[int, int]:
    """(width, height) of the frame with the most pixels. DataError, without a name, for what is not understood."""
    try:
        if content[8:12] == b"avis":
            raise DataError("an animated AVIF, which is not read")
        boxes = dict(_boxes(content, 0, len(content)))
        meta = dict(_boxes(content, boxes[b"meta"][0] + 4, boxes[b"meta"][1]))
        types = dict(_item_types(content, *meta[b"iinf"]))
        places = [(begin, end) for item, begin, end in _places(content, meta) if types.get(item) == b"av01"]
        if sum(end - begin for begin, end in places) > 2 * len(content):  # the same bytes, many times
            raise ValueError
        sizes = [size for begin, end in places for size in _frame_sizes(content[begin:end])]
        return max(sizes, key=lambda size: size[0] * size[1])
    except (struct.error, KeyError, IndexError, ValueError):
        raise DataError("damaged: an AVIF whose frames are not found") from None


def _boxes(content: bytes, begin: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes between two places: type, and the places where what they hold begins and ends."""
    for _ in range(_MAX_PARTS):
        if begin + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", content, begin)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", content, begin + 8), 16
        size = size or end - begin
        if size < head:
            raise ValueError
        yield kind, (begin + head, min(end, begin + size))
        begin += size
    raise ValueError


def _item_types(content: bytes, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The items' numbers and types, from the box iinf."""
    first = begin + (6 if content[begin] == 0 else 8)
    for kind, (place, _) in _boxes(content, first, end):
        if kind != b"infe" or content[place] not in (2, 3):
            raise ValueError
        item, _, name = struct.unpack_from(">HH4s" if content[place] == 2 else ">IH4s", content, place + 4)
        yield item, name


def _places(content: bytes, meta: dict[bytes, tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Where the data of each item begin and end, from the box iloc; each in one piece."""
    place = meta[b"iloc"][0]
    version, offset_bytes, length_bytes = content[place], content[place + 4] >> 4, content[place + 4] & 15
    base_bytes, index_bytes = content[place + 5] >> 4, content[place + 5] & 15 if version else 0
    wide = 4 if version == 2 else 2
    place += 6

    def number(size: int) -> int:
        nonlocal place
        place += size
        if place > len(content):
            raise ValueError
        return int.from_bytes(content[place - size : place])

    for _ in range(number(wide)):
        item, method = number(wide), number(2) & 15 if version else 0
        number(2)  # which file: this one
        base = number(base_bytes) + (meta[b"idat"][0] if method == 1 else 0)
        if method > 1 or number(2) != 1:
            raise ValueError
        number(index_bytes)
        begin = base + number(offset_bytes)
        length = number(length_bytes)
        yield item, begin, begin + length if length else len(content)


def _frame_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """The size that each sequence header in AV1 data states."""
    place = 0
    for _ in range(_MAX_PARTS):
        if place >= len(data):
            return
        header = data[place]
        place += 2 if header & 4 else 1
        size = len(data) - place
        if header & 2:
            size = 0
            for shift in range(0, 56, 7):
                byte = data[place]
                place += 1
                size |= (byte & 127) << shift
                if byte < 128:
                    break
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            yield _sequence_size(data[place : place + size])
        place += size
    raise ValueError


def _sequence_size(header: bytes) -> tuple[int, int]:
    bits = int.from_bytes(header[:64].ljust(64, b"\0"))
    left = 512

    def read(count: int) -> int:
        nonlocal left
        left -= count
        return bits >> left & (1 << count) - 1

    read(4)  # profile, whether it is a still picture
    if read(1):  # the short header of still pictures
        read(5)
    else:
        if read(1):  # when each frame is shown
            raise ValueError
        delays = read(1)
        for _ in range(read(5) + 1):  # operating points
            read(12)
            if read(5) > 7:
                read(1)
            if delays and read(1):
                read(4)
    width_bits, height_bits = read(4) + 1, read(4) + 1
    return read(width_bits) + 1, read(height_bits) + 1
