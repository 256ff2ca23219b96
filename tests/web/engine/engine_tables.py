"""The tables' routes, asked of the server and of the page's own backend."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from damaged import plain
from drawn import tables
from engine_process import Engine
from hypothesis import strategies as st
from serving import Client

from striate.models import shipped_models
from striate.tables import ARCHITECTURES, EXAMPLES, dumps_table
from striate.web.lab.table_documents import table_documents
from striate.words import catalogue

SHIPPED = {name: shipped[name] for shipped in (ARCHITECTURES, EXAMPLES) for name in shipped}
_SMALL = [
    name for name in SHIPPED if name.endswith((":tiny", ":notes")) or name in ("lenet5", "lenet5:modern", "alexnet")
]
PLAIN = st.one_of(st.sampled_from(_SMALL).map(SHIPPED.__getitem__).map(plain), tables().map(plain))
"""Tables as the page writes them: small ones that ship, and drawn ones."""
TEXTS = st.sampled_from(_SMALL).map(SHIPPED.__getitem__).map(dumps_table)
"""Files of tables."""
DOCUMENTS = {**table_documents(), "words": dict(catalogue())}
"""What the backend knows of tables."""
_EXACT = 2**53
"""Whole numbers of JavaScript are exact up to this."""


class Both:
    """The server and the page's backend, which knows the model lenet5."""

    def __init__(self, engine: Engine, server: Client) -> None:
        self.engine, self.server = engine, server
        content = base64.b64encode(shipped_models()["lenet5"].read_bytes()).decode()
        model = {"name": "lenet5", "content": content, "macs": 0, "side": 0}
        engine.ask({"kind": "open", "models": [model], "documents": DOCUMENTS})

    def check(self, path: str, document: Any = None, *, language: str = "en", **query: str) -> Any:
        """The answer, which is the same from both."""
        body, kind = (None, None) if document is None else (json.dumps(document).encode(), "application/json")
        wanted = self.server.ask(
            f"/lab/{path}?{urlencode(query)}", body, kind, headers={"Accept-Language": language}
        )  # fmt: skip
        found = self.engine.ask(
            {
                "kind": "request", "method": "GET" if body is None else "POST", "path": path, "query": urlencode(query),
                "language": language, "document": document,
            }
        )  # fmt: skip
        assert found["status"] == wanted.status, (found["body"], wanted.body[:400])
        check_same(found["body"], wanted.json, path)
        return found["body"]


def check_same(found: Any, wanted: Any, where: str) -> None:
    """Equal documents: whole numbers exactly, as far as JavaScript has them."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), where
        for name, value in wanted.items():
            check_same(found[name], value, f"{where}.{name}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), (where, found, wanted)
        for index, (one, other) in enumerate(zip(found, wanted, strict=True)):
            check_same(one, other, f"{where}[{index}]")
    elif type(wanted) is int and abs(wanted) > _EXACT:
        assert found == pytest.approx(wanted, rel=1e-14), where
    else:
        assert found == wanted, where
