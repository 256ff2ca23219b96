"""Models as arguments of commands that give each a name: MODEL, or NAME=MODEL."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn

from striate.paths import HUB, expand
from striate.text import decode_name, is_printable


def model_paths(texts: Iterable[str], wrong_usage: Callable[[str], NoReturn]) -> dict[str, str]:
    """The models' paths, by the names that addresses call them."""
    paths: dict[str, str] = {}
    for text in texts:
        name, path = named_path(text)
        name = name.removesuffix(".safetensors")
        if not is_printable(name) or "/" in name or name in ("", ".", ".."):
            wrong_usage(f"{text}: a model's name is part of an address, {name!r} cannot be; give NAME=MODEL")
        if not path:
            wrong_usage(f"{text}: names no model; give NAME=MODEL")
        if name in paths:
            wrong_usage(f"two models are called {name}: {paths[name]} and {path}; give NAME=MODEL")
        paths[name] = path
    return paths


def named_path(text: str) -> tuple[str, str]:
    """Name and path of an argument: NAME=PATH, or a path or hf://OWNER/NAME, whose last part is the name."""
    if text.startswith(HUB):
        return text.rpartition("/")[2].partition("@")[0], text
    name, equals, path = text.partition("=")
    if equals and not Path(text).exists():
        return decoded(name), path if path.startswith(HUB) else expand(path)
    path = expand(text)
    return decoded(Path(path).resolve().name), path


def decoded(name: str) -> str:
    """A name as text, whatever the locale; one that is no text stays, to be refused."""
    try:
        return decode_name(name)
    except ValueError:
        return name
