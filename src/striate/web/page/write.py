"""Write a page: one file that opens without a network, or a folder for a web server, whose page a browser installs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from striate.analysis import total_cost
from striate.errors import ModelError
from striate.inference import Predictor
from striate.nn import save_model
from striate.runtime import write_atomically
from striate.web.page.documents import diagram_documents, documents
from striate.web.page.html import DIAGRAM, code, page_html, style
from striate.web.page.parts import Part, json_part, page_digest
from striate.web.page.proof import proof

_FILE_PARTS = ("model-", "proof-")
"""Of a folder: parts that the page reads from files of their own, when it needs them."""
_MOST_WEIGHTS = (
    64_000_000  # bytes of a model: as text in a page they are a quarter more, which browsers still read in seconds
)
_ICON = "icon.svg"
_MANIFEST, _WORKER = "manifest.webmanifest", "service-worker.js"


@dataclass(frozen=True)
class WrittenPage:
    """What was written: the file to open, the bytes of all files, and the digest that the page shows."""

    path: Path
    bytes: int
    digest: str


def write_page(path: Path, name: str, predictor: Predictor) -> WrittenPage:
    """Write one file with a model, which it calls by this name. ModelError if the model cannot predict, or if its
    weights are too large."""
    parts = _parts({name: predictor})
    return _written(path, {path: page_html(parts).encode()}, parts)


def write_site(folder: Path, models: Mapping[str, Predictor]) -> WrittenPage:
    """Write a folder with models by their names: the page, its manifest and its service worker. ModelError if a model
    cannot predict, or if its weights are too large."""
    parts = _parts(models)
    beside = {part.name: f"parts/{part.name}.txt" for part in parts if part.name.startswith(_FILE_PARTS)}
    static = files("striate.web").joinpath("static")
    contents = {
        "index.html": page_html(parts, beside, is_site=True).encode(),
        _MANIFEST: json.dumps(_manifest(models), ensure_ascii=False).encode(),
        _ICON: static.joinpath(_ICON).read_bytes(),
        **{beside[part.name]: part.text.encode() for part in parts if part.name in beside},
    }
    installed = {"version": page_digest(parts), "files": ["./", *contents]}
    worker = static.joinpath("page", "service-worker.js").read_text(encoding="utf-8")
    contents[_WORKER] = f"self.installedPage = {json.dumps(installed)};\n{worker}".encode()
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    return _written(folder / "index.html", {folder / name: content for name, content in contents.items()}, parts)


def diagram_html(name: str, predictor: Predictor) -> str:
    """The page of a model's diagram alone, for a frame in a notebook: `static/notebook`. ModelError if the model cannot
    predict, or if its weights are too large."""
    _check_size(name, predictor)
    models = {name: predictor}
    answers = diagram_documents(models)
    return page_html([*_first_parts(models, answers), _model_part(0, predictor)], entry=DIAGRAM)


def diagram_widget() -> str:
    """The module that shows such a frame: anywidget loads it."""
    return files("striate.web").joinpath("static", "notebook", "widget.js").read_text(encoding="utf-8")


def _written(path: Path, contents: Mapping[Path, bytes], parts: list[Part]) -> WrittenPage:
    for file, content in contents.items():
        write_atomically(file, content)
    return WrittenPage(path, sum(map(len, contents.values())), page_digest(parts))


def _parts(models: Mapping[str, Predictor]) -> list[Part]:
    """The parts of a page with these models, the code first."""
    for name, predictor in models.items():
        _check_size(name, predictor)
    parts = _first_parts(models, documents(models))
    for index, predictor in enumerate(models.values()):
        parts += [_model_part(index, predictor), json_part(f"proof-{index}", proof(predictor.model))]
    return parts


def _first_parts(models: Mapping[str, Predictor], answers: dict[str, Any]) -> list[Part]:
    """The parts before the models': code, styles, documents, and the list of the models."""
    listed = [
        {"info": info, "macs": total_cost(models[info["name"]].model.network.plan).macs}
        for info in answers.pop("models")["models"]
    ]
    return [
        json_part("code", code()),
        Part("style", style().encode()),
        json_part("documents", answers),
        json_part("models", listed),
    ]


def _model_part(index: int, predictor: Predictor) -> Part:
    """A model's file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.safetensors"
        save_model(file, predictor.model)
        return Part(f"model-{index}", file.read_bytes())


def _check_size(name: str, predictor: Predictor) -> None:
    """ModelError if a model is too large for a page that a browser holds in its memory."""
    weights = sum(tensor.nbytes for tensor in predictor.model.network.state_dict().values())
    if weights > _MOST_WEIGHTS:
        raise ModelError(
            f"{name}: its weights take {weights / 1e6:,.0f} MB, and a page carries at most"
            f" {_MOST_WEIGHTS / 1e6:,.0f} MB of a model; `striate serve` shows it, or train a smaller table"
        )


def _manifest(models: Mapping[str, Predictor]) -> dict[str, object]:
    """The web app manifest, by which a browser installs the page."""
    return {
        "name": f"Striate: {', '.join(models)}",
        "short_name": "Striate",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f4f6f9",
        "theme_color": "#1d5fd0",
        "icons": [{"src": _ICON, "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
