"""Striate as a process: what a user at a shell or a terminal sees."""

import contextlib
import io
import os
import subprocess
import sys

import pytest

from striate.cli import main

STRIATE = [sys.executable, "-m", "striate"]


def striate(*arguments, timeout=120, **options):
    return subprocess.run(
        [*STRIATE, *map(str, arguments)], capture_output=True, encoding="utf-8", timeout=timeout, check=False, **options
    )


def here(*arguments, encoding="utf-8", columns=None):
    """The same in this process, which has imported torch already: for what a process of its own would not change.

    With `columns` standard output is a terminal so many columns wide. It is not forked: for the stand-in for a GPU
    (`devices.py`) torch has threads in this process, which no fork survives.
    """
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2)]
    with (
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("striate.runtime.parallel.available_cores", lambda: 1)
        if columns is not None:
            patch.setattr(streams[0], "isatty", lambda: True)
            patch.setenv("COLUMNS", str(columns))
        try:
            code = main([*map(str, arguments)])
        except SystemExit as end:
            code = end.code
    stdout, stderr = (stream.buffer.getvalue().decode(encoding) for stream in streams)
    return subprocess.CompletedProcess(arguments, code, stdout, stderr)


def fails(*arguments, code=1, run=striate, **options):
    """The one line that a failing command prints on standard error."""
    done = run(*arguments, **options)
    assert done.returncode == code, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("striate")
    return lines[0]


def on_a_terminal(*arguments, columns=100, environment=None):
    """What a command prints on a terminal so many columns wide."""
    parent, child = pytest.importorskip("pty").openpty()
    env = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color", **(environment or {})}
    process = subprocess.Popen([*STRIATE, *map(str, arguments)], stdout=child, stderr=child, stdin=child, env=env)
    os.close(child)
    shown = b""
    while True:
        try:
            part = os.read(parent, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(parent)
    assert process.wait(timeout=60) == 0
    return shown.decode()
