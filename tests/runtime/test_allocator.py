"""Freed memory stays with the process, where the C library is glibc."""

import platform

import pytest

from striate.runtime import keep_freed_memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator")
def test_glibc_takes_the_settings():
    assert keep_freed_memory()


@pytest.mark.skipif(platform.libc_ver()[0] == "glibc", reason="other allocators")
def test_other_libraries_stay_as_they_are():
    assert not keep_freed_memory()


def test_a_library_without_such_settings_is_no_error(monkeypatch):
    def no_library(_name):
        raise TypeError("bad argument type for built-in operation")

    monkeypatch.setattr("ctypes.CDLL", no_library)
    assert not keep_freed_memory()
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    assert not keep_freed_memory()
