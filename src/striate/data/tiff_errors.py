"""What libtiff says of damaged data. By default that goes to standard error, and Pillow decodes some of it nonetheless.

libtiff has one handler for the whole process: this one counts the errors of the threads that listen, and leaves the
others to the handler before it. On Windows Pillow's libtiff exports none, so that nothing is heard there.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import _imaging

from striate.errors import DataError

_Handler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class _Heard(threading.local):
    """The errors that this thread has heard; None while it does not listen."""

    errors: int | None = None


_heard = _Heard()


@contextmanager
def refuse_tiff_errors() -> Iterator[None]:
    """A context in which a TIFF is decoded in this thread: DataError, without a name, if libtiff finds it damaged."""
    _heard.errors = 0
    try:
        yield
        if _heard.errors:
            raise DataError("damaged: its pixels cannot all be decoded")
    finally:
        _heard.errors = None


def _count(module: int | None, form: int | None, arguments: int | None) -> None:
    if _heard.errors is not None:
        _heard.errors += 1
    elif _previous:
        _previous(module, form, arguments)


def _set_handler() -> ctypes._FuncPointer | None:
    """Set the handler; the one before it."""
    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
    except (OSError, AttributeError):
        return None
    set_handler.restype = _Handler
    previous: ctypes._FuncPointer = set_handler(_handler)
    return previous


_handler = _Handler(_count)
_previous = _set_handler()
