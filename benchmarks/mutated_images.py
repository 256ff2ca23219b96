"""Mutated image files of every format, decoded: nothing but a picture or a DataError, within two seconds and 300 MB.

    python benchmarks/mutated_images.py [--count 100000] [--seed 0] [--workers 2] [--state FILE]

Small files of every format and mode, and a few as large as are decoded, are cut, spliced, repeated and changed at
random places. PNG's checksums are made right again, and half of its small files are changed before they are compressed,
so that its decoder meets the rest. They are decoded in worker processes, which end themselves after 30 s of CPU time
for one: an interpreter that crashes or hangs is a failure with the number of its file. The same count and seed give the
same files. `--state` keeps what is done, to go on from there.
"""

from __future__ import annotations

import argparse
import ctypes
import io
import json
import signal
import struct
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import machine

from striate.data import decode_bytes, ignore_metadata_warnings
from striate.errors import DataError

MOST_SECONDS, MOST_BYTES = 2.0, 300e6
CHUNK = 500
LARGE_EVERY = 200  # one in so many files is a large one
EXTREMES = (0, 1, 2, 127, 128, 255, 256, 4096, 16383, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
HEADER_VALUES = {8: (1, 2, 4, 8, 16), 9: (0, 2, 3, 4, 6), 12: (0, 1)}
"""Of a PNG's header, by place: bits, colour type, interlaced or not."""
Files = dict[str, list[bytes]]


@dataclass
class Found:
    """What became of some files: counts by format and outcome, the worst of each format, and the failures."""

    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        """Take in what became of others."""
        self.outcomes.update(other.outcomes)
        self.failures += other.failures
        for kind in other.seconds:
            self.seconds[kind] = max(self.seconds.get(kind, 0.0), other.seconds[kind])
            self.bytes[kind] = max(self.bytes.get(kind, 0), other.bytes[kind])


def main() -> None:
    """Decode all of them, print a table, and fail if one is a failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000, help="files (100000)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations (0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    parser.add_argument("--state", type=Path, help="a file of what is done, to go on from")
    options = parser.parse_args()
    started = time.perf_counter()
    done = read_state(options.state)
    chunks = [range(begin, min(begin + CHUNK, options.count)) for begin in range(0, options.count, CHUNK)]
    with tempfile.TemporaryDirectory() as folder:
        write_originals(Path(folder))
        todo = [chunk for chunk in chunks if chunk.start not in done]
        for chunk, found in decoded_chunks(todo, Path(folder), options.seed, options.workers):
            done[chunk.start] = found
            if options.state:
                with options.state.open("a", encoding="utf-8", newline="\n") as file:
                    file.write(json.dumps({"begin": chunk.start, **vars(found)}) + "\n")
            print(f"\r{sum(sum(f.outcomes.values()) for f in done.values()):,}", end="", file=sys.stderr, flush=True)
    total = Found()
    for begin in sorted(done):
        total.add(done[begin])
    report(total, time.perf_counter() - started)


def read_state(path: Path | None) -> dict[int, Found]:
    """What an earlier run has done, by the first number of each chunk."""
    if path is None or not path.exists():
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        line["begin"]: Found(Counter(line["outcomes"]), line["seconds"], line["bytes"], line["failures"])
        for line in lines
    }


def decoded_chunks(todo: list[range], folder: Path, seed: int, workers: int) -> Iterator[tuple[range, Found]]:
    """What became of each chunk. One whose process ends is decoded again, file by file, each in a new process."""
    while todo:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            futures = [(chunk, pool.submit(decode_all, chunk, str(folder), seed)) for chunk in todo]
            todo = []
            for chunk, future in futures:
                try:
                    yield chunk, future.result()
                except BrokenProcessPool:  # whichever chunk was at fault
                    todo.append(chunk)
        if todo:
            yield todo[0], one_by_one(todo.pop(0), folder, seed)


def one_by_one(numbers: range, folder: Path, seed: int) -> Found:
    """As `decode_all`, with the number of a file that ends its process."""
    found = Found()
    for number in numbers:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                found.add(pool.submit(decode_all, range(number, number + 1), str(folder), seed).result())
            except BrokenProcessPool:
                found.failures.append(f"file {number}: the interpreter ended")
    return found


def decode_all(numbers: range, folder: str, seed: int) -> Found:
    """Decode the files of these numbers in this process."""
    originals = read_originals(Path(folder))
    found = Found()
    with ignore_metadata_warnings():
        for number in numbers:
            generator = np.random.default_rng((seed, number))
            kind, content = mutated(originals, generator, large=number % LARGE_EVERY == 0)
            channels, side = int(generator.choice([1, 3])), int(generator.choice([32, 256, 384]))
            outcome, seconds, taken = decode_measured(content, channels, side)
            found.outcomes[f"{kind} {outcome if outcome in ('read', 'refused') else 'failed'}"] += 1
            found.seconds[kind] = max(found.seconds.get(kind, 0.0), seconds)
            found.bytes[kind] = max(found.bytes.get(kind, 0), taken)
            if outcome not in ("read", "refused"):
                found.failures.append(f"file {number} ({kind}): {outcome}")
            if seconds > MOST_SECONDS or taken > MOST_BYTES:
                found.failures.append(f"file {number} ({kind}): {seconds:.2f} s, {taken / 1e6:.0f} MB")
    return found


def decode_measured(content: bytes, channels: int, side: int) -> tuple[str, float, int]:
    """What becomes of a file, the CPU time, and the bytes that the process took beyond those that it had."""
    ctypes.CDLL(None).malloc_trim(0)  # what earlier decodes have freed is not this one's to take
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted anew
    before = memory("VmRSS")
    signal.setitimer(signal.ITIMER_PROF, 30)
    started = time.process_time()
    try:
        decode_bytes(content, channels, side, name="x")
        outcome = "read"
    except DataError as error:
        outcome = "refused" if str(error).startswith("x: ") and "\n" not in str(error) else f"an odd line: {error}"
    except BaseException as error:
        outcome = f"{type(error).__name__}: {error}"
    seconds = time.process_time() - started
    signal.setitimer(signal.ITIMER_PROF, 0)
    return outcome, seconds, memory("VmHWM") - before


def memory(what: str) -> int:
    """The bytes that this process has in memory, VmRSS, or had at its peak, VmHWM."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.partition(f"{what}:")[2].split()[0])


def mutated(originals: Files, generator: np.random.Generator, *, large: bool) -> tuple[str, bytes]:
    """A format, and a file of it with one to four changes."""
    kinds = sorted(kind for kind in originals if kind.startswith("large") == large)
    kind = kinds[generator.integers(len(kinds))]
    files = originals[kind]
    content = bytearray(files[generator.integers(len(files))])
    if kind == "PNG" and generator.integers(2):
        return kind, with_changed_pixels(bytes(content), generator)
    for _ in range(generator.integers(0 if large else 1, 3 if large else 5)):
        change(content, files[generator.integers(len(files))], generator)
    name = kind.split()[-1]
    if name == "PNG" and generator.integers(4):
        return name, with_checksums(bytes(content))
    return name, bytes(content)


def change(content: bytearray, other: bytes, generator: np.random.Generator) -> None:
    """Change a file in one of the ways in which files go wrong or are made to."""
    near_begin = generator.integers(2)
    place = int(generator.integers(0, min(len(content), 200 if near_begin else len(content)) + 1))
    length = int(generator.integers(1, 65))
    match generator.integers(0, 8):
        case 0:
            content[place : place + 1] = generator.bytes(1)
        case 1:
            content[place : place + length] = generator.bytes(length)
        case 2:
            del content[place : place + length]
        case 3:
            content[place:place] = generator.bytes(length)
        case 4:
            del content[max(place, 20) :]
        case 5:
            begin = int(generator.integers(0, len(other)))
            content[place:] = other[begin:]
        case 6:
            content[place:place] = bytes(content[place : place + length]) * int(generator.integers(1, 2000))
        case _:
            value = EXTREMES[generator.integers(len(EXTREMES))]
            wide, order = generator.choice([1, 2, 4]), generator.choice(["little", "big"])
            content[place : place + wide] = (value % 256 ** int(wide)).to_bytes(int(wide), str(order))


def with_checksums(content: bytes) -> bytes:
    """A PNG whose chunks have the checksums of what they hold."""
    bodies, rest = png_chunks(content)
    return png(bodies, content[:8]) + rest


def with_changed_pixels(content: bytes, generator: np.random.Generator) -> bytes:
    """A PNG of which one to four things are changed before it is compressed: the header, or the rows as filtered."""
    bodies, _ = png_chunks(content)
    header = bytearray(bodies[0])
    rows = bytearray(zlib.decompress(b"".join(body[4:] for body in bodies if body[:4] == b"IDAT")))
    row = len(rows) // int.from_bytes(header[8:12], "big")
    for _ in range(generator.integers(1, 5)):
        if generator.integers(8):
            change(rows, bytes(rows), generator)
        else:
            place = int(generator.choice([3, 7, *HEADER_VALUES]))  # the low bytes of width and height, or these
            header[4 + place] = int(generator.choice(HEADER_VALUES.get(place, range(256))))
    if generator.integers(4):  # else most end at a filter that there is not
        rows[::row] = bytes(value % 5 for value in rows[::row])
    others = [body for body in bodies[1:] if body[:4] not in (b"IDAT", b"IEND")]
    return png([bytes(header), *others, b"IDAT" + zlib.compress(rows, 1), b"IEND"])


def png_chunks(content: bytes) -> tuple[list[bytes], bytes]:
    """The whole chunks of a PNG, each its type and what it holds, and the bytes that follow them."""
    bodies, place = [], 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        body = content[place + 4 : place + 8 + length]
        if len(body) < 4 + length:
            break
        bodies.append(body)
        place += 12 + length
    return bodies, content[place:]


def png(bodies: list[bytes], signature: bytes = b"\x89PNG\r\n\x1a\n") -> bytes:
    """A PNG of these chunks, with their checksums."""
    packed = (struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) for body in bodies)
    return b"".join([signature, *packed])


def write_originals(folder: Path) -> None:
    """Every file that is mutated, in a folder of its format."""
    for kind, files in (*small_files(), *large_files()):
        for number, content in enumerate(files):
            path = folder / kind / f"{number}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)


def read_originals(folder: Path) -> Files:
    """The files that are mutated, by their format."""
    return {kind.name: [path.read_bytes() for path in sorted(kind.iterdir())] for kind in sorted(folder.iterdir())}


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """An image as a file of this format."""
    buffer = io.BytesIO()
    if frames := options.get("append_images"):
        options["append_images"] = [frame.copy() for frame in frames]
    image.copy().save(buffer, kind, **options)  # copies: JPEG's settings stay on an image
    return buffer.getvalue()


class SmallPictures:
    """Small pictures in the modes that formats have: a smooth one, `other` its negative, `deep` of 16 bits."""

    def __init__(self) -> None:
        coarse = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
        self.rgb = Image.fromarray(coarse).resize((90, 70), Image.Resampling.BICUBIC)
        self.other = Image.fromarray(255 - np.asarray(self.rgb))
        self.gray, self.palette = self.rgb.convert("L"), self.rgb.convert("P")
        self.bilevel, self.cmyk = self.gray.convert("1"), self.rgb.convert("CMYK")
        self.rgba = self.rgb.copy()
        self.rgba.putalpha(self.gray)
        self.deep = Image.fromarray(np.asarray(self.gray).astype(np.uint16) * 16)
        self.modes = (self.rgb, self.gray, self.palette, self.rgba, self.rgba.convert("LA"), self.bilevel)
        self.animated: dict[str, Any] = {"save_all": True, "append_images": [self.other, self.rgb]}
        self.exif = Image.Exif()
        self.exif[0x0112], self.exif[0x010F] = 6, "a camera"


def small_files() -> Iterator[tuple[str, list[bytes]]]:
    """Each format in its modes, as small files."""
    small = SmallPictures()
    yield "PNG", list(small_pngs(small))
    yield "JPEG", list(small_jpegs(small))
    yield "GIF", [*(encoded(image, "GIF") for image in small.modes), encoded(small.rgb, "GIF", **small.animated)]
    yield "BMP", list(small_bmps(small))
    yield "WEBP", list(small_webps(small))
    yield "TIFF", list(small_tiffs(small))
    yield "AVIF", list(small_avifs(small))


def small_pngs(small: SmallPictures) -> Iterator[bytes]:
    """PNGs in every mode, animated, with a transparent palette, and of 16 bits in every colour type."""
    for image in (*small.modes, small.deep):
        yield encoded(image, "PNG")
    yield encoded(small.rgb, "PNG", exif=small.exif, **small.animated)
    yield encoded(small.palette, "PNG", transparency=bytes(range(256)))
    for colour in (0, 2, 4, 6):
        for interlaced in (0, 1):
            yield deep_png(small.deep, colour, interlaced)


def small_jpegs(small: SmallPictures) -> Iterator[bytes]:
    """JPEGs in every mode, progressive or not, with restart markers, and of several pictures."""
    for image in (small.rgb, small.gray, small.cmyk):
        for flag in (0, 1):
            yield encoded(image, "JPEG", progressive=flag)
    yield encoded(small.rgb, "JPEG", subsampling=0, exif=small.exif)
    yield encoded(small.rgb, "JPEG", restart_marker_blocks=3)
    yield encoded(small.rgb, "MPO", save_all=True, append_images=[small.other])


def small_bmps(small: SmallPictures) -> Iterator[bytes]:
    """BMPs in every mode and in run-length code."""
    for image in (small.rgb, small.gray, small.palette, small.rgba, small.bilevel):
        yield encoded(image, "BMP")
    yield from run_length_bmps()


def small_webps(small: SmallPictures) -> Iterator[bytes]:
    """WebPs with and without alpha and loss, and animated."""
    for image in (small.rgb, small.rgba):
        for flag in (False, True):
            yield encoded(image, "WEBP", lossless=flag, method=0)
    yield encoded(small.rgb, "WEBP", exif=small.exif, method=0, **small.animated)


def small_tiffs(small: SmallPictures) -> Iterator[bytes]:
    """TIFFs in every mode and compression, and of several pictures."""
    for image in (*small.modes[:4], small.deep):
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            yield encoded(image, "TIFF", compression=compression)
    yield encoded(small.rgb, "TIFF", compression="jpeg")
    yield encoded(small.bilevel, "TIFF", compression="group4")
    yield encoded(small.gray.convert("F"), "TIFF")
    yield encoded(small.cmyk, "TIFF")
    yield encoded(small.rgb, "TIFF", exif=small.exif)
    yield encoded(small.rgb, "TIFF", compression="tiff_lzw", **small.animated)


def small_avifs(small: SmallPictures) -> Iterator[bytes]:
    """AVIFs in every mode, and with all colours stored."""
    for image in (small.rgb, small.rgba, small.gray):
        yield encoded(image, "AVIF", speed=10)
    yield encoded(small.rgb, "AVIF", speed=10, subsampling="4:4:4")
    yield encoded(small.rgb, "AVIF", speed=10, exif=small.exif)


def deep_png(gray: Image.Image, colour: int, interlaced: int) -> bytes:
    """A PNG of 16 bits with this colour type; interlaced, its data are too short."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    values = np.repeat(np.asarray(gray)[..., None], channels, axis=2).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", gray.width, gray.height, 16, colour, 0, 0, interlaced)
    return png([b"IHDR" + header, b"IDAT" + zlib.compress(rows), b"IEND"])


def run_length_bmps() -> Iterator[bytes]:
    """BMPs of 32x32 in run-length code of 8 and of 4 bits."""
    for compression, bits in ((1, 8), (2, 4)):
        palette = bytes(value for index in range(2**bits) for value in (index, 255 - index, 7, 0))
        rows = b"".join(bytes((16, 3, 0, 4, 1, 2, 3, 4, 12, 9, 0, 0)) for _ in range(32)) + b"\0\1"
        header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, bits, compression, len(rows), 0, 0, 2**bits, 0)
        offset = 14 + len(header) + len(palette)
        yield b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + header + palette + rows


def large_files() -> Iterator[tuple[str, list[bytes]]]:
    """Pictures of many pixels, some more than are decoded: flat, and noise by blocks."""
    generator = np.random.default_rng(1)
    yield "large PNG", list(large_pngs(generator))
    yield "large JPEG", list(large_jpegs(generator))
    yield "large GIF", [encoded(image, "GIF") for image in (noise(generator, 7_600, 1), Image.new("L", (9_000, 9_000)))]
    yield "large BMP", [encoded(noise(generator, *size), "BMP") for size in ((6_000, 3), (9_600, 1))]
    yield "large WEBP", list(large_webps(generator))
    yield "large TIFF", list(large_tiffs(generator))
    yield "large AVIF", list(large_avifs(generator))


def noise(generator: np.random.Generator, side: int, channels: int) -> Image.Image:
    """A square of blocks of 16x16 pixels, each of one colour."""
    blocks = generator.integers(0, 256, (side // 16, side // 16, channels), dtype=np.uint8)
    return Image.fromarray(np.kron(blocks, np.ones((16, 16, 1), np.uint8)).squeeze())


def large_pngs(generator: np.random.Generator) -> Iterator[bytes]:
    """Large PNGs of 1, 8 and 16 bits."""
    fast = {"compress_level": 1}
    yield encoded(Image.new("1", (9_900, 9_900)), "PNG", **fast)
    for side, channels in ((9_600, 1), (7_600, 3), (7_600, 4)):
        yield encoded(noise(generator, side, channels), "PNG", **fast)
    yield encoded(Image.new("I;16", (9_000, 9_000)), "PNG", **fast)
    yield deep_png(Image.new("I;16", (5_600, 5_600)), 6, 0)
    for colour in (2, 6):
        yield deep_png(noise(generator, 3_600, 1), colour, 0)  # dark


def large_jpegs(generator: np.random.Generator) -> Iterator[bytes]:
    """Large JPEGs, decoded at an eighth or, progressive, whole."""
    yield encoded(noise(generator, 14_000, 1), "JPEG")
    yield encoded(noise(generator, 10_000, 3), "JPEG")
    yield encoded(noise(generator, 6_800, 3), "JPEG", progressive=True)
    yield encoded(Image.new("CMYK", (9_000, 9_000)), "JPEG")


def large_webps(generator: np.random.Generator) -> Iterator[bytes]:
    """Large WebPs with and without alpha and loss."""
    for channels in (3, 4):
        yield encoded(noise(generator, 3_400, channels), "WEBP", method=0)
    for side in (3_400, 8_000):
        yield encoded(Image.new("RGB", (side, side)), "WEBP", lossless=True, method=0)


def large_tiffs(generator: np.random.Generator) -> Iterator[bytes]:
    """Large TIFFs, compressed in three ways and not."""
    yield encoded(noise(generator, 5_600, 3), "TIFF", compression="tiff_lzw")
    yield encoded(noise(generator, 5_600, 4), "TIFF", compression="tiff_adobe_deflate")
    yield encoded(noise(generator, 5_600, 3), "TIFF", compression="jpeg")
    yield encoded(noise(generator, 7_000, 1), "TIFF")


def large_avifs(generator: np.random.Generator) -> Iterator[bytes]:
    """Large AVIFs with and without alpha."""
    yield encoded(noise(generator, 3_200, 3), "AVIF", speed=10, subsampling="4:4:4")
    yield encoded(noise(generator, 3_200, 4), "AVIF", speed=10)
    yield encoded(Image.new("RGB", (8_000, 6_000)), "AVIF", speed=10)


def report(found: Found, seconds: float) -> None:
    """Print the table, and fail if a file is a failure."""
    print(f"\n{machine('pillow', 'simplejpeg', 'numpy')}; {sum(found.outcomes.values()):,} files; {seconds:.0f} s")
    print(f"{'format':<8}{'read':>10}{'refused':>10}{'failed':>8}{'most CPU, s':>14}{'most memory, MB':>17}")
    for kind in sorted(found.seconds):
        counts = [found.outcomes[f"{kind} {outcome}"] for outcome in ("read", "refused", "failed")]
        print(
            f"{kind:<8}{counts[0]:>10,}{counts[1]:>10,}{counts[2]:>8,}"
            f"{found.seconds[kind]:>14.2f}{found.bytes[kind] / 1e6:>17.0f}"
        )
    for failure in found.failures:
        print(failure)
    if found.failures:
        sys.exit(f"{len(found.failures)} failures")


if __name__ == "__main__":
    main()
