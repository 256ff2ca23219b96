"""Four attacks on `striate serve`, with innocent clients beside them: none gets 500, none waits above 2 s.

    python benchmarks/attacks.py [--seconds 30] [--attacks nothing pictures bombs tables pipelines]

The server, LeNet-5 as it ships, is a process of its own for each attack; attackers and innocent clients are two more,
all on loopback. The attackers go on for so many seconds:

- nothing: the innocent clients alone, for comparison;
- pictures: PNGs of 71 bytes without their palette, and other damaged ones, alone and in forms, in among innocent ones;
- bombs: progressive JPEGs of 6,000 scans, WebP pictures of 8000x8000 in a few bytes, flat PNGs of many million pixels,
  some of them just small enough to be decoded among the small ones; alone and in forms of 64, to the API and the lab;
- tables: `POST /lab/table` with 90 nested Adds, with 1,900 rows of which the last is impossible, TOML of many parts;
- pipelines: 1,010 connections with 60 requests each, all sent at once; each is opened again after 5 s. Half of them
  leave without reading.

Innocent clients ask, each on a new connection: for a digit's class, with a photo of 12 million pixels too; for the
page, its models, the list of tables, a small table. A 503 is an answer; after a tenth of a second the client repeats.
For each attack: how many were sent, the innocent requests by status, the longest wait, of one answer and until 200, the
server's peak memory, and the size of its log.

Goal: no 500, no answer after 2 s.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import multiprocessing
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from processes import machine, resident

LONGEST = 2.0  # seconds
_ATTACKERS = 16  # connections, each with one request after the other
_CONNECTIONS, _DEPTH = 1_010, 60
_PAUSE = 5.0  # seconds until a connection of a flood is opened again
_PATIENCE = 40.0  # seconds that a client waits for an answer at most
_PREDICT = "/v1/models/lenet5/predict"


@dataclass(frozen=True)
class Request:
    """What is sent: a method, a path, a content type and a body."""

    path: str
    kind: str = ""
    body: bytes = b""

    def encoded(self, *, close: bool = True) -> bytes:
        """The bytes of the request."""
        lines = [f"{'POST' if self.kind else 'GET'} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"Content-Type: {self.kind}", f"Content-Length: {len(self.body)}"] if self.kind else []
        lines += ["Connection: close"] if close else []
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass
class Waits:
    """What became of innocent requests of one kind: their statuses, and seconds to an answer and to the 200."""

    statuses: Counter[str] = field(default_factory=Counter)
    answer: float = 0.0
    success: float = 0.0


def main() -> None:
    """Attack, print a line for each kind of innocent request, and fail if the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="of each attack (30)")
    parser.add_argument("--attacks", nargs="+", default=list(ATTACKS), choices=list(ATTACKS))
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8_192), most))
    print(
        f"{machine('torch', 'pillow', 'uvicorn')}; {options.seconds:g} s each; load {os.getloadavg()[0]:.1f} before\n"
    )
    reached = [attack(name, options.seconds) for name in options.attacks]
    if not all(reached):
        sys.exit("the goal was missed")


def attack(name: str, seconds: float) -> bool:
    """One attack on a server of its own; whether the goal is met."""
    context = multiprocessing.get_context("spawn")
    with server() as (port, process, log):
        ask_once(port)
        before = resident(process)
        end, sent = context.Event(), context.Value("q", 0)
        attackers = context.Process(target=run_attack, args=(name, port, end, sent))
        attackers.start()
        while not sent.value:
            time.sleep(0.1)
        waits = asyncio.run(innocent_clients(port, seconds))
        end.set()
        attackers.join(30)
        attackers.kill()
        peak, lines = resident(process, "VmHWM"), log.read_bytes()
    met = not any("500" in each.statuses or each.answer > LONGEST for each in waits.values())
    met = met and not any("lost" in each.statuses for each in waits.values())
    print(
        f"{name}: {sent.value:,} requests of attackers; memory {before:.0f} MB before, {peak:.0f} at its peak;"
        f" {len(lines):,} bytes of log{'' if met else ': MISSED'}"
    )
    for kind, each in waits.items():
        counts = ", ".join(f"{status}: {count}" for status, count in sorted(each.statuses.items()))
        print(f"    {kind:22} {counts}; longest wait {each.answer:.2f} s, {each.success:.2f} until 200")
    sys.stdout.flush()
    return met


@contextlib.contextmanager
def server() -> Iterator[tuple[int, int, Path]]:
    """`striate serve` as a process: its port, its number, and the file of its log."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [
            sys.executable,
            "-m",
            "striate",
            "serve",
            "--port",
            "0",
            "--json",
            "--runs",
            str(Path(folder) / "runs"),
        ]
        with (
            log.open("wb") as errors,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8") as process,
        ):
            assert process.stdout is not None
            try:
                yield int(json.loads(process.stdout.readline())["address"].rpartition(":")[2]), process.pid, log
            finally:
                process.terminate()
                try:
                    process.wait(90)
                except subprocess.TimeoutExpired:
                    process.kill()


def ask_once(port: int) -> None:
    """One prediction, so that all is loaded that one needs."""
    status = asyncio.run(ask(port, Request(_PREDICT, "image/png", digit())))
    assert status == "200", status


async def ask(port: int, request: Request) -> str:
    """The status of an answer that came whole; "lost" if none came."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request.encoded())
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return "lost"
    return answer[9:12].decode() or "lost"


# Innocent clients.


def innocents() -> dict[str, Request]:
    """What innocent clients ask for."""
    table = json.dumps(small_table()).encode()
    return {
        "a digit": Request(_PREDICT, "image/png", digit()),
        "a photo": Request(_PREDICT, "image/jpeg", photo()),
        "the page": Request("/"),
        "GET /lab/models": Request("/lab/models"),
        "GET /lab/tables": Request("/lab/tables"),
        "POST /lab/table": Request("/lab/table", "application/json", table),
        "POST /lab/layers": Request("/lab/layers?model=lenet5", "image/png", digit()),
    }


async def innocent_clients(port: int, seconds: float) -> dict[str, Waits]:
    """One client for each kind of request, until the time is over; each pauses for as long as a person might."""
    requests = innocents()
    until = time.perf_counter() + seconds
    waits = {kind: Waits() for kind in requests}

    async def client(request: Request, found: Waits) -> None:
        while (began := time.perf_counter()) < until:
            while True:
                asked = time.perf_counter()
                status = await ask(port, request)
                now = time.perf_counter()
                found.statuses[status] += 1
                found.answer = max(found.answer, now - asked)
                if status != "503" or now > until:
                    break
                await asyncio.sleep(0.1)
            found.success = max(found.success, now - began)
            await asyncio.sleep(0.1)

    await asyncio.gather(*[client(request, waits[kind]) for kind, request in requests.items()])
    return waits


# Attackers.


def run_attack(name: str, port: int, end: Event, sent: Counting) -> None:
    """A process that attacks until the end is set."""
    asyncio.run(ATTACKS[name](port, end, sent))


async def repeat(port: int, end: Event, sent: Counting, requests: list[Request]) -> None:
    """Send requests in turn, on as many connections as there are attackers."""

    async def attacker(first: int) -> None:
        for index in range(first, 10**9):
            if end.is_set():
                return
            with sent.get_lock():
                sent.value += 1
            await ask(port, requests[index % len(requests)])

    tasks = [asyncio.create_task(attacker(first)) for first in range(_ATTACKERS)]
    while not end.is_set():
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def attack_with_nothing(_port: int, end: Event, sent: Counting) -> None:
    """No attack."""
    sent.value = 1
    while not end.is_set():
        await asyncio.sleep(0.1)


async def attack_with_pictures(port: int, end: Event, sent: Counting) -> None:
    """Pictures that make decoders raise, alone and in forms."""
    good, bad = digit(), damaged_pictures()
    alone = [Request(_PREDICT, "image/png", body) for body in bad]
    forms = [as_form([body, good, body, good]) for body in bad]
    await repeat(port, end, sent, [*alone, *forms, *[alone[0]] * 8])


async def attack_with_bombs(port: int, end: Event, sent: Counting) -> None:
    """Pictures that take long to decode, or much memory."""
    bombs = [scan_bomb(), webp_bomb(), flat("L", 9_000), flat("RGBA", 5_000), flat("I;16", 6_000), flat("LA", 5_000)]
    bombs.append(flat("L", 4_000))
    alone = [Request(_PREDICT, "image/png", body) for body in bombs]
    forms = [as_form([body] * 64) for body in bombs if len(body) < 300_000]
    lab = [Request("/lab/layers?model=lenet5", "image/png", body) for body in bombs]
    await repeat(port, end, sent, [*alone, *forms, *lab])


async def attack_with_tables(port: int, end: Event, sent: Counting) -> None:
    """Tables that take long to check, to write, or to mend."""
    documents = [nested_table(90), nested_table(18), long_table(1_900), long_table(100), toml_table()]
    await repeat(
        port, end, sent, [Request("/lab/table", "application/json", json.dumps(each).encode()) for each in documents]
    )


async def attack_with_pipelines(port: int, end: Event, sent: Counting) -> None:
    """Connections that send many requests at once, again and again."""
    requests = [Request(_PREDICT, "image/png", digit()), Request("/healthz"), Request("/lab/models")]
    floods = [request.encoded(close=False) * _DEPTH for request in requests]

    async def flood(number: int) -> None:
        while not end.is_set():
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(10):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    try:
                        writer.write(floods[number % len(floods)])
                        with sent.get_lock():
                            sent.value += _DEPTH
                        while number % 2 and await reader.read(65_536):
                            pass
                    finally:
                        writer.transport.abort()
            await asyncio.sleep(_PAUSE)

    tasks = [asyncio.create_task(flood(number)) for number in range(_CONNECTIONS)]
    while not end.is_set():
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


Counting = Any  # a number that processes share, with its lock
ATTACKS: dict[str, Callable[[int, Event, Counting], Awaitable[None]]] = {
    "nothing": attack_with_nothing,
    "pictures": attack_with_pictures,
    "bombs": attack_with_bombs,
    "tables": attack_with_tables,
    "pipelines": attack_with_pipelines,
}


# What is sent.


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def damaged_pictures() -> list[bytes]:
    """A PNG whose palette is missing, and pictures that are cut, turned around, or nothing."""
    header = struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0)
    without = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")
    )
    whole = photo(200)
    return [without, whole[:500], whole[:100] + whole[100:][::-1], digit()[:60], b"", b"GIF89a\1\0\1\0"]


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def digit() -> bytes:
    """A one, as MNIST has them."""
    frame = np.zeros((28, 28), np.uint8)
    frame[4:24, 12:16] = 255
    return encoded(Image.fromarray(frame), "PNG")


def photo(height: int = 3_000) -> bytes:
    """A JPEG of a camera's size that is no easier to decode than most."""
    noise = np.random.default_rng(0).integers(0, 256, (height // 8, height // 6, 3), dtype=np.uint8)
    return encoded(Image.fromarray(noise).resize((height * 4 // 3, height), Image.Resampling.BICUBIC), "JPEG")


def flat(mode: str, side: int) -> bytes:
    """A PNG of one colour: few bytes, many pixels."""
    return encoded(Image.new(mode, (side, side)), "PNG", compress_level=9)


def webp_bomb() -> bytes:
    """A lossless WebP of 8000x8000 pixels in a few bytes."""
    return encoded(Image.new("RGB", (8_000, 8_000)), "WEBP", lossless=True, method=0)


def scan_bomb(scans: int = 6_000) -> bytes:
    """A progressive JPEG whose last scan is there thousands of times."""
    whole = encoded(Image.new("L", (2_000, 2_000), 128), "JPEG", progressive=True)
    start = whole.rindex(b"\xff\xda")
    return whole[:start] + whole[start:-2] * scans + b"\xff\xd9"


def as_form(pictures: list[bytes]) -> Request:
    """Pictures as the parts of a form."""
    parts = [b'--xyz\r\nContent-Disposition: form-data; name="image"\r\n\r\n' + each + b"\r\n" for each in pictures]
    return Request(_PREDICT, "multipart/form-data; boundary=xyz", b"".join(parts) + b"--xyz--\r\n")


def conv(name: str, **fields: object) -> dict[str, object]:
    """A row."""
    return {"type": "Conv", "name": name, "maps": 4, "kernel": 3, "padding": "same", **fields}


def small_table() -> dict[str, object]:
    """A table such as a person writes."""
    rows = [conv("C1"), {"type": "MaxPool", "name": "S2", "kernel": 2, "stride": 2}]
    return {"name": "mine", "input": [1, 28, 28], "rows": [*rows, {"type": "Dense", "name": "F", "units": 10}]}


def nested_table(depth: int) -> dict[str, object]:
    """Adds in Adds."""
    row = conv("inner", maps=1)
    for level in range(depth):
        row = {"type": "Add", "name": f"a{level}", "body": [row]}
    return {**small_table(), "rows": [row, {"type": "Dense", "name": "F", "units": 10}]}


def long_table(rows: int) -> dict[str, object]:
    """Many rows, the last of which is impossible: all kinds of changes are tried."""
    return {**small_table(), "rows": [*(conv(f"c{row}") for row in range(rows)), conv("z", kernel=99, padding=0)]}


def toml_table() -> dict[str, object]:
    """Lines of keys of many parts."""
    return {"toml": "".join(f"{'a.' * 590}k{line} = 1\n" for line in range(150))}


if __name__ == "__main__":
    main()
