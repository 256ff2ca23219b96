"""Parsed files, cached until they change."""

from striate.runs.file_cache import FileCache


def test_a_file_is_parsed_again_when_it_has_changed_and_a_damaged_one_is_none(tmp_path):
    parsed = []

    def parse(path):
        parsed.append(path)
        return int(path.read_bytes())

    cache, path = FileCache(parse, 2), tmp_path / "number"
    assert cache.get(path) is None
    path.write_bytes(b"1")
    assert [cache.get(path), cache.get(path)] == [1, 1]
    path.write_bytes(b"one")
    assert [cache.get(path), cache.get(path)] == [None, None]
    assert len(parsed) == 2


def test_a_file_that_cannot_be_read_for_a_moment_is_read_the_next_time(tmp_path):
    """On Windows that is one that is just being replaced."""
    errors = [PermissionError()]

    def parse(path):
        if errors:
            raise errors.pop()
        return path.read_bytes()

    cache, path = FileCache(parse, 2), tmp_path / "file"
    path.write_bytes(b"content")
    assert [cache.get(path), cache.get(path)] == [None, b"content"]
