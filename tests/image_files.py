"""Image files as bytes: as Pillow writes them, and PNGs put together chunk by chunk."""

import io
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encode(image, kind, **options):
    """A Pillow image as a file of this format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_chunk(kind, content=b""):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_file(width, height, rows=b"", *chunks, bits=8, colour=2):
    """A PNG of this header and these rows, each a filter's byte and its samples; `chunks` stand before them."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return SIGNATURE + header + b"".join(chunks) + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND")
