"""The page's engine as a process of Node's, which answers requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from engine_process import Engine
from node import node_modules


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    node_modules()  # skips where there is no node
    engine = Engine()
    yield engine
    engine.close()
