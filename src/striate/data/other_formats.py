"""Files that are not read, recognized by their first bytes: what they are, and what to do with them."""

from __future__ import annotations

import re

_BEGINNING = 1024  # bytes
_CONVERT = "which is not read: convert it to JPEG or PNG"
_HEIC = rb"he(?:i[cmsx]|v[cmsx])"
_VIDEOS = rb"(?:qt  |iso[m2-9]|mp4[12]|avc1|M4V |3g|dash|MSNV|XAVC)"
_TEXT = rb"(?:\xef\xbb\xbf)?\s*<"
_PICTURES = {
    "HEIC": rb"....ftyp(?:%b|m[is]f1.{4}(?:.{4}){0,15}?%b)" % (_HEIC, _HEIC),
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "JPEG 2000": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "SVG": _TEXT + rb"(?:svg\b|(?:\?xml|!--|!doctype svg).*?<svg\b)",
    "Photoshop": rb"8BPS",
    "GIMP": rb"gimp xcf",
    "ICO": rb"\0\0\x01\0",
    "OpenEXR": rb"\x76\x2f\x31\x01",
    "Radiance HDR": rb"#\?RADIANCE",
    "DDS": rb"DDS ",
    "FITS": rb"SIMPLE  =",
    "DICOM": rb".{128}DICM",
    "PostScript": rb"%!PS",
    "PNM": rb"P[1-7]\s+(?:#|\d|WIDTH)",
    "a camera's raw": rb"II\*\0....CR|....ftypcrx |FUJIFILMCCD-RAW|IIR[OS]|MMOR|IIU\0|FOVb",
}
"""Formats of pictures."""
_OTHERS = {
    "a PDF, which is not read: save its pages as JPEG or PNG": rb"%PDF-",
    "a video, not an image": rb"....ftyp%b|RIFF.{4}AVI |\x1a\x45\xdf\xa3" % _VIDEOS,
    "an archive or an office document, not an image": rb"PK\x03\x04|\x1f\x8b\x08|7z\xbc\xaf|Rar!",
    "a web page, not an image; it may say why there is none": _TEXT + rb"(?:!doctype html|html|head|body)\b",
    "a pointer of Git LFS, not the image; git lfs pull fetches it": rb"version https://git-lfs",
}
_KNOWN = {**{f"a picture in {name} format, {_CONVERT}": pattern for name, pattern in _PICTURES.items()}, **_OTHERS}


def describe_other_format(content: bytes) -> str:
    """What a file is that is no image in a known format, and what to do with it; "" if that is not recognized.

    >>> describe_other_format(b"%PDF-1.7")
    'a PDF, which is not read: save its pages as JPEG or PNG'
    """
    beginning = content[:_BEGINNING]
    flags = re.DOTALL | re.IGNORECASE
    return next((words for words, pattern in _KNOWN.items() if re.match(pattern, beginning, flags)), "")
