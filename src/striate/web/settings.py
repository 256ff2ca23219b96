"""The settings of a server: where it listens, who may ask, what the lab may use, and the limits that keep it up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from striate.runs import DatasetCatalog


@dataclass(frozen=True)
class Settings:
    """Limits are in bytes, pixels and seconds; the command line sets only the first six fields."""

    host: str = "127.0.0.1"
    loopback: bool = True  # whether that address is reached from this machine only
    token: str | None = None
    allowed_hosts: tuple[str, ...] = ()  # NAME or NAME:PORT: hosts that a proxy or a forwarded port gives the server
    frame_origins: tuple[str, ...] = ()  # SCHEME://HOST[:PORT]: origins whose pages may show the page in a frame
    pages: tuple[str, ...] = ()  # http://ADDRESS:PORT/ at which others on the network find the page, the best first

    body: int = 20_000_000  # of one request
    bodies: int = 256_000_000  # of all requests at a time
    headers: int = 32_768  # of one request
    pictures: int = 64  # in one request
    queue: int = 256  # pictures accepted and not answered yet, for each model; fewer of a slow one
    connections: int = 1_000
    address_connections: int = 1_000  # of one address, in a class fewer

    batch: int = 32  # pictures in a batch, at most
    batch_seconds: float = 0.25  # but no more than a model predicts in this time
    wait_seconds: float = 0.003  # for pictures that are being decoded, so that they join a batch

    receive_seconds: float = 20.0  # for the headers of a request, and for its body
    answer_seconds: float = 30.0  # from the end of a body to its answer
    stop_seconds: float = 60.0  # to finish what is accepted, once the server is asked to stop


@dataclass(frozen=True)
class LabSettings:
    """The folder of the page's runs, the data sets that it may train on, and the device (None: $STRIATE_DEVICE)."""

    runs: Path = Path("runs")
    datasets: DatasetCatalog = DatasetCatalog()
    device: str | None = None
