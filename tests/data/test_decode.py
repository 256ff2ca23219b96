"""Any readable picture becomes the right pixels; an unreadable one a line with its path and the reason."""

import io
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from image_files import encode, png_file
from PIL import Image
from systems import posix

from striate.data.decode import MAX_FILE, decode, decode_bytes, decode_pil, ignore_metadata_warnings
from striate.data.image_paths import image_paths
from striate.errors import DataError

GRADIENT = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4


def write(path, image, **options):
    image.save(path, **options)
    return path


def read(path, channels):
    """The whole picture (channels, height, width), whatever Pillow warns of."""
    with ignore_metadata_warnings():
        return decode(path, channels).transpose(2, 0, 1)


def refusal(path, channels=1):
    with pytest.raises(DataError) as caught:
        read(path, channels)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_gray_stays_gray_and_becomes_rgb(tmp_path):
    path = write(tmp_path / "g.png", Image.fromarray(GRADIENT))
    assert np.array_equal(read(path, 1)[0], GRADIENT)
    assert np.array_equal(read(path, 3), np.stack([GRADIENT] * 3))


MODES = {
    "png": ["1", "L", "LA", "P", "RGB", "RGBA"],
    "jpg": ["L", "RGB", "CMYK", "YCbCr"],
    "bmp": ["1", "L", "P", "RGB"],
    "gif": ["L", "P", "RGB"],
    "webp": ["L", "RGB", "RGBA"],
    "tif": ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"],
    "avif": ["L", "RGB", "RGBA"],
}


@pytest.mark.parametrize(("suffix", "mode"), [(suffix, mode) for suffix, modes in MODES.items() for mode in modes])
def test_every_mode_of_every_format(tmp_path, suffix, mode):
    path = write(tmp_path / f"x.{suffix}", Image.fromarray(GRADIENT).convert(mode))
    for channels in (1, 3):
        pixels = read(path, channels)
        assert pixels.shape == (channels, 8, 8)
        if mode != "1":
            assert np.abs(pixels.astype(int) - GRADIENT).mean() < 8  # lossy formats, palettes


def test_sixteen_bits_are_scaled_not_cut(tmp_path):
    path = write(tmp_path / "deep.png", Image.fromarray(GRADIENT.astype(np.uint16) * 257))
    assert np.array_equal(read(path, 1)[0], GRADIENT)


def test_transparency_comes_onto_white(tmp_path):
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.putpixel((1, 2), (0, 0, 0, 255))
    pixels = read(write(tmp_path / "t.png", image), 1)[0]
    assert pixels[2, 1] == 0
    assert (pixels == 255).sum() == 15


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(tmp_path, orientation):
    upright = Image.fromarray(np.kron(GRADIENT, np.ones((2, 1), np.uint8)))
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    stored = upright.transpose(turned[orientation]) if orientation in turned else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = write(tmp_path / "turned.png", stored, exif=exif)
    assert np.array_equal(read(path, 1)[0], np.asarray(upright))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_odd_exif_is_ignored(tmp_path, suffix):
    entries = struct.pack(">HHIHH", 0x0112, 3, 1, 3, 0) + struct.pack(">HHI4s", 0x011A, 2, 4, b"odd")  # XResolution
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + entries + bytes(4)
    path = write(tmp_path / f"odd.{suffix}", Image.fromarray(GRADIENT), exif=exif)
    assert np.abs(read(path, 1)[0].astype(int) - GRADIENT[::-1, ::-1]).mean() < 8


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("L", (4, 4), value) for value in (0, 255)]
    path = write(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert not read(path, 1).any()


@posix
def test_what_cannot_be_read_says_why(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.png")
    assert "a folder, where an image was expected" in refusal(tmp_path)
    os.mkfifo(tmp_path / "fifo.png")
    assert "not a regular file" in refusal(tmp_path / "fifo.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert "loop.png" in refusal(tmp_path / "loop.png")
    assert "cannot be read: embedded null byte" in refusal(tmp_path / "null\0.png")
    text = tmp_path / "text.png"
    text.write_text("hello", encoding="utf-8")
    assert "not an image in a known format (PNG, JPEG" in refusal(text)
    empty = tmp_path / "empty.png"
    empty.touch()
    assert refusal(empty).endswith("empty")


def test_a_bomb_is_refused_from_its_header(tmp_path):
    for side, words in ((9_000, "MB to decode, at most 268 are used"), (100_000, "at most 100 million")):
        path = tmp_path / "bomb.png"
        path.write_bytes(png_file(side, side, b"\0" * 9))
        assert words in refusal(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "bmp", "tif", "avif"])
def test_a_file_cut_at_any_byte_never_crashes(tmp_path, suffix):
    whole = write(tmp_path / f"whole.{suffix}", Image.fromarray(GRADIENT)).read_bytes()
    path = tmp_path / f"cut.{suffix}"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        try:
            assert read(path, 3).shape == (3, 8, 8)  # what was cut off was not needed
        except DataError as error:
            assert str(error).startswith(f"{path}: ")


@posix
@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_deflate", "jpeg", "group3", "group4"])
def test_a_damaged_tiff_is_refused_without_a_word_of_libtiff(tmp_path, capfd, compression):
    image = photo("1" if compression.startswith("group") else "L")
    whole = write(tmp_path / "whole.tif", image, compression=compression).read_bytes()
    with Image.open(tmp_path / "whole.tif") as opened:
        middle = opened.tag_v2[273][0] + opened.tag_v2[279][0] // 2  # of the pixels
        assert np.array_equal(read(tmp_path / "whole.tif", 1)[0], np.asarray(opened.convert("L")))
    path = tmp_path / "damaged.tif"
    for place in range(0, len(whole), max(1, len(whole) // 50)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read(path, 1)
        except DataError as error:
            assert str(error).startswith(f"{path}: ")
    assert capfd.readouterr().err == ""
    if compression == "group4":  # each row of this code depends on the one before it
        path.write_bytes(whole[:middle] + b"\xff" * 20 + whole[middle + 20 :])
        assert refusal(path) == f"{path}: damaged: its pixels cannot all be decoded"


@settings(max_examples=300)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"]), st.data())
def test_a_changed_byte_never_crashes(tmp_path_factory, kind, data):
    exif = Image.Exif()
    exif[0x0112] = 6
    options = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP") else {}
    content = bytearray(encode(Image.fromarray(GRADIENT), kind, **options))
    for _change in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("changed") / "x.png"
    path.write_bytes(content)
    try:
        assert read(path, 3).ndim == 3
    except DataError as error:
        assert str(error).startswith(f"{path}: ")


def test_a_folder_stands_for_its_images_in_order(tmp_path):
    for name in ("b.PNG", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in image_paths([str(tmp_path), "other.png"])] == ["a.jpg", "b.PNG", "other.png"]
    (tmp_path / "empty").mkdir()
    assert list(image_paths([str(tmp_path / "empty")])) == [tmp_path / "empty"]


def photo(mode, size=(90, 70)):
    noise = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_has_the_pixels_that_pillow_reads(tmp_path, mode, progressive):
    path = write(tmp_path / "p.jpg", photo(mode), progressive=progressive)
    pixels = decode(path, len(mode))
    with Image.open(path) as image:
        assert np.array_equal(pixels.squeeze(), np.asarray(image))


def test_a_large_jpeg_is_decoded_to_a_part_of_its_size(tmp_path):
    path = write(tmp_path / "p.jpg", photo("RGB", (3200, 2400)), quality=95)
    large = decode(path, 3).astype(int)
    small = decode(path, 3, side=24).astype(int)
    assert small.shape == (24, 32, 3)
    assert np.abs(small - large.reshape(24, 100, 32, 100, 3).mean(axis=(1, 3))).max() < 12


@pytest.mark.parametrize("damage", [b"", b"\0" * 100, b"\xff\\xd8\xff\\xe0 another"])
def test_a_damaged_jpeg_is_left_to_pillow(tmp_path, damage):
    path = write(tmp_path / "p.jpg", photo("RGB"))
    whole = path.read_bytes()
    path.write_bytes(whole + damage)  # what follows the picture is let be
    assert np.array_equal(decode(path, 3), np.asarray(Image.open(io.BytesIO(whole))))
    path.write_bytes(whole[: len(whole) // 2] + damage)
    with Image.open(path) as image:
        try:
            theirs = np.asarray(image)
        except OSError as error:
            assert str(error) in refusal(path, 3)
        else:
            assert np.array_equal(decode(path, 3), theirs)


def test_a_file_far_larger_than_a_picture_is_not_read(tmp_path):
    path = write(tmp_path / "p.jpg", photo("RGB"))
    with path.open("ab") as file:
        file.truncate(10**10)  # takes no room on the disk
    assert refusal(path).endswith(f"10,000,000,000 bytes, at most {MAX_FILE:,} are read")


def test_a_jpeg_that_its_decoders_understand_differently_is_left_to_pillow(tmp_path, monkeypatch):
    """The other's size was never found small enough."""
    path = write(tmp_path / "p.jpg", photo("RGB"))
    expected = decode(path, 3)
    monkeypatch.setattr("simplejpeg.decode_jpeg_header", lambda _: (900, 700))
    monkeypatch.setattr("simplejpeg.decode_jpeg", lambda *_, **__: pytest.fail("decoded"))
    assert np.array_equal(decode(path, 3), expected)


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "gif", "webp", "tif", "avif"])
def test_bytes_are_decoded_as_files_are(tmp_path, suffix):
    path = write(tmp_path / f"x.{suffix}", Image.fromarray(np.stack([GRADIENT, GRADIENT.T, 255 - GRADIENT], axis=2)))
    for channels in (1, 3):
        assert np.array_equal(decode_bytes(path.read_bytes(), channels), decode(path, channels))


def test_bytes_are_refused_as_files_are_by_a_name(tmp_path):
    path = write(tmp_path / "x.png", Image.fromarray(GRADIENT))
    for content in (b"", b"hello", path.read_bytes()[:20]):
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            decode_bytes(content, 1, name="image 7")
        assert str(caught.value) == refusal(path).replace(str(path), "image 7")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_pil_image_is_decoded_as_its_file_is(tmp_path, mode, channels):
    gradient = Image.fromarray(GRADIENT.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(GRADIENT)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = write(tmp_path / "x.png", gradient if mode in ("CMYK", "I;16") else gradient.convert(mode), exif=exif)
    with Image.open(path) as image:
        assert np.array_equal(decode_pil(image, channels, 4), decode(path, channels, 4))
        assert image.size == (8, 8)
    in_memory = gradient if mode == "I;16" else gradient.convert(mode)
    assert np.abs(decode_pil(in_memory, channels)[..., 0].astype(int) - GRADIENT).max() <= 255 * (mode == "1") + 1


def test_a_pil_image_that_is_cut_off_is_refused_by_a_name(tmp_path):
    path = write(tmp_path / "x.png", photo("RGB"))
    path.write_bytes(path.read_bytes()[:2000])
    with Image.open(path) as image, pytest.raises(DataError, match=r"image 7: cannot be read: .*truncated"):
        decode_pil(image, 3, name="image 7")
