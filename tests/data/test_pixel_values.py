"""What the samples of a file mean: depths, alpha, floats; and the same values by strips as at once."""

import struct

import numpy as np
import pytest
from image_files import encode, png_chunk, png_file
from PIL import Image

from striate.data.decode import decode_bytes, decode_picture
from striate.data.pixel_values import to_pixels
from striate.data.transforms import downscale
from striate.errors import DataError

RAMP = np.linspace(0, 1, 64).reshape(8, 8)
DEPTHS = (8, 10, 12, 14, 16)


def png16(values_HWC, *extra):
    """A PNG of 16 bits with 1 to 4 channels; `extra` are chunks before the pixels."""
    height, width, channels = values_HWC.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values_HWC)
    return png_file(width, height, rows, *extra, bits=16, colour=colour)


def tiff(values_HWC, order="<", **fields):
    """An uncompressed TIFF; `fields` are more of its fields, as `f281=4095`."""
    height, width, channels = values_HWC.shape
    data = values_HWC.astype(values_HWC.dtype.newbyteorder(order)).tobytes()
    bits = 8 * values_HWC.dtype.itemsize
    values = {
        256: width,
        257: height,
        259: 1,
        262: 2 if channels >= 3 else 1,
        277: channels,
        278: height,
        279: len(data),
    }
    values |= {339: 3} if values_HWC.dtype.kind == "f" else {}
    values |= {int(name[1:]): value for name, value in fields.items()}
    values |= {258: bits, 273: 0}
    directory = 8 + len(data)
    after = directory + 2 + 12 * len(values) + 4
    entries, tail = b"", b""
    for tag in sorted(values):
        count = channels if tag in (258, 339) else 1
        if count > 2:
            entries += struct.pack(order + "HHII", tag, 3, count, after + len(tail))
            tail += struct.pack(order + "H", values[tag]) * count
        elif count == 2:
            entries += struct.pack(order + "HHIHH", tag, 3, count, values[tag], values[tag])
        else:
            entries += struct.pack(order + "HHII", tag, 4, 1, 8 if tag == 273 else values[tag])
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, directory)
    return head + data + struct.pack(order + "H", len(values)) + entries + bytes(4) + tail


def samples(depth, channels):
    """A ramp of this many bits in each channel, int (8, 8, channels); alpha is full."""
    ramp = (RAMP * (2**depth - 1)).round().astype(np.uint16)
    full = np.full_like(ramp, 2**depth - 1)
    return np.stack([full if channels % 2 == 0 and i == channels - 1 else ramp for i in range(channels)], axis=2)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("depth", DEPTHS)
def test_samples_of_16_bits_are_scaled_by_the_bits_that_they_use(depth, channels):
    values = samples(depth, channels)
    files = [png16(values)]
    if channels in (1, 3):
        files += [tiff(values), tiff(values, ">")]
    for content in files:
        found = decode_picture(content, 3)
        assert np.abs(found.pixels_HWC - RAMP[..., None] * 255).max() <= 1
        assert found.note == (f"values of {depth} bits in 16: {2**depth - 1:,} is white" if depth < 16 else "")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_bits_that_a_file_states_hold_as_long_as_its_values_do(channels):
    dark = samples(12, channels) // 8  # 9 bits
    stated = png_chunk(b"sBIT", bytes([12] * channels))
    for content in (png16(dark, stated), tiff(dark, f281=4095)):
        assert np.abs(decode_bytes(content, 1).astype(float)[..., 0] - RAMP * 255 / 8).max() <= 1
    scaled_up = samples(16, channels)  # as PNG says that they should be
    assert np.abs(decode_bytes(png16(scaled_up, stated), 1)[..., 0] - RAMP * 255).max() <= 1


def test_values_are_understood_alone_as_in_a_set():
    """By the file itself: nothing that was decoded before counts."""
    dark, bright = png16(samples(12, 1)), png16(samples(16, 1))
    alone = decode_bytes(dark, 1)
    decode_bytes(bright, 1)
    assert np.array_equal(decode_bytes(dark, 1), alone)


def test_a_gray_value_that_stands_for_transparency():
    values = samples(16, 1)
    values[3, 3] = 777
    pixels = decode_bytes(png16(values, png_chunk(b"tRNS", struct.pack(">H", 777))), 1)
    assert pixels[3, 3, 0] == 255 and pixels[0, 0, 0] == 0


def test_floating_point_from_0_to_1():
    ramp = RAMP.astype(np.float32)[..., None]
    for order in "<>":
        assert np.abs(decode_bytes(tiff(ramp, order), 1)[..., 0] - RAMP * 255).max() <= 1
    for odd in (ramp * 300, ramp - 1, ramp * np.nan):
        with pytest.raises(DataError, match=r"^the image: floating-point values from .* to .*, expected 0 to 1$"):
            decode_bytes(tiff(odd.astype(np.float32)), 1)


def test_whole_numbers_beyond_16_bits_are_refused():
    with pytest.raises(DataError, match=r"^the image: values from 0 to 100,000, expected 0 to 65,535$"):
        decode_bytes(tiff(np.full((4, 4, 1), 100_000, np.int32)), 1)


def test_white_at_zero():
    assert np.abs(decode_bytes(tiff(samples(16, 1), f262=0), 1)[..., 0] - (1 - RAMP) * 255).max() <= 1


def bmp32(alpha):
    """A BMP with an alpha channel of one value."""
    values = np.dstack([(RAMP * 255).round()] * 3 + [np.full((8, 8), alpha)]).astype(np.uint8)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<IiiHHIIiiII", 108, 8, -8, 1, 32, 3, 256, 0, 0, 0, 0) + masks + bytes(52)
    return b"BM" + struct.pack("<IHHI", 14 + 108 + 256, 0, 0, 122) + header + values.tobytes()


def test_alpha_that_was_never_set_in_a_bmp_is_none():
    for alpha in (0, 255):
        assert np.abs(decode_bytes(bmp32(alpha), 1)[..., 0] - RAMP * 255).max() <= 1
    half = decode_bytes(bmp32(128), 1)[..., 0]
    assert np.abs(half - (RAMP * 255 * 128 / 255 + 127)).max() <= 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "AVIF"])
def test_a_transparent_picture_is_white_in_other_formats(kind):
    image = Image.fromarray(np.dstack([(RAMP * 255).astype(np.uint8)] * 3 + [np.zeros((8, 8), np.uint8)]))
    options = {"lossless": True} if kind == "WEBP" else {}
    assert (decode_bytes(encode(image, kind, **options), 3) == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("side", [None, 256])
def test_strips_give_the_values_of_the_whole(mode, side):
    """Larger than a strip, to the bit."""
    coarse = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((1600, 1200), Image.Resampling.BICUBIC)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode in ("RGBA", "LA"):
        image.putalpha(image.convert("L").rotate(180))
    image = image if mode == "I;16" else image.convert(mode)
    for target in ("L", "RGB"):
        pixels, _ = to_pixels(image, target, side)
        flat = image
        if mode == "I;16":
            flat = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
        if flat.has_transparency_data:
            flat = Image.alpha_composite(Image.new("RGBA", flat.size, "white"), flat.convert("RGBA"))
        whole = np.asarray(flat.convert(target)).reshape(1200, 1600, -1)
        assert np.array_equal(pixels, downscale(whole, side))
