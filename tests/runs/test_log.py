"""The log: why a training failed, without a path of this machine."""

import pytest

from striate.runs.log import FAILED_PREFIX, KILLED, STOPPED_LINE, read_failure
from striate.text import shorten


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", KILLED),  # for want of memory, say
        ("\n", KILLED),
        (
            "/home/me/bin/python: No module named striate\n",
            f"{KILLED}; the last line of its log: python: No module named striate",
        ),
        (f"{FAILED_PREFIX}the loss is nan\n/usr/lib/x.py:3: a warning\n  at its end\n", "the loss is nan"),
        (f"{STOPPED_LINE}\n{FAILED_PREFIX}later\n", "later"),
        (
            f"{FAILED_PREFIX}https://a.org/b/c, ./d/e, f/g 1 / 2, '/h/i/j k', /l",
            "https://a.org/b/c, ./d/e, f/g 1 / 2, 'j k', l",
        ),
        (
            f"{FAILED_PREFIX}C:\\Users\\me\\pets: empty, 'D:\\\\a b\\\\c', \\\\server\\share\\x.png, E:/f/g, 1:2, c:d",
            "pets: empty, 'a b\\\\c', x.png, g, 1:2, c:d",
        ),
        (f"{FAILED_PREFIX}{'x' * 5000}\n{'y' * 9000}\n", shorten("x" * 5000)),
        (f"half a line\n{STOPPED_LINE}\na warning\n", None),
    ],
)
def test_why_a_training_failed(tmp_path, log, reason):
    (tmp_path / "log").write_text(log, encoding="utf-8")
    assert read_failure(tmp_path / "log") == reason
