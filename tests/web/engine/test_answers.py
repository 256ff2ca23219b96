"""The same request, drawn at random, gets the same answer from the server and from the page's own backend: the document
within 1e-4 of the largest number, an error to the letter, in both languages."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from engine_documents import TOLERANCE, check_equal, drawing
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import with_statistics
from PIL import Image
from serving import Client, serving

from striate.analysis import total_cost
from striate.data import decode_side
from striate.inference import Predictor
from striate.inspection import AUGMENTATION_RECIPES
from striate.models import shipped_models
from striate.nn import Model, build, read_metadata, save_model
from striate.tables import EXAMPLES, load_plan, load_table
from striate.web import LabSettings
from striate.web.lab.table_documents import table_documents
from striate.web.page.documents import gradient_documents
from striate.words import catalogue

TABLES = {
    "lenet5": "lenet5",
    "lenet5-tiny": "lenet5:tiny",
    "resnet18-tiny": "resnet18:tiny",
    "고양이": "googlenet:tiny",
}
"""Models by their names, each with its table; the first one ships."""
HOSTILE = "</script><b>", "고양이 \U0001f408", '"\\', "a,b;c: d"
"""Names of classes."""
NOT_NUMBERS = "", " ", "x", "1e", "--1", "1_", "0x1", "nan", "inf", "-inf", "1,2", "99999999999", "1e999"
PATHS = [step.path for table in TABLES.values() for step in load_plan(table).flat]


def whole(least: int, most: int) -> st.SearchStrategy[str]:
    """Whole numbers within these bounds, a little outside, and what is none."""
    return st.one_of(
        st.integers(least, most).map(str), st.integers(least - 2, most + 2).map(str), st.sampled_from(NOT_NUMBERS)
    )


def number(least: float, most: float) -> st.SearchStrategy[str]:
    """Numbers as people write them, most within these bounds."""
    inside = st.floats(least, most).map(repr)
    written = st.sampled_from(["+1", " 1 ", ".5", "1.", "1_0", "1E0", "-0", "0.0", "1e-7"])
    return st.one_of(
        inside, inside, written, st.sampled_from(NOT_NUMBERS), st.floats(2 * least - 1, 2 * most + 1).map(repr)
    )


def word(*words: str) -> st.SearchStrategy[str]:
    """One of these, or none of them."""
    return st.sampled_from([*words, *words, words[0].upper(), "", "x", "none, of: them"])


def rows(most: int, columns: int) -> st.SearchStrategy[str]:
    """Rows of numbers as an address has them, some too long, or of different lengths."""
    line = st.lists(st.one_of(st.integers(-9, 9).map(str), number(-1000, 1000)), min_size=1, max_size=columns + 1)
    same = st.integers(1, 5).flatmap(
        lambda length: st.lists(st.lists(st.integers(-9, 9).map(str), min_size=length, max_size=length), min_size=1, max_size=most)
    )  # fmt: skip
    drawn = st.one_of(same, same, st.lists(line, min_size=1, max_size=most + 1))
    return drawn.map(lambda lines: ";".join(map(",".join, lines)))


KERNEL = st.one_of(
    st.integers(1, 7).flatmap(
        lambda size: st.lists(
            st.lists(st.floats(-1000, 1000, width=32), min_size=size, max_size=size), min_size=size, max_size=size
        )
    ).map(json.dumps),
    st.sampled_from(["[[1001]]", "[]", "[1]", "1", "{}", "x", "", "[[1,2]]", "[[[1]]]", "[[null]]", '[["x"]]', "null", "[[1],[2]]"]),
)  # fmt: skip
UNIT = st.one_of(
    st.lists(st.integers(0, 12), min_size=1, max_size=4).map(lambda numbers: ",".join(map(str, numbers))),
    st.sampled_from(["", "1,", "-1", "1,2,x", "1234567", "1.0"]),
)
MODEL = st.sampled_from([*TABLES, *TABLES, "none", ""])
PATH = st.sampled_from([*PATHS, PATHS[0].lower(), "conv", "", "'\"\n", "nothing near"])
ROUTES: dict[str, dict[str, st.SearchStrategy[str]]] = {
    "GET models": {},
    "GET network": {"model": MODEL},
    "GET samples": {"set": word("digits", "photos")},
    "GET stress": {"model": MODEL},
    "POST layers": {
        "model": MODEL, "maps": whole(1, 4096),
        "rows": st.one_of(st.just(""), st.lists(PATH, min_size=1, max_size=3).map(",".join)),
    },
    "POST stress": {
        "model": MODEL, "sweep": word("", "thickness", "scale", "rotation", "shift", "noise"), "thickness": number(-2, 2),
        "scale": number(0.4, 1.6), "rotation": number(-60, 60), "shift": number(-8, 8), "noise": number(0, 128),
    },
    "POST why": {
        "model": MODEL, "method": word("saliency", "integrated_gradients", "occlusion", "grad_cam"), "class": whole(0, 9),
    },
    "POST row": {"model": MODEL, "path": PATH},
    "POST slide": {"model": MODEL, "path": PATH, "input": whole(0, 20), "map": whole(0, 20)},
    "POST unit": {"model": MODEL, "path": PATH, "unit": UNIT, "input": whole(0, 20)},
    "GET units": {"model": MODEL},
    "GET turn": {
        "model": MODEL, "path": PATH, "width": number(0.1, 20), "position": number(-10, 10), "contrast": word("light", "dark"),
        "unit": whole(0, 20),
    },
    "GET gratings": {"model": st.sampled_from(["lenet5-tiny", "resnet18-tiny", "none"]), "path": PATH},
    "GET gradient-flow": {
        "tables": st.sampled_from([
            "plain20,resnet20", "resnet20,plain20", "resnet20", "resnet20,resnet20", "", "x", "resnet20,", "alexnet", "plain20,resnet56,none",
            "ResNet20", ",".join(["plain20"] * 5), *EXAMPLES,
        ]),
    },
    "GET instruments/gradient-flow": {
        "depth": st.one_of(st.sampled_from(["8", "8", "08"]), whole(8, 9), whole(55, 56)), "shortcut": whole(0, 1), "batch_norm": whole(0, 1),
        "initialization": word("he", "glorot", "small", "large", "huge"),
    },
    "GET filters": {},
    "POST filters": {
        "kernel": KERNEL, "stride": whole(1, 4), "padding": st.one_of(word("valid", "same"), whole(0, 8)),
        "channel": word("gray", "red", "green", "blue"), "side": whole(16, 256), "row": whole(0, 512), "column": whole(0, 512),
    },
    "GET instruments/overlap": {"x": rows(12, 48), "g": rows(3, 5), "flipped": whole(0, 1)},
    "GET instruments/lrn": {
        "values": rows(1, 16), "size": whole(1, 16), "k": number(0, 100), "alpha": number(0, 10), "beta": number(0, 4),
    },
    "POST instruments/pooling": {
        "model": MODEL, "kernel": whole(1, 6), "stride": whole(1, 6), "shift": whole(0, 8), "kind": word("max", "average", "none"),
        "row": whole(0, 40), "column": whole(0, 40),
    },
    "POST instruments/residual": {
        "model": MODEL, "weight": number(0, 2), "plain": whole(0, 1), "centred": whole(0, 1), "seed": whole(0, 10**6),
    },
    "POST instruments/dropout": {"model": MODEL, "rate": number(0, 0.95), "draws": whole(1, 40), "seed": whole(0, 10**6)},
    "POST instruments/learned-filter": {
        "model": MODEL, "target": word("sobel_x", "outline", "gaussian_blur"), "seed": whole(0, 10**6),
    },
    "POST instruments/augmentation": {
        "model": MODEL, "recipe": word("own", *AUGMENTATION_RECIPES), "draws": whole(1, 5), "seed": whole(0, 10**6),
    },
}  # fmt: skip
"""The parameters of each route; in a request any may be missing, but what it cannot do without seldom is."""
NEEDED = {
    "model", "set", "method", "path", "width", "kernel", "x", "g", "values", "weight", "rate", "draws", "input", "map", "tables",
    "depth", "shortcut", "batch_norm", "initialization",
}  # fmt: skip
APART = {
    "POST stress": 0.01, "POST instruments/augmentation": 0.01, "GET gratings": 1e-3, "GET turn": 1e-3,
    "GET gradient-flow": 1e-3, "GET instruments/gradient-flow": 1e-3,
}  # fmt: skip
"""Of what is resampled: a gray level that lies between two may be either, since the server does it in single precision.
Selectivities are of differences of a unit's values, which may be a thousandth of these. Gradients were measured beforehand, on another processor."""
CHOSEN = {"POST unit", "GET turn"}
"""Where a unit is chosen that the request does not name."""
ROUNDED_GRAY = 2  # of 255
LANGUAGES = ("en", "ko")
PICTURE_REQUESTS = [
    "POST filters?kernel=[[-1,0,1],[-2,0,2],[-1,0,1]]&padding=same&channel=red&side=128&stride=2&row=5&column=9",
    "GET instruments/overlap?x=1,2,4,8,16&g=1,10,100&flipped=1",
    "GET instruments/overlap?x=1,2,3;4,5,6;7,8,9&g=1,2;3,4",
    "GET instruments/lrn?values=1,2,0,5&k=0.5&alpha=1&beta=2&size=3",
    "POST instruments/pooling?kind=average&kernel=3&stride=2&shift=3",
    "POST instruments/pooling?kind=none&stride=3",
    "POST instruments/residual?weight=0.7&plain=1&centred=1&seed=3",
    "POST instruments/residual?weight=2",
    "POST instruments/learned-filter?target=outline&seed=3",
    "POST instruments/learned-filter?seed=1",
    "POST instruments/dropout?rate=0.4&draws=64&seed=5",
    *(f"POST instruments/augmentation?recipe={recipe}&draws=4&seed=7" for recipe in ("own", *AUGMENTATION_RECIPES)),
]
"""What is computed from a picture or from free numbers; each is answered."""


@dataclass(frozen=True)
class Asked:
    """A request: its route, its parameters as they stand in an address, and its picture."""

    route: str
    query: str
    picture: Image.Image | None


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    route = draw(st.sampled_from(list(ROUTES)))
    present = {name: draw(st.integers(0, 9)) for name in ROUTES[route]}
    given_ = {
        name: draw(values)
        for name, values in ROUTES[route].items()
        if present[name] > (0 if name in NEEDED else 5)
    }  # fmt: skip
    return Asked(route, urlencode(given_), draw(PICTURES) if route.startswith("POST") else None)


PICTURES = st.one_of(
    st.builds(drawing, st.integers(40, 300), st.integers(0, 99)),
    st.builds(lambda gray: Image.new("RGB", (40, 30), (gray,) * 3), st.integers(0, 255)),
)


class Both:
    """The server and the page's backend over the same models."""

    def __init__(self, engine: Any, server: Client, models: dict[str, Path]) -> None:
        self.engine, self.server = engine, server
        documents: dict[str, Any] = {
            f"samples?set={name}": self._get(f"samples?set={name}") for name in ("digits", "photos")
        }
        documents |= {"filters": self._get("filters"), **gradient_documents(), **table_documents()}
        opened = [
            {
                "name": name, "content": base64.b64encode(path.read_bytes()).decode(),
                "macs": total_cost(plan := read_metadata(path).plan).macs, "side": decode_side(plan.table),
            }
            for name, path in models.items()
        ]  # fmt: skip
        engine.ask({"kind": "open", "models": opened, "documents": {**documents, "words": dict(catalogue())}})

    def _get(self, path: str) -> Any:
        return self.server.ask(f"/lab/{path}").json

    def check(self, asked: Asked, language: str) -> None:
        found, wanted = self._ask(asked, language)
        assert found["status"] == wanted.status, (found["body"], wanted.body[:200])
        if wanted.status != 200:
            assert found["body"] == wanted.json
            return
        if apart := self._pixels_apart(asked):
            assert apart <= ROUNDED_GRAY
            return
        if asked.route in CHOSEN and found["body"]["unit"] != (unit := wanted.json["unit"]):
            assert "unit=" not in asked.query  # the strongest is another that is as strong
            place = ",".join(map(str, unit)) if isinstance(unit, list) else unit
            self.check(replace(asked, query=f"{asked.query}&unit={place}"), language)
            return
        check_equal(
            without_places(found["body"]), without_places(wanted.json), asked.route, APART.get(asked.route, TOLERANCE)
        )

    def _ask(self, asked: Asked, language: str = "en") -> tuple[dict[str, Any], Any]:
        """The answer of the page's backend, and that of the server."""
        method, path = asked.route.split()
        body, kind, picture = None, None, None
        if asked.picture is not None:
            image = asked.picture
            content = BytesIO()
            image.save(content, "PNG")
            body, kind = content.getvalue(), "image/png"
            rgba = base64.b64encode(image.convert("RGBA").tobytes()).decode()
            picture = {"width": image.width, "height": image.height, "pixels": rgba}
        address = f"/lab/{path}?{asked.query}"
        wanted = self.server.ask(address, body, kind, method=method, headers={"Accept-Language": language})
        found = self.engine.ask(
            {"kind": "request", "method": method, "path": path, "query": asked.query, "language": language, "picture": picture}
        )  # fmt: skip
        return found, wanted

    def _pixels_apart(self, asked: Asked) -> int:
        """How far the inputs made of a picture are apart: of a drawn digit the ground is fitted in single precision
        there, and in double here."""
        models = parse_qs(asked.query).get("model")
        if asked.picture is None or not models:
            return 0
        found, wanted = self._ask(replace(asked, route="POST layers", query=urlencode({"model": models[0]})))
        pixels = (document["input"]["pixels"] for document in (found["body"], wanted.json))
        first, second = (np.frombuffer(base64.b64decode(text), np.uint8).astype(int) for text in pixels)
        return int(np.abs(first - second).max(initial=0))


def without_places(document: dict[str, Any]) -> dict[str, Any]:
    """A document of Why without the places of extremes: of several pixels with nearly this value any may be it."""
    extremes = {name: {"value": document[name]["value"]} for name in ("least", "most") if name in document}
    return {**document, **extremes}


@pytest.fixture(scope="module")
def both(engine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    paths = {"lenet5": shipped_models()["lenet5"]}
    for name, table_name in list(TABLES.items())[1:]:
        network = with_statistics(build(load_table(table_name), seed=0)).eval()
        classes = (*HOSTILE, *map(str, range(network.table.classes)))[: network.table.classes]
        paths[name] = folder / f"{name}.safetensors"
        save_model(paths[name], Model(network, classes, {}, {}))
    models = {name: Predictor.load(str(path)) for name, path in paths.items()}
    with serving(models, lab=LabSettings(folder / "runs")) as server:
        yield Both(engine, server, paths)


@pytest.mark.parametrize("language", LANGUAGES)
@given(asked=requests())
@settings(max_examples=150, deadline=None)
def test_drawn_requests(both, language, asked):
    both.check(asked, language)


@pytest.mark.parametrize("model", TABLES)
@pytest.mark.parametrize("request_", PICTURE_REQUESTS)
def test_requests_as_the_views_make_them(both, model, request_):
    route, _, query = request_.partition("?")
    picture = drawing(200, seed=5) if route.startswith("POST") else None
    asked = Asked(route, f"{query}&{urlencode({'model': model})}", picture)
    assert both._ask(asked)[1].status == 200
    both.check(asked, "en")
