"""A store over an empty folder."""

import pytest

from striate.runs import RunStore


@pytest.fixture
def store(tmp_path):
    (tmp_path / ".lab").mkdir()
    return RunStore(tmp_path)
