"""A server on a real socket, in a thread of the test, and its client: by http.client, or byte by byte."""

import asyncio
import contextlib
import http.client
import json
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from handwriting import digit
from image_files import encode
from PIL import Image

from striate.inference import Outputs
from striate.runtime import InterruptHandler
from striate.tables import load_table
from striate.web import LabSettings, Server, Service, Settings

SMALL = {"size": (28, 28), "height": 20, "middle": (14, 14), "pen": 2, "ink": 255, "paper": 0}


def png(number=3, **options):
    return encode(digit(number, **(options or SMALL)), "PNG")


def form(files, boundary="xyz"):
    """The body of a form with these files, and its type."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{i}.png"\r\n\r\n'.encode() + file
        for i, file in enumerate(files)
    ]
    return b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def eventually(condition):
    """Wait until the condition holds."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def run_async(coroutine):
    """The coroutine's result, run in a thread of its own: Playwright's event loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def encoded(kind="PNG", size=(9, 11)):
    return encode(Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)), kind)


class FakeModel:
    """Its class is the picture's gray level in tens. It waits while `go` is cleared, and records its batches: those
    begun, and the sizes of those done."""

    def __init__(self, table="lenet5"):
        self.table = load_table(table)
        self.classes = tuple("abcdefghij")
        self.model = self
        self.scores = {}
        self.reliability = None
        self.temperature = 1.0
        self.batches = []
        self.begun = 0
        self.go = threading.Event()
        self.go.set()
        self.fails = False

    def preprocess(self, images_NCHW):
        side = self.table.input[1]
        return images_NCHW[:, :1, :1, :1].expand(-1, self.table.input[0], side, side).contiguous()

    def forward(self, inputs_NCHW):
        self.begun += 1
        self.go.wait(60)
        self.batches.append(len(inputs_NCHW))
        if self.fails:
            raise RuntimeError("/a/secret/path")
        return 50.0 * torch.nn.functional.one_hot(inputs_NCHW[:, 0, 0, 0].long() // 10, 10)

    def outputs(self, inputs_NCHW):
        return Outputs(self.forward(inputs_NCHW), None)

    @staticmethod
    def picture(index):
        """A picture of the class with this index."""
        return encode(Image.new("L", (4, 4), 10 * index), "PNG")


@dataclass
class Response:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The line of an error, checked to be one of the form that all errors have."""
        assert self.status >= 400
        assert self.headers["content-type"] == "application/json"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert set(self.json) == {"error"}
        line = self.json["error"]
        assert line and "\n" not in line and "Traceback" not in line and "/site-packages" not in line
        return line


class Client:
    """Sends requests to a server at this port; `service` if it runs in this process."""

    def __init__(self, port, service=None):
        self.port, self.service = port, service

    def ask(self, path, body=None, kind=None, *, method=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            given = {**({"Content-Type": kind} if kind else {}), **(headers or {})}
            connection.request(method or ("GET" if body is None else "POST"), path, body, given)
            response = connection.getresponse()
            return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def predict(self, body, kind="image/png", *, model="lenet5", query="", **options):
        return self.ask(f"/v1/models/{model}/predict{query}", body, kind, **options)

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def send(self, *parts, pause=0.05):
        """The response to these bytes, sent one after the other."""
        with self.connect() as connection:
            with contextlib.suppress(ConnectionError):  # refused before all is sent
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause if len(parts) > 1 else 0)
            return received(connection)


def received(connection):
    """One response from a socket, and nothing of what follows it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(1)
        if not part:
            raise AssertionError(f"closed without a response: {head}")
        head += part
    lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    body, size = b"", int(headers["content-length"])
    while len(body) < size:
        part = connection.recv(size - len(body))
        if not part:
            raise AssertionError(f"closed within a body: {body}")
        body += part
    return Response(int(re.fullmatch(r"HTTP/1.1 (\d{3}) .*", lines[0])[1]), headers, body)


@contextlib.contextmanager
def serving(models, *, wait=True, lab=LabSettings(Path(__file__).parent / "none"), class_settings=None, **limits):
    """A client of a server over these models, without runs; the models are warm, unless `wait` is false."""
    service, interrupt = Service(models, Settings(**limits), lab, class_settings), InterruptHandler()
    listening = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()
    failures = []

    def run():
        try:
            Server(service, interrupt, ready.set).run([listening])
        except BaseException as error:
            failures.append(error)
        failures.extend([service.failure] if service.failure else [])
        ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert not wait or ready.wait(30)
        if failures:
            raise failures[0]
        yield Client(listening.getsockname()[1], service)
    finally:
        interrupt.received = signal.SIGTERM
        thread.join(30)
        assert not thread.is_alive()
