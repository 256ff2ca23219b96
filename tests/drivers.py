"""Firefox and WebKitGTK for smoke tests, as Debian has them: Playwright drives neither.

Firefox is driven by WebDriver BiDi over its own socket, WebKit's MiniBrowser by WebKitWebDriver, under Xvfb. Both take
the same actions of a pointer. A browser that is not there skips the test, or fails it where it was promised.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

WAIT = 120  # seconds, on a machine that does other things too


def until(condition):
    """Wait until a condition holds."""
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def missing(name, package):
    """Skip, or fail where browsers were promised."""
    reason = f"no {name}: install Debian's {package}"
    if os.environ.get("STRIATE_BROWSERS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


class Firefox:
    """A tab of Firefox. `errors` are the lines of its console that are errors."""

    def __init__(self, connection):
        self._connection, self._numbers, self.errors = connection, itertools.count(1), []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._tab = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def visit(self, address):
        """Load an address."""
        self._send("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def evaluate(self, expression):
        """The value of an expression, as JSON has it."""
        text = f"JSON.stringify({expression})"
        answer = self._send(
            "script.evaluate", expression=text, target={"context": self._tab}, awaitPromise=True, userActivation=True
        )
        assert answer["type"] == "success", answer
        value = answer["result"].get("value")
        return None if value is None else json.loads(value)

    def act(self, source):
        """Actions of one pointer."""
        self._send("input.performActions", context=self._tab, actions=[source])

    def _send(self, method, **params):
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=WAIT))
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(message["params"]["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                return message["result"]


class WebKit:
    """A window of WebKit's MiniBrowser, by the WebDriver protocol. `errors` are those that reach the window."""

    def __init__(self, port, browser):
        self._address = f"http://127.0.0.1:{port}/session"
        options = {"binary": str(browser), "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._address += f"/{self._post('', {'capabilities': capabilities})['sessionId']}"
        self.errors = []

    def visit(self, address):
        """Load an address."""
        self._post("/url", {"url": address})

    def evaluate(self, expression):
        """The value of an expression, as JSON has it."""
        return self._post("/execute/sync", {"script": f"return {expression}", "args": []})

    def act(self, source):
        """Actions of one pointer."""
        self._post("/actions", {"actions": [source]})

    def _post(self, path, document):
        request = urllib.request.Request(self._address + path, json.dumps(document).encode())
        with urllib.request.urlopen(request, timeout=WAIT) as response:
            return json.load(response)["value"]


@contextlib.contextmanager
def firefox(folder):
    """Firefox with a fresh profile in this folder."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        missing("Firefox", "package firefox-esr")
    connect = pytest.importorskip("websockets.sync.client").connect
    command = [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0"]
    with running(command, env={**os.environ, "HOME": str(folder)}, stderr=subprocess.PIPE) as process:
        for line in process.stderr:
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", line):
                break
        else:
            pytest.fail("Firefox did not start")
        with connect(f"{found[1]}/session", max_size=None, open_timeout=WAIT) as connection:
            yield Firefox(connection)


@contextlib.contextmanager
def webkit(folder):
    """WebKitGTK's MiniBrowser, on a screen of its own, with its files in this folder."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browser = next(iter(sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))), None)
    if driver is None or screen is None or browser is None:
        missing("WebKitGTK", "packages webkit2gtk-driver and xvfb")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    display = f":{port}"
    environment = {
        **os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "DISPLAY": display, "GDK_BACKEND": "x11",
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
    }  # fmt: skip
    with (
        running([screen, display, "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]),
        running([driver, f"--port={port}"], env=environment),
    ):
        end = time.monotonic() + WAIT
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert time.monotonic() < end
            time.sleep(0.1)
        yield WebKit(port, browser)


@contextlib.contextmanager
def running(command, **options):
    """A process that ends with the test."""
    with subprocess.Popen(command, encoding="utf-8", **{"stderr": subprocess.DEVNULL, **options}) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)
