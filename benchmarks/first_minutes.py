"""A stranger's first minutes: a clone, an empty environment, and the README word for word, each command timed.

    python benchmarks/first_minutes.py [--readme README.md README.ko.md]

Git clones this checkout's last commit into a temporary folder, and a new environment gets what the README's first line
installs, from pip's index and with an empty cache. Then every command of the README's blocks runs as it stands there,
in an empty folder beside the clone. `photo.jpg` is a digit, and `my/pictures` has the digits 0, 1 and 2 of
scikit-learn, 40 of each. Chromium opens the page of a server, and the file that `striate page` wrote, until the first
answer is painted. A second README goes through the same environment, in which its first line finds PyTorch.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser
from processes import machine
from sklearn.datasets import load_digits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from browser import browser

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANSWERED = "#view.view-draw:not([data-behind]) .bars li"
"""The first answer of the page, painted."""
MILLISECONDS = 120_000  # that a page may take
MILESTONES = {"first answer": "striate predict", "first training": "striate demo", "first page open": "striate serve"}


def main() -> None:
    """Measure and print; fail where a command of a README does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readme", nargs="+", default=["README.md"], help="pages of the root (README.md)")
    options = parser.parse_args()
    print(machine("torch", "playwright"), flush=True)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        place = Path(folder)
        clone, environment = place / "clone", place / "environment"
        command = ["git", "clone", "--quiet", str(ROOT), str(clone)]
        before = timed("git clone", lambda: subprocess.run(command, check=True))
        before += timed("python3 -m venv", lambda: venv.create(environment, with_pip=True))
        for readme in options.readme:
            print(f"\n{readme}", flush=True)
            follow(clone, environment, place / Path(readme).stem, readme, chromium, before)
            before = 0.0


def timed(name: str, work: Callable[[], object]) -> float:
    """Do it, print its seconds, and return them."""
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{seconds:7.1f} s  {name}", flush=True)
    return seconds


def follow(clone: Path, environment: Path, empty: Path, readme: str, chromium: Browser, passed: float) -> None:
    """Run a README's commands in their order, and print after how many seconds each milestone was reached."""
    (empty / "my").mkdir(parents=True)
    write_pictures(empty)
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STRIATE"))}
    surroundings["PATH"] = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    surroundings["XDG_CACHE_HOME"] = str(empty.parent / "cache")
    reached = {}
    for command in commands((clone / readme).read_text(encoding="utf-8")):
        where = clone if command.startswith("pip ") else empty
        passed += timed(command, lambda c=command, w=where: run(c, w, surroundings, chromium))
        for milestone, beginning in MILESTONES.items():
            if command.startswith(beginning):
                reached.setdefault(milestone, passed)
    print("; ".join(f"{milestone} after {seconds:.1f} s" for milestone, seconds in reached.items()), flush=True)


def commands(text: str) -> Iterator[str]:
    """The lines of a page's blocks without a language, without their comments."""
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if words := line.partition("#")[0].strip():
                yield words


def run(command: str, where: Path, surroundings: dict[str, str], chromium: Browser) -> None:
    """One command to its end; a server until its page has answered. SystemExit with its words if it fails."""
    shell = ["bash", "-c", f"exec {command}"]
    if command.startswith("striate serve"):
        serve(shell, where, surroundings, chromium)
        return
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    done = subprocess.run(shell, cwd=where, env=surroundings, encoding="utf-8", check=False, **output)
    if done.returncode:
        sys.exit(f"{command}: exit code {done.returncode}\n{done.stdout}")
    if written := re.search(r"-o (\S+\.html)", command):
        open_page(chromium, (where / written[1]).as_uri())


def serve(shell: list[str], where: Path, surroundings: dict[str, str], chromium: Browser) -> None:
    """Start a server, open the page at the address that it prints, and end it."""
    with subprocess.Popen(shell, cwd=where, env=surroundings, stdout=subprocess.PIPE, encoding="utf-8") as server:
        assert server.stdout is not None
        try:
            addresses = (re.search(r"http://\S+", line) for line in server.stdout)
            address = next((found[0] for found in addresses if found), None)
            if address is None:
                sys.exit(f"{shell[-1]}: printed no address")
            open_page(chromium, address)
        finally:
            server.terminate()


def open_page(chromium: Browser, address: str) -> None:
    """Open the lab in a fresh profile, and wait for its first answer."""
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        page.locator(ANSWERED).first.wait_for(timeout=MILLISECONDS)
    finally:
        context.close()


def write_pictures(folder: Path) -> None:
    """What the README takes as the stranger's own: a photo, and a folder with a folder for each class."""
    with Image.open(ROOT / "docs" / "pictures" / "seven.png") as seven:
        seven.convert("L").save(folder / "photo.jpg")
    digits = load_digits()
    for label in (0, 1, 2):
        own = folder / "my" / "pictures" / str(label)
        own.mkdir(parents=True)
        for number, pixels in enumerate(digits.images[digits.target == label][:40]):
            picture = Image.fromarray((pixels * 15).astype("uint8")).resize((64, 64))
            picture.save(own / f"{number}.png")


if __name__ == "__main__":
    main()
