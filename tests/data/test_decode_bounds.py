"""What decoding may take: bytes, scans and time, known from a file's first bytes; and whose fault a bad picture is."""

import functools
import json
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from image_files import encode, png_chunk, png_file
from PIL import Image

from striate.data.decode import decode_bytes
from striate.data.decode_budget import PICTURE_BYTES, TOGETHER_BYTES, ByteBudget
from striate.data.jpeg_scans import count_scans
from striate.errors import DataError

NOISE = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)


def encoded(kind, image=None, **options):
    return encode(Image.fromarray(NOISE) if image is None else image, kind, **options)


def with_chunks(*chunks):
    """A PNG with these after its header."""
    content = encoded("PNG")
    return content[:33] + b"".join(chunks) + content[33:]


def refusal(content, side=32):
    with pytest.raises(DataError) as caught:
        decode_bytes(content, 3, side, name="x")
    assert str(caught.value).startswith("x: ") and "\n" not in str(caught.value) and len(str(caught.value)) < 400
    return str(caught.value).removeprefix("x: ")


def many_scans(count, size=(64, 64)):
    """A progressive JPEG whose last scan is repeated."""
    content = encoded("JPEG", Image.fromarray(NOISE).resize(size), progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * count + content[-2:]


def palette_less():
    return png_file(1, 1, b"\0\0", colour=3)


def test_a_png_without_its_palette_is_refused_by_its_name():
    assert refusal(palette_less()) == "damaged"


@pytest.mark.parametrize(
    "error",
    [
        AssertionError(), struct.error("unpack"), IndexError("x"), KeyError(3), OverflowError("x"), zlib.error("x"),
        RuntimeError("x\ny"), RecursionError("x" * 1000), MemoryError(), ZeroDivisionError("x"), TypeError("x"),
        Image.DecompressionBombWarning("x"), Image.DecompressionBombError("x"), UserWarning("x"), OSError(5, "x"),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
@pytest.mark.parametrize("when", ["PIL.PngImagePlugin.PngImageFile._open", "PIL.ImageFile.ImageFile.load"])
def test_whatever_pillow_raises_is_that_pictures_fault(monkeypatch, error, when):
    def fail(*_):
        raise error

    monkeypatch.setattr(when, fail)
    assert refusal(encoded("PNG"))


ODD_CHUNKS = {
    "a large profile": png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(3_000_000))),
    "a large text": png_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(3_000_000))),
    "a large international text": png_chunk(b"iTXt", b"x\0\1\0\0\0" + zlib.compress(bytes(3_000_000))),
    "much text": png_chunk(b"tEXt", b"x\0" + bytes(70_000_000)),
    "an unknown compression": png_chunk(b"zTXt", b"x\0\7abc"),
    "a wrong checksum": png_chunk(b"tEXt", b"x\0y")[:-4] + b"abcd",
    "short metadata": png_chunk(b"gAMA", b"")
    + png_chunk(b"pHYs", b"1")
    + png_chunk(b"cHRM", b"")
    + png_chunk(b"sRGB", b""),
    "a damaged animation": png_chunk(b"acTL", b"1") + png_chunk(b"fcTL", bytes(26)),
    "many chunks": png_chunk(b"tEXt", b"x\0y") * 100_000,
}


@pytest.mark.parametrize("what", ODD_CHUNKS)
def test_pixels_are_read_whatever_else_a_png_holds(what):
    assert np.array_equal(decode_bytes(with_chunks(ODD_CHUNKS[what]), 3), NOISE)


def test_more_chunks_than_any_program_writes_are_refused():
    assert refusal(with_chunks(png_chunk(b"tEXt", b"") * 140_000)) == "more than 131,072 chunks"


def test_scans_are_bounded_by_the_pixels_that_they_pass_over():
    small = many_scans(100)
    assert count_scans(small) > 100
    assert decode_bytes(small, 3).shape == (64, 64, 3)
    bomb = many_scans(6_000, (2000, 1500))
    assert "scans over 2000x1500 pixels, at most 166 are read" in refusal(bomb)
    tiff = encoded("TIFF", Image.fromarray(NOISE).resize((3000, 3000)), compression="jpeg")
    assert "more scans in this TIFF" in refusal(tiff + b"\xff\xda" * 100_000)


def test_scans_of_previews_and_of_what_follows_a_picture_are_not_counted():
    preview = b"\xff\xe1" + struct.pack(">H", 2 + 1200) + b"\xff\xda" * 600
    content = encoded("JPEG", Image.fromarray(NOISE).resize((2000, 1500)), progressive=True)
    content = content[:2] + preview + content[2:] + b"\xff\xda" * 10_000
    assert count_scans(content) < 20
    assert decode_bytes(content, 3, 32).shape == (32, 43, 3)


LONG_WAYS = {
    "junk in a JPEG": lambda: encoded("JPEG")[:2] + b"\xff" + bytes(20_000_000),
    "segments of a JPEG": lambda: encoded("JPEG")[:2] + b"\xff\xe5\0\2" * 2_000_000 + encoded("JPEG")[2:],
    "EXIF in many parts": lambda: encoded("JPEG")[:2] + (b"\xff\xe1\xff\xffExif\0\0" + bytes(65_527)) * 300 + encoded("JPEG")[2:],
    "blocks of a GIF": lambda: encoded("GIF")[:781] + b"\x21\xfe" + b"\1x" * 5_000_000 + b"\0" + encoded("GIF")[781:],
    "boxes of an AVIF": lambda: encoded("AVIF")[:32] + struct.pack(">I4s", 8, b"free") * 2_000_000,
    "units of an AVIF": lambda: encoded("AVIF") + b"\x12\0" * 2_000_000,
}  # fmt: skip


@pytest.mark.parametrize("what", LONG_WAYS)
def test_what_is_long_before_the_picture_is_refused_or_passed_over(what):
    """Each would take Pillow, or us, seconds in Python; the time of it all is measured by a benchmark."""
    content = LONG_WAYS[what]()
    if what == "units of an AVIF":  # after the picture
        assert decode_bytes(content, 3, 32).shape == (32, 38, 3)
    else:
        assert refusal(content).startswith("damaged: ")


def riff(kind, body):
    return b"RIFF" + struct.pack("<I", 4 + 8 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


def resized_avif(width, height):
    """An AVIF that says it is small, of a large frame."""
    content = bytearray(encoded("AVIF", Image.new("RGB", (width, height)), speed=10))
    place = content.index(b"ispe") + 8
    content[place : place + 8] = struct.pack(">II", 8, 8)
    return bytes(content)


TOO_LARGE = {
    "a lossless WebP": lambda: riff(b"VP8L", b"\x2f" + struct.pack("<I", 7999 | 7999 << 14) + bytes(20)),
    "a lossy WebP": lambda: riff(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 8000, 8000) + bytes(20)),
    "a WebP's canvas": lambda: riff(b"VP8X", bytes(4) + (9999).to_bytes(3, "little") * 2 + bytes(20)),
    "a PNG of colours": lambda: png_file(9_000, 9_000),
    "a PNG of 16 bits": lambda: png_file(9_000, 6_000, bits=16, colour=6),
    "a PNG with alpha": lambda: png_file(9_000, 9_000, colour=6),
    "a wide PNG": lambda: png_file(2**31 - 1, 1),
    "a GIF's frame": lambda: b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b"\x21\xf9\4\x08\0\0\0\0\x2c"
    + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08\0",
    "a BMP in run-length code": lambda: b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 9_000, 9_000, 1, 8, 1, 0, 0, 0, 0, 0) + bytes(2000),
    "a progressive JPEG": lambda: encoded("JPEG", Image.new("L", (9000, 9000)), progressive=True)
    .replace(b"\xff\xc2\0\x0b\x08" + struct.pack(">HH", 9000, 9000), b"\xff\xc2\0\x0b\x08" + struct.pack(">HH", 64000, 64000)),
    "an AVIF that says it is small": lambda: resized_avif(5000, 4000),
    "a TIFF's tile": lambda: tiled_tiff(40_000),
}  # fmt: skip


def tiled_tiff(side):
    """8x8 pixels in one tile of this side."""
    values = {256: 8, 257: 8, 258: 8, 259: 8, 262: 1, 277: 1, 322: side, 323: side, 324: 8, 325: 8}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in values.items())
    return b"II" + struct.pack("<HI", 42, 16) + bytes(8) + struct.pack("<H", len(values)) + entries + bytes(4)


@pytest.mark.parametrize("what", TOO_LARGE)
def test_what_would_take_too_much_is_refused_from_its_header(what):
    assert ", at most " in refusal(TOO_LARGE[what]())


def test_a_field_of_a_tiff_with_many_numbers_is_refused():
    entry = struct.pack("<HHII", 273, 4, 10**6, 8)
    content = b"II" + struct.pack("<HIH", 42, 8, 1) + entry + bytes(4_000_000)
    assert refusal(content) == "a TIFF with 1,000,000 numbers in one field, at most 65,536 are read"


def test_a_jpeg_of_a_telephone_with_200_megapixels_is_welcome():
    content = encoded("JPEG", Image.new("L", (16_320, 12_240), 90))
    pixels = decode_bytes(content, 3, 256)
    assert pixels.shape == (256, 341, 3) and (pixels == 90).all()


def test_a_picture_that_waits_for_its_share_gets_it_and_small_ones_do_not_wait():
    budget = ByteBudget(100, uncounted=10)
    release, order = threading.Event(), []

    def hold(size, name):
        with budget.share(size):
            order.append(name)
            release.wait(10)

    first = threading.Thread(target=hold, args=(60, "first"))
    first.start()
    while budget.free == 100:
        pass
    second = threading.Thread(target=hold, args=(90, "second"))
    second.start()
    with budget.share(10):
        order.append("small")
    assert order == ["first", "small"]
    release.set()
    first.join(10)
    second.join(10)
    assert order == ["first", "small", "second"] and budget.free == 100


def test_a_share_is_given_back_after_an_error():
    budget = ByteBudget(100, uncounted=0)
    with pytest.raises(DataError), budget.share(70):
        raise DataError
    assert budget.free == 100


@functools.cache
def encoded_as(what):
    """A picture of three megapixels of one of the kinds that take different ways through the decoders."""
    kind, _, mode = what.partition(" ")
    image = Image.fromarray(NOISE).resize((2000, 1500), Image.Resampling.BICUBIC)
    if mode == "16 bits":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode in ("LA", "RGBA"):
        image.putalpha(image.convert("L"))
    options = {"PNG": {"compress_level": 1}, "AVIF": {"speed": 10}, "WEBP": {"method": 0}}.get(kind, {})
    if mode == "progressive":
        options, mode = {"progressive": True}, ""
    return encoded(kind, image if mode in ("", "16 bits") else image.convert(mode), **options)


KINDS = (
    "PNG", "PNG L", "PNG LA", "PNG RGBA", "PNG P", "PNG 16 bits", "JPEG", "JPEG L", "JPEG CMYK", "JPEG progressive", "BMP", "GIF L",
    "WEBP", "WEBP RGBA", "TIFF", "TIFF RGBA", "TIFF CMYK", "TIFF 16 bits", "AVIF", "AVIF RGBA",
)  # fmt: skip


@pytest.mark.parametrize("what", KINDS)
def test_whatever_is_decoded_waits_for_its_share_and_gives_it_back(monkeypatch, what):
    content = encoded_as(what)
    budget = ByteBudget(TOGETHER_BYTES, uncounted=0)
    monkeypatch.setattr("striate.data.decode.DECODING", budget)
    with ThreadPoolExecutor(1) as thread:
        with budget.share(TOGETHER_BYTES):
            decoded = thread.submit(decode_bytes, content, 3, 32)
            while not (decoded.done() or budget._queue):
                time.sleep(0.001)
            assert not decoded.done()
        assert decoded.result().shape == (32, 43, 3)
    assert budget.free == TOGETHER_BYTES


MEASURE = """
import json, sys
from contextlib import nullcontext
from pathlib import Path
from striate.data import decode
def kilobytes(what):
    return next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if what in line)
def share(size):
    shares.append(size)
    return nullcontext()
decode.DECODING.share = share
for path in map(Path, sys.argv[1:]):
    content, shares = path.read_bytes(), []
    for _ in range(2):  # the first time what the libraries take themselves
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = kilobytes("VmRSS")
        decode.decode_bytes(content, 3, 256)
        took = kilobytes("VmHWM") - before
    print(json.dumps([took * 1024, shares[-1]]))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of memory is read as Linux has it")
def test_decoding_takes_no_more_memory_than_its_share(tmp_path):
    paths = [tmp_path / what for what in KINDS]
    for path in paths:
        path.write_bytes(encoded_as(path.name))
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    found = dict(zip(KINDS, map(json.loads, done.stdout.splitlines()), strict=True))
    assert {what: each for what, each in found.items() if each[0] > each[1] + 6_000_000} == {}


def test_no_picture_waits_for_more_than_there_is():
    assert PICTURE_BYTES <= TOGETHER_BYTES
