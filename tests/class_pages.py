"""A class for tests of its pages: its server as a process, and a hand that draws."""

import json
import socket
import subprocess
from contextlib import contextmanager

from handwriting import STROKES
from running import STRIATE


@contextmanager
def class_server(folder, port):
    """`striate serve` with a class as a process, which is killed in the end; and what it told."""
    command = [*STRIATE, "serve", "lenet5", "--port", str(port), "--json", "--class", "3학년 2반", "--runs", "runs"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def draw(page, digit):
    box = page.locator("canvas.pad").bounding_box()
    for stroke in STROKES[digit]:
        places = [
            (box["x"] + box["width"] * (0.25 + 0.5 * x), box["y"] + box["height"] * (0.2 + 0.6 * y)) for x, y in stroke
        ]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place)
        page.mouse.up()


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
