"""JSON responses."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response


def encode_json(document: object) -> bytes:
    """A document as JSON without spaces; ValueError for numbers that are not finite.

    Characters that UTF-8 cannot encode, as in names of files, become question marks.

    >>> encode_json({"top": [1, 2]})
    b'{"top":[1,2]}'
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace")


def json_response(body: bytes, headers: Mapping[str, str] | None = None) -> Response:
    """A response of JSON that is encoded already."""
    return Response(body, media_type="application/json", headers=headers)
