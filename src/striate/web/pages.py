"""The page's files: read once, compressed once, each with an ETag by which a browser's cache is validated."""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_SMALL = 1024  # bytes: not worth compressing
_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)"', re.MULTILINE)


def page_routes() -> list[Route]:
    """GET / and /static/...: the lab page."""
    root = files("striate.web").joinpath("static")
    static = dict(_files(root))
    routes = [file_route(f"/static/{path}", content) for path, content in static.items()]
    preloads = "".join(
        f'    <link rel="modulepreload" href="static/{path}" />\n' for path in modules_of("main.js", static)
    )
    page = root.joinpath("index.html").read_text(encoding="utf-8")
    return [*routes, file_route("/", page.replace("  </head>", f"{preloads}  </head>").encode())]


def modules_of(entry: str, static: Mapping[str, bytes]) -> list[str]:
    """The paths of all modules that a module needs before it runs, itself first: a browser that knows them fetches them
    at once, and not one import after the other."""
    found = [entry]
    for path in found:
        for name in _IMPORT.findall(static[path].decode()):
            if (module := posixpath.normpath(posixpath.join(posixpath.dirname(path), name))) not in found:
                found.append(module)
    return found


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, bytes]]:
    """Every file in a folder that a browser may have: its path and its content."""
    found: list[tuple[str, bytes]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _files(entry, f"{prefix}{entry.name}/")
        elif _media_type(entry.name) is not None:
            found.append((prefix + entry.name, entry.read_bytes()))
    return found


def _media_type(name: str) -> str | None:
    return MEDIA_TYPES.get(name[name.rfind(".") :])


def file_route(path: str, content: bytes) -> Route:
    """GET of a file's content, of the type that the path's suffix says; without one it is a page."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
    media_type = _media_type(path) or MEDIA_TYPES[".html"]
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    is_compressible = len(content) > _SMALL and media_type != MEDIA_TYPES[".png"]
    compressed = gzip.compress(content, mtime=0) if is_compressible else None

    async def file(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        if compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(compressed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})
        return Response(content, media_type=media_type, headers=headers)

    return Route(path, file, methods=["GET"])
