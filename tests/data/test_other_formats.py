"""A file that is no image in a known format says what it is and what to do, whatever its name."""

import gzip
import io
import zipfile

import pytest
from PIL import Image

from striate.data.decode import decode_bytes
from striate.errors import DataError

CONVERT = "which is not read: convert it to JPEG or PNG"


def saved(kind, **options):
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, kind, **options)
    return buffer.getvalue()


def boxed(major, *brands):
    body = b"ftyp" + major + bytes(4) + b"".join(brands)
    return (len(body) + 4).to_bytes(4) + body + b"\0\0\0\x08meta"


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("cat.png", saved("PNG"))
    return buffer.getvalue()


FILES = {
    "HEIC of an iPhone": (boxed(b"heic", b"mif1", b"heic"), f"a picture in HEIC format, {CONVERT}"),
    "HEIC of another brand": (boxed(b"mif1", b"mif1", b"miaf", b"heic"), f"a picture in HEIC format, {CONVERT}"),
    "several pictures in HEIC": (boxed(b"hevc", b"hevc", b"msf1"), f"a picture in HEIC format, {CONVERT}"),
    "JPEG XL": (b"\xff\x0a\x00\x10", f"a picture in JPEG XL format, {CONVERT}"),
    "JPEG XL in boxes": (b"\0\0\0\x0cJXL \r\n\x87\n", f"a picture in JPEG XL format, {CONVERT}"),
    "JPEG 2000": (saved("JPEG2000"), f"a picture in JPEG 2000 format, {CONVERT}"),
    "JPEG 2000 without boxes": (saved("JPEG2000", no_jp2=True), f"a picture in JPEG 2000 format, {CONVERT}"),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", f"a picture in SVG format, {CONVERT}"),
    "SVG with a prologue": (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<svg/>", f"a picture in SVG format, {CONVERT}"),
    "Photoshop": (b"8BPS\0\1", f"a picture in Photoshop format, {CONVERT}"),
    "ICO": (saved("ICO"), f"a picture in ICO format, {CONVERT}"),
    "PNM": (saved("PPM"), f"a picture in PNM format, {CONVERT}"),
    "DICOM": (bytes(128) + b"DICM", f"a picture in DICOM format, {CONVERT}"),
    "PostScript": (saved("EPS"), f"a picture in PostScript format, {CONVERT}"),
    "CR2": (b"II*\0\x10\0\0\0CR\2\0", f"a picture in a camera's raw format, {CONVERT}"),
    "CR3": (boxed(b"crx ", b"isom"), f"a picture in a camera's raw format, {CONVERT}"),
    "other raw files, which are TIFFs": (saved("TIFF", tiffinfo={254: 1}), "its first picture is a preview, as in a camera's raw file: convert it to JPEG or PNG"),
    "PDF": (saved("PDF"), "a PDF, which is not read: save its pages as JPEG or PNG"),
    "MP4": (boxed(b"isom", b"mp41"), "a video, not an image"),
    "QuickTime": (boxed(b"qt  "), "a video, not an image"),
    "AVI": (b"RIFF\0\0\1\0AVI LIST", "a video, not an image"),
    "ZIP": (zipped(), "an archive or an office document, not an image"),
    "gzip": (gzip.compress(saved("PNG")), "an archive or an office document, not an image"),
    "a web page": (b"\n<!DOCTYPE html>\n<html><title>404</title>", "a web page, not an image; it may say why there is none"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS, not the image; git lfs pull fetches it"),
    "text": (b"P2 or not P2", "not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)"),
    "other XML": (b"<?xml version='1.0'?><kml/>", "not an image in a known format (PNG, JPEG, BMP, GIF, WEBP, TIFF, AVIF)"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_what_is_not_read_says_what_it_is_and_what_to_do(kind):
    content, words = FILES[kind]
    with pytest.raises(DataError) as caught:
        decode_bytes(content, 1, name="cat.jpg")
    assert str(caught.value) == f"cat.jpg: {words}"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "AVIF"])
def test_what_is_read_is_none_of_them(kind):
    assert decode_bytes(saved(kind), 1).shape == (8, 8, 1)
