"""A light load of HTTP requests, in a process of its own: keep-alive connections, hand-written HTTP/1.1 over uvloop.

    python benchmarks/http_load.py HOST PORT FILE --clients 8 --seconds 5 [--rate 100]

FILE holds the bodies to send in turn, pickled with the path and the content type. Each client waits for its answer
before it asks again; with --rate, so many requests a second go to whichever client is free. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import pickle
import re
import time
from collections import Counter, deque
from pathlib import Path
from typing import Any

import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Load:
    """What all clients share: the requests, and what came of them."""

    def __init__(self, requests: list[bytes], counted_from: float, until: float, *, paced: bool) -> None:
        self.requests, self.counted_from, self.until, self.paced = requests, counted_from, until, paced
        self.sent = self.open = 0
        self.seconds: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.free: deque[Client] = deque()
        self.finished = asyncio.Event()


class Client(asyncio.Protocol):
    """One connection: sends a request, waits for its answer, sends the next."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._next()

    def ask(self) -> None:
        """Send one request."""
        load = self._load
        self._began = time.perf_counter()
        self._transport.write(load.requests[load.sent % len(load.requests)])
        load.sent += 1
        load.open += 1

    def data_received(self, data: bytes) -> None:
        """Take an answer, which may come in parts."""
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        found = _LENGTH.search(self._buffer, 0, end)
        if found is None or len(self._buffer) < end + 4 + int(found[1]):
            return
        load, now = self._load, time.perf_counter()
        status = self._buffer[9:12].decode()
        self._buffer = b""
        load.open -= 1
        if load.counted_from <= now <= load.until:
            load.statuses[status] += 1
            if status == "200":
                load.seconds.append(now - self._began)
        else:
            load.statuses[f"uncounted {status}"] += 1
        self._began = 0.0
        self._next()

    def _next(self) -> None:
        load = self._load
        if time.perf_counter() > load.until:
            if load.open == 0:
                load.finished.set()
        elif load.paced:
            load.free.append(self)
        else:
            self.ask()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Count a request without an answer; a connection that was closed unused is used no more."""
        if self in self._load.free:
            self._load.free.remove(self)
        if self._began:
            self._load.statuses["lost"] += 1
            self._load.open -= 1


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Everything that was sent, and what came of it."""
    path, kind, bodies = pickle.loads(Path(options.file).read_bytes())
    head = f"POST {path} HTTP/1.1\r\nHost: {options.host}:{options.port}\r\nContent-Type: {kind}\r\n"
    requests = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
    now = time.perf_counter()
    load = Load(requests, now + options.warm, now + options.warm + options.seconds, paced=options.rate is not None)
    loop = asyncio.get_running_loop()
    connected = [
        loop.create_connection(lambda: Client(load), options.host, options.port) for _ in range(options.clients)
    ]
    await asyncio.gather(*connected)
    missed = await _pace(load, options.rate) if options.rate else 0
    await asyncio.sleep(max(0, load.until - time.perf_counter()))
    try:
        if load.open:
            await asyncio.wait_for(load.finished.wait(), 60)
    except TimeoutError:
        load.statuses["lost"] += load.open
    seconds = sorted(load.seconds)
    return {
        "sent": load.sent,
        "not sent, no client free": missed,
        "statuses": dict(load.statuses),
        "rate": len(seconds) / options.seconds,
        "p50": seconds[len(seconds) // 2] if seconds else None,
        "p99": seconds[int(len(seconds) * 0.99)] if seconds else None,
        "cpu": time.process_time(),
    }


async def _pace(load: Load, rate: float) -> int:
    began, due, missed = time.perf_counter(), 0, 0
    while (now := time.perf_counter()) < load.until:
        target = int((now - began) * rate)
        for _ in range(target - due):
            if load.free:
                load.free.popleft().ask()
            else:
                missed += 1
        due = target
        await asyncio.sleep(0.002)
    return missed


def main() -> None:
    """Load, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("file")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm", type=float, default=1, help="seconds before those that count (1)")
    parser.add_argument("--rate", type=float, help="requests a second, of all clients (as many as are answered)")
    print(json.dumps(uvloop.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
