"""Files written atomically and replaced, also where another process has them open for a moment, as on Windows."""

import os
import threading

import pytest

from striate.runtime import files, replace_file, sync_folder, write_atomically


@pytest.fixture
def in_use(monkeypatch):
    """Makes files in use, as Windows sees it, until the event is set."""
    free, replace = threading.Event(), os.replace

    def replace_when_free(source, target):
        if not free.is_set():
            raise PermissionError(13, "The process cannot access the file")
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_when_free)
    return free


def test_a_file_is_replaced_as_soon_as_nobody_has_it_open(tmp_path, monkeypatch, in_use):
    monkeypatch.setattr(files, "_PATIENCE", 60.0)
    (tmp_path / "file").write_bytes(b"before")
    timer = threading.Timer(0.1, in_use.set)
    timer.start()
    write_atomically(tmp_path / "file", b"after")
    timer.join()
    assert (tmp_path / "file").read_bytes() == b"after"


def test_a_file_that_stays_open_is_an_error_and_stays(tmp_path, monkeypatch, in_use):
    monkeypatch.setattr(files, "_PATIENCE", 0.1)
    (tmp_path / "file").write_bytes(b"before")
    with pytest.raises(PermissionError):
        write_atomically(tmp_path / "file", b"after")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"before")]
    assert not in_use.is_set()


def test_a_folder_is_renamed(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").touch()
    replace_file(tmp_path / "new", tmp_path / "final")
    assert (tmp_path / "final" / "file").exists() and not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_opened_is_not_synced(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    sync_folder(tmp_path)
    assert len(synced) == 1

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)
    sync_folder(tmp_path)
    assert len(synced) == 1
