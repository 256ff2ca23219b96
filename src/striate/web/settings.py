"""What the server is told: where it listens, who may ask, and the limits that keep it up whatever is sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Limits are in bytes, pixels and seconds; the command line sets the first three alone."""

    host: str = "127.0.0.1"
    loopback: bool = True  # whether that address is reached from this machine only
    token: str | None = None

    body: int = 20_000_000  # of one request
    bodies: int = 256_000_000  # of all requests at a time
    headers: int = 32_768  # of one request
    pixels: int = 32_000_000  # of one picture, decoded
    pictures: int = 64  # in one request
    queue: int = 256  # pictures accepted and not answered yet, for each model; fewer of one that is slow
    connections: int = 1_000

    batch: int = 32  # pictures answered at once, at most
    batch_seconds: float = 0.25  # but no more than a model answers in this time
    wait_seconds: float = 0.003  # for pictures that are being decoded, so that they join a batch

    receive_seconds: float = 20.0  # for the headers of a request, and for its body
    answer_seconds: float = 30.0  # from a whole body to its answer
    stop_seconds: float = 60.0  # to finish what is accepted, once the server is asked to stop
