"""`striate page`: one file, or a folder; what `predict` refuses is refused."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hostile_files import HOSTILE
from running import fails, here

from striate.models import shipped_models
from striate.nn import Model, build, save_model
from striate.tables import Dense, load_table

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of two models, each with what the command printed."""
    folder = tmp_path_factory.mktemp("pages")
    written = {}
    for name in ("lenet5", "resnet20"):
        done = here("page", name, "-o", folder / f"{name}.html", "--json")
        assert done.stderr == ""
        written[name] = json.loads(done.stdout)
    return written


@pytest.mark.parametrize(("name", "most"), [("lenet5", 1.2), ("resnet20", 3)])
def test_a_file_goes_by_mail(pages, name, most):
    assert pages[name]["bytes"] <= most * MEGABYTE
    assert pages[name]["models"] == [name]
    text = Path(pages[name]["file"]).read_text(encoding="utf-8")
    assert len(text.encode()) == pages[name]["bytes"]
    assert pages[name]["digest"] in text


def test_the_same_model_gives_the_same_page(pages, tmp_path):
    done = here("page", "lenet5", "-o", tmp_path / "again.html", "--json")
    assert json.loads(done.stdout)["digest"] == pages["lenet5"]["digest"]


def test_a_line_says_what_was_written(tmp_path):
    file = tmp_path / "한글 page.html"
    done = here("page", "네트=lenet5", "-o", file)
    assert re.fullmatch(rf"{re.escape(str(file))}: [\d.]+ MB, digest [0-9a-f]{{12}}\n", done.stdout)


def test_a_folder_is_a_site(tmp_path):
    site = tmp_path / "new" / "site"
    done = here("page", "lenet5", "second=lenet5", "-o", f"{site}/", "--json")
    document = json.loads(done.stdout)
    assert document["models"] == ["lenet5", "second"]
    written = [path for path in site.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in written) == document["bytes"]
    assert {"index.html", "manifest.webmanifest", "service-worker.js"} <= {path.name for path in written}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_predict_refuses_is_refused(tmp_path, kind):
    content, _ = HOSTILE[kind]
    model = tmp_path / "model.safetensors"
    model.write_bytes(content)
    line = fails("predict", model, "--samples", run=here)
    assert fails("page", model, "-o", tmp_path / "x.html", run=here) == line
    assert not (tmp_path / "x.html").exists()


def test_a_model_too_large_for_a_browser(tmp_path):
    table = load_table("lenet5:modern")
    hidden = Dense(name="wide", units=180_000, activation="relu")
    rows = (*table.rows[:-1], hidden, table.rows[-1])
    network = build(replace(table, rows=rows, expected=None), seed=0).eval()
    path = tmp_path / "wide.safetensors"
    save_model(path, Model(network, tuple("0123456789"), {}, {}))
    line = fails("page", path, "-o", tmp_path / "x.html", run=here)
    assert re.search(
        r"wide: its weights take \d\d MB, and a page carries at most 64 MB of a model; `striate serve`", line
    )
    assert not (tmp_path / "x.html").exists()


def test_models_that_are_not_there(tmp_path):
    assert fails("page", "none", "-o", tmp_path / "x.html", run=here) == fails("predict", "none", "--samples", run=here)


def test_wrong_usage(tmp_path):
    file = tmp_path / "a-file"
    file.write_text("", encoding="utf-8")
    models = shipped_models()["lenet5"]
    for arguments, words in {
        ("lenet5", "resnet20", "-o", tmp_path / "x.html"): "a file carries one model",
        ("lenet5", "-o", file): "expected a file that ends in .html, or a folder",
        ("lenet5", f"lenet5={models}", "-o", tmp_path): "two models are called lenet5",
        ("lenet5",): "--out",
        ("-o", tmp_path / "x.html"): "MODEL",
    }.items():
        assert words in fails("page", *arguments, code=2)
