"""The page's own files, as they are: read once, compressed once, each with a tag by which a browser knows it again."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_SMALL = 1024  # bytes: not worth compressing


def pages() -> list[Route]:
    """GET / and /static/...: the lab page."""
    root = files("striate.web").joinpath("static")
    found = [_file(f"/static/{path}", content) for path, content in _files(root)]
    return [*found, _file("/", root.joinpath("index.html").read_bytes())]


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    """Every file in a folder that a browser may have, by its path."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _files(entry, f"{prefix}{entry.name}/")
        elif _kind(entry.name) is not None:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _kind(name: str) -> str | None:
    return KINDS.get(name[name.rfind(".") :])


def _file(path: str, content: bytes) -> Route:
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    kind = _kind(path) or KINDS[".html"]
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    squeezed = gzip.compress(content, mtime=0) if len(content) > _SMALL and kind != KINDS[".png"] else None

    async def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if squeezed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(squeezed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
        return Response(content, media_type=kind, headers=headers)

    return Route(path, answer, methods=["GET"])
