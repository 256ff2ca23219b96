"""GET /lab/pages and POST /lab/qr: where others find this page, and an address as a QR code."""

from __future__ import annotations

from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from striate.errors import RequestError
from striate.web.lab.lab import Lab
from striate.web.lab.requests import lab_route, parse_document

_LONGEST = 2331  # bytes of a code with error correction M, which a camera reads from a projector


def routes(lab: Lab) -> list[Route]:
    """The routes of a link."""

    async def pages(_request: Request) -> Response:
        return await lab.quick.respond(lambda: {"pages": list(lab.settings.pages)})

    async def qr(request: Request) -> Response:
        body = await lab.bodies.json(request)  # not in the query: an address may carry the token
        return await lab.quick.respond(lambda: {"rows": qr_rows(parse_document(body))})

    return [lab_route("GET", "pages", pages), lab_route("POST", "qr", qr)]


def qr_rows(document: Any) -> list[str]:
    """The QR code of the text in {"text": ...}: 0 and 1 for each row of modules, without a margin. RequestError if it
    has none, or one that is too long.

    >>> len(qr_rows({"text": "http://192.168.0.7:8000/#draw"}))
    29
    """
    text = document.get("text") if isinstance(document, dict) else None
    if not isinstance(text, str) or not text:
        raise RequestError('expected {"text": an address}')
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise RequestError("text: half a character") from None
    if size > _LONGEST:
        raise RequestError(f"text: {size:,} bytes, at most {_LONGEST:,} fit into a QR code")
    code = segno.make_qr(text, error="m")
    return ["".join("1" if module else "0" for module in row) for row in code.matrix]
