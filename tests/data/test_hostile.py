"""Whatever lies in a folder: no crash, no hang, and each thing that cannot be used named with its reason."""

import os
import struct
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from image_files import encode, png_file
from PIL import Image
from systems import posix

from striate.data.checking import check_dataset
from striate.data.decode import decode
from striate.data.options import DataOptions
from striate.data.sources import load_dataset
from striate.errors import DataError
from striate.tables import load_table

TABLE = load_table("minivggnet")
KINDS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF")
MUTATIONS = 10_000
NOISE = np.random.default_rng(0).integers(0, 256, (9, 11, 3), dtype=np.uint8)


def encoded(kind, image=None, **options):
    return encode(Image.fromarray(NOISE) if image is None else image, kind, **options)


def look(path, content):
    """Decode these bytes: the shape, or the reason why not."""
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the pack and the check do around their threads
        try:
            return decode(path, 3, 8).shape
        except DataError as error:
            assert str(error).startswith(f"{path}: ")
            assert "\n" not in str(error)
            return str(error).removeprefix(f"{path}: ")


def varieties(kind):
    """A small file of each kind that a format has."""
    yield encoded(kind)
    if kind in ("PNG", "JPEG", "WEBP"):
        exif = Image.Exif()
        exif[0x0112] = 6
        yield encoded(kind, exif=exif)
    if kind == "JPEG":
        yield encoded(kind, progressive=True)
        yield encoded(kind, Image.fromarray(NOISE).convert("CMYK"))
    if kind == "PNG":
        yield encoded(kind, Image.fromarray(NOISE).convert("P"))
        yield encoded(kind, Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257))
        yield encoded(kind, Image.fromarray(NOISE).convert("RGBA"), compress_level=0)
    if kind in ("GIF", "WEBP", "PNG"):
        yield encoded(kind, save_all=True, append_images=[Image.fromarray(255 - NOISE)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_at_any_byte(tmp_path, kind):
    for whole in varieties(kind):
        shape = look(tmp_path / "x", whole)
        assert shape in ((8, 10, 3), (10, 8, 3))
        for end in range(len(whole)):
            seen = look(tmp_path / "x", whole[:end])
            assert seen == shape or isinstance(seen, str), end
            assert end > 0 or seen == "empty"


@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand_changes(tmp_path, kind):
    """A fifth of them for each format: bytes changed, taken out, put in."""
    generator = np.random.default_rng(0)
    files = list(varieties(kind))
    outcomes = {"read": 0, "refused": 0}
    for number in range(MUTATIONS // len(KINDS)):
        content = bytearray(files[number % len(files)])
        for _ in range(generator.integers(1, 9)):
            place = int(generator.integers(0, len(content)))
            match generator.integers(0, 4):
                case 0:
                    del content[place : place + int(generator.integers(1, 9))]
                case 1:
                    content[place:place] = generator.bytes(int(generator.integers(1, 9)))
                case _:
                    content[place] = int(generator.integers(0, 256))
            content = content or bytearray(b"\0")
        seen = look(tmp_path / "x", bytes(content))
        outcomes["refused" if isinstance(seen, str) else "read"] += 1
    assert min(outcomes.values()) > 0


BOMBS = {
    "png": png_file(30_000, 30_000),
    "png-wide": png_file(2**31 - 1, 1),
    "png-just": png_file(8_200, 8_200),
    "gif": b"GIF89a"
    + struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    + b"\x2c"
    + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
    + b"\x08\0",
    "bmp": b"BM"
    + struct.pack("<IHHI", 54, 0, 0, 54)
    + struct.pack("<IiiHHIIiiII", 40, 40_000, 40_000, 1, 24, 0, 0, 0, 0, 0, 0),
    "jpeg": b"\xff\xd8\xff\xc0"
    + struct.pack(">HBHHB", 17, 8, 65500, 65500, 3)
    + bytes((1, 17, 0, 2, 17, 0, 3, 17, 0))
    + b"\xff\xda",
    "webp": encoded("WEBP", lossless=True)[:20] + b"\x2f" + struct.pack("<I", 16383 | 16383 << 14) + bytes(20),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_from_the_header(tmp_path, name):
    seen = look(tmp_path / "x", BOMBS[name])
    assert isinstance(seen, str)
    if name not in ("webp", "jpeg"):  # whose decoders may find more wrong before they know the size
        assert "at most" in seen


def test_a_small_file_that_unpacks_to_more_than_its_header_says(tmp_path):
    assert look(tmp_path / "x", png_file(11, 9, bytes(50_000_000))) == (8, 10, 3)


@pytest.fixture
def root(tmp_path):
    """Two classes with three good pictures each."""
    generator = np.random.default_rng(1)
    for label in "ab":
        (tmp_path / "set" / label).mkdir(parents=True)
        for i in range(3):
            picture = generator.integers(0, 256, (40, 50, 3), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / "set" / label / f"good{i}.png")
    return tmp_path / "set"


def loaded(root, **options):
    return load_dataset(root, TABLE, DataOptions(cache_dir=root.parent / "packs", **options))


@posix
def test_everything_odd_at_once(root):
    a = root / "a"
    noise = Image.fromarray(np.random.default_rng(2).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    odd_but_good = {
        "jpeg-called.png": encoded("JPEG", noise),
        "png-called.JPG": encoded("PNG", noise.transpose(Image.Transpose.ROTATE_90)),
        "cmyk.jpg": encoded("JPEG", noise.convert("CMYK")),
        "deep.png": encoded("PNG", Image.fromarray(np.asarray(noise)[..., 0].astype(np.uint16) * 257)),
        "palette.gif": encoded("GIF", noise.convert("P")),
        "moving.webp": encoded("WEBP", noise, save_all=True, append_images=[noise.rotate(90)], lossless=True),
        "one-pixel.png": encoded("PNG", noise.crop((0, 0, 1, 1))),
        "sliver.png": encoded("PNG", Image.new("RGB", (1, 3000))),
        "naïve 名前 \n.png": encoded("PNG", noise.crop((1, 1, 30, 30))),
    }
    bad = {
        "zero.png": b"",
        "text.jpeg": b"hello",
        "bomb.png": png_file(30_000, 30_000),
        "cut.jpg": encoded("JPEG", noise)[:300],
    }
    for name, content in {**odd_but_good, **bad}.items():
        (a / name).write_bytes(content)
    (a / "loop.png").symlink_to("loop.png")
    (a / "folder.png").mkdir()
    os.mkfifo(a / "pipe.png")
    (root / "b" / "loop").symlink_to(root)
    expected = {*bad, "loop.png", "pipe.png", "loop"}

    data = loaded(root, max_bad=len(expected))
    assert {skipped.path.name for skipped in data.skipped} == expected
    assert all(skipped.reason for skipped in data.skipped)
    assert len(data.train) + len(data.validation) == 6 + len(odd_but_good)
    with pytest.raises(DataError, match=f"at most {len(data.skipped) - 1} may be"):
        loaded(root, max_bad=len(data.skipped) - 1)
    findings = check_dataset(str(root))
    unreadable = {problem.path for problem in findings.problems if problem.kind == "unreadable"}
    assert {str(skipped.path) for skipped in data.skipped} == unreadable


def test_a_class_without_images(root):
    (root / "c").mkdir()
    with pytest.raises(DataError, match=r"set/c: a class without an image to train on"):
        loaded(root)
    assert [problem.path for problem in check_dataset(str(root)).problems] == [str(root / "c")]


@pytest.fixture
def somebody():
    """Somebody who may not read everything, as root may: for the time of a test root becomes another user."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(65534)
    except OSError:
        pytest.skip("root may read everything, and cannot become somebody else here")
    yield
    os.seteuid(0)


@posix
@pytest.mark.usefixtures("somebody")
def test_files_and_folders_that_may_not_be_read():
    with tempfile.TemporaryDirectory() as folder:
        for label in "ab":
            (Path(folder) / label).mkdir()
            Image.fromarray(NOISE + ord(label)).save(Path(folder) / label / "good.png")
        closed, listed, file = (Path(folder) / "a" / name for name in ("closed", "listed", "file.png"))
        file.write_bytes(encoded("PNG"))
        listed.mkdir()
        (listed / "x.png").write_bytes(encoded("PNG"))
        closed.mkdir(mode=0)
        file.chmod(0)
        listed.chmod(0o444)
        findings = check_dataset(folder)
        for path in (closed, listed):
            path.chmod(0o700)
    assert {problem.path: problem.reason for problem in findings.problems} == {
        str(file): "cannot be read: Permission denied",
        str(closed): "cannot be listed: Permission denied",
        str(listed / "x.png"): "cannot be read: Permission denied",
    }


def test_every_picture_broken(root):
    for path in root.rglob("*.png"):
        path.write_bytes(b"x")
    with pytest.raises(DataError, match=r"6 in .* cannot be read"):
        loaded(root)
    with pytest.raises(DataError, match="a class without an image to train on"):
        loaded(root, max_bad=6)
