"""The page's markup: the lab's own with styles and parts in it, under a policy that lets nothing in from outside."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable

from striate.web.page.parts import Part, page_digest

_STATIC = files("striate.web").joinpath("static")
_FIRST_STYLES = ("base.css", "components.css")
_START = ("inflate.js", "sha256.js", "modules.js", "start.js")
"""What starts the page, in order: each uses those before it."""
_LEFT_OUT = ("class/", "page/")
"""Folders of code that such a page has no use for."""
LAB, DIAGRAM = "main.js", "notebook/diagram.js"
"""The module that runs first: of the lab, and of the diagram in a notebook."""
_DOC_COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_DAMAGED = {
    "en": "This page was changed or cut short on its way to you, or your browser cannot run it. Please get it again.",
    "ko": "이 페이지는 전달되는 동안 바뀌었거나 잘렸습니다. 또는 이 브라우저에서 실행되지 않습니다. 다시 받으십시오.",
}


def code() -> dict[str, str]:
    """The text of each module of the page, by its path, without the comments that stand before what they are on: a
    quarter of its letters."""
    return {
        path: _DOC_COMMENT.sub("", text.read_text(encoding="utf-8"))
        for path, text in _files(_STATIC)
        if path.endswith(".js") and not path.startswith(_LEFT_OUT)
    }


def style() -> str:
    """All style sheets in one: those of every view, as they stand together once each was opened."""
    styles = dict(_files(_STATIC.joinpath("styles")))
    names = [*_FIRST_STYLES, *sorted(styles.keys() - set(_FIRST_STYLES))]
    return "\n".join(styles[name].read_text(encoding="utf-8") for name in names)


def page_html(parts: Sequence[Part], beside: Mapping[str, str] = {}, *, is_site: bool = False, entry: str = LAB) -> str:
    """The whole page. Parts that `beside` names stand in files with these addresses; a site can be installed. `entry`
    is the module that runs first.

    What people name (classes, models, tables) stands in parts alone, where no letter has a meaning to a browser.
    """
    start = _start()
    fetched = "'self'" if is_site else "'none'"
    worker = "blob: 'self'" if is_site else "blob:"
    policy = (
        f"default-src 'none'; script-src '{_hash(start)}' blob:; worker-src {worker}; style-src '{_hash(style())}';"
        f" img-src data: blob:; connect-src {fetched}; manifest-src {fetched}; base-uri 'none'; form-action 'none'"
    )
    icon = base64.b64encode(_STATIC.joinpath("icon.svg").read_bytes()).decode("ascii")
    head = [f'<meta http-equiv="Content-Security-Policy" content="{policy}" />']
    if is_site:
        head.append('<link rel="manifest" href="manifest.webmanifest" />')
    about = {
        "entry": entry,
        "digest": page_digest(parts),
        "parts": {part.name: {"size": len(part.content), "digest": part.digest} for part in parts},
    }
    foot = [
        '<footer id="proof"></footer>',
        *(_element(part, beside.get(part.name)) for part in parts),
        f'<script type="application/json" id="parts">{json.dumps(about)}</script>',
        '<div id="damaged">' + "".join(f'<p lang="{key}">{text}</p>' for key, text in _DAMAGED.items()) + "</div>",
        f"<script>{start}</script>",
    ]
    page = _STATIC.joinpath("index.html").read_text(encoding="utf-8")
    page = re.sub(r' *<(link rel="stylesheet"|script).*\n', "", page)
    page = page.replace('href="static/icon.svg"', f'href="data:image/svg+xml;base64,{icon}"')
    page = page.replace('<meta charset="utf-8" />', "\n    ".join(['<meta charset="utf-8" />', *head]))
    return page.replace("  </body>", "\n".join([*foot, "  </body>"]))


def _element(part: Part, file: str | None) -> str:
    """A part where no browser runs it."""
    opening = f'<script type="application/octet-stream" id="part-{part.name}"'
    return f'{opening} data-file="{file}"></script>' if file else f"{opening}>{part.text}</script>"


def _start() -> str:
    """The text that starts the page: modules one after the other, without their imports and exports."""
    texts = [_STATIC.joinpath("page", name).read_text(encoding="utf-8") for name in _START]
    joined = "\n".join(re.sub(r"^import .*\n|^export (?=\S)", "", text, flags=re.MULTILINE) for text in texts)
    assert "</script" not in joined and "<!--" not in joined
    return f'\n"use strict";\n(() => {{\n{joined}\n}})();\n'


def _hash(text: str) -> str:
    """How a policy names an inline text.

    >>> _hash("")
    'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"


def _files(folder: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    """Every file below a folder by its path, in order."""
    found: list[tuple[str, Traversable]] = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        found += _files(entry, f"{prefix}{entry.name}/") if entry.is_dir() else [(prefix + entry.name, entry)]
    return found
