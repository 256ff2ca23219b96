"""One server, as a process, for all tests of the lab page."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser import visit
from running import STRIATE
from serving import Client


@dataclass(frozen=True)
class Lab:
    """A running server: where it is, where its runs lie, its process, and how it is asked without a browser."""

    address: str
    runs: Path
    process: subprocess.Popen
    server: Client


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    runs = tmp_path_factory.mktemp("lab") / "runs"
    command = [*STRIATE, "serve", "--port", "0", "--json", "--runs", str(runs)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            address = json.loads(process.stdout.readline())["address"]
            yield Lab(address, runs, process, Client(int(address.rpartition(":")[2])))
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def page(chromium, lab):
    """The page as somebody opens it at 1280x800: goto f"{lab.address}/#view"."""
    with visit(chromium, lab.address) as opened:
        yield opened
