"""The arithmetic of any unit of any row is the same from the page's backend as from the server, and so is what it reads."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from drawn import tables
from engine_documents import ROUNDED, TOLERANCE, check_equal, drawing
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from networks import SMALL, with_statistics
from PIL import Image

from striate.data import decode_side, read_noted_input
from striate.errors import StriateError
from striate.inspection import dropout_ensemble, orientation_sweep, sample_of
from striate.nn import Model, build, save_model
from striate.tables import Dense, Step, Table, load_table
from striate.web.lab.cortex import _rows, _unit_responses
from striate.web.lab.units import _map_pair, row_maps, unit_terms

SMALLEST = [name for name in SMALL if name.endswith(":tiny") or name == "lenet5"]


class Asked:
    """A table's network and a picture, of which the server's functions and the page's backend are asked."""

    def __init__(self, engine: Any, table: Table, path: Any, image: Image.Image) -> None:
        self.engine = engine
        classes = tuple(map(str, range(table.classes)))
        self.model = Model(with_statistics(build(table, seed=0)).eval(), classes, {}, {})
        input_CHW, note = read_noted_input(image, table)
        self.sample = sample_of("the picture", input_CHW, table, note)
        save_model(path, self.model)
        self.common = {
            "kind": "route", "content": base64.b64encode(path.read_bytes()).decode(), "side": decode_side(table),
            "macs": 1, "width": image.width, "height": image.height,
            "pixels": base64.b64encode(image.convert("RGBA").tobytes()).decode(),
        }  # fmt: skip

    def ask(self, name: str, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.ask({**self.common, "name": name, "options": options})
        return found

    def check(self, name: str, wanted: dict[str, Any], **options: Any) -> None:
        found = self.ask(name, **options)
        check_equal(found, wanted, f"{name} {options}", TOLERANCE)

    def check_row(self, step: Step, random: np.random.Generator) -> None:
        """A unit of a row with one of its input maps, all of its maps, and a pair of them."""
        unit = tuple(int(random.integers(size)) for size in step.output)
        maps = [int(random.integers(shape[0])) for shape in (step.input, step.output)]
        wanted = unit_terms(self.model, self.sample, step.path, unit, maps[0])
        self.check("unit", wanted, path=step.path, unit=unit, input=maps[0])
        self.check("row", row_maps(self.model, self.sample, step.path), path=step.path)
        if step.window is not None:
            wanted = _map_pair(self.model, self.sample, step.path, *maps)
            self.check("slide", wanted, path=step.path, input=maps[0], map=maps[1])


@pytest.mark.parametrize("name", SMALLEST)
def test_every_row(engine, tmp_path, name):
    table, random = load_table(name), np.random.default_rng(0)
    asked = Asked(engine, table, tmp_path / "model.safetensors", drawing(280, seed=3))
    asked.check("units", _rows(asked.model))
    for step in table.plan().flat:
        asked.check_row(step, random)


@given(table=tables(), seed=st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_drawn_rows(engine, tmp_path_factory, table, seed):
    assume(table.input[0] in (1, 3))
    asked = Asked(engine, table, tmp_path_factory.mktemp("drawn") / "model.safetensors", drawing(40, seed))
    random = np.random.default_rng(seed)
    asked.check("units", _rows(asked.model))
    for step in table.plan().flat:
        asked.check_row(step, random)


@given(table=tables(), width=st.floats(0.5, 6), position=st.floats(-3, 3), contrast=st.sampled_from([1.0, -1.0]))
@settings(max_examples=15, deadline=None)
def test_drawn_rows_under_a_bar(engine, tmp_path_factory, table, width, position, contrast):
    """Of the first row that was drawn: further on a response may be a rounding error of the values."""
    assume(table.input[0] in (1, 3))
    asked = Asked(engine, table, tmp_path_factory.mktemp("drawn") / "model.safetensors", drawing(40, seed=1))
    path = table.plan().flat[1].path
    sweep = orientation_sweep(asked.model.network, path, width, position, contrast)
    wanted = _unit_responses(sweep, 0)
    found = asked.ask("turn", path=path, width=width, position=position, contrast=contrast, unit=0)
    # Shares of 1: where responses hardly differ, they are what rounding leaves of them.
    assert found.pop("selectivities") == pytest.approx(wanted.pop("selectivities"), abs=ROUNDED)
    for document in (wanted, found):
        del document["clearest"]  # of units that are as clear any may be it
        if wanted["selectivity"] < ROUNDED:  # no orientation is preferred, but for rounding
            del document["preferred"]
    check_equal(found, wanted, path, ROUNDED)


def test_a_model_without_anything_to_drop(engine, tmp_path):
    table = Table("bare", (1, 8, 8), (Dense("out", units=3),))
    asked = Asked(engine, table, tmp_path / "model.safetensors", drawing(40, seed=1))
    with pytest.raises(StriateError) as error:
        dropout_ensemble(asked.model.network, asked.sample.input_NCHW, rate=0.5)
    model = {**asked.common, "name": "bare"}
    engine.ask({"kind": "open", "models": [model], "documents": {}})
    picture = {name: asked.common[name] for name in ("width", "height", "pixels")}
    answer = engine.ask(
        {
            "kind": "request", "method": "POST", "path": "instruments/dropout", "query": "model=bare&rate=0.5&draws=2",
            "language": "en", "picture": picture,
        }
    )  # fmt: skip
    assert answer == {"status": 422, "body": {"error": str(error.value)}}
