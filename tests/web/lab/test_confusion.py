"""Where a run fails: the matrix is the evaluation's, its pictures are the validation's; and a person goes to Why."""

import io
import json
import shutil
from base64 import b64decode

import numpy as np
import pytest
from browser import violations, visit
from PIL import Image
from serving import serving

from striate.inference import Predictor
from striate.tables import Recipe, load_table
from striate.training import Options, find_snapshots, train
from striate.web import LabSettings


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    recipe = Recipe(epochs=1, batch_size=64, learning_rate=0.003)
    train(
        load_table("lenet5:tiny"), "digits", folder / "my run", recipe=recipe, replay=3, options=Options(device="cpu")
    )
    return folder


@pytest.fixture(scope="module")
def server(runs):
    with serving({}, lab=LabSettings(runs)) as running:
        yield running


@pytest.fixture(scope="module")
def evaluated(runs):
    predictor = Predictor.load(runs / "my run", engine="torch", precision="float32", device="cpu")
    digits = predictor.load_dataset("digits")
    return digits.validation, predictor.evaluate(digits)


def test_the_matrix_and_its_pictures_are_those_of_the_evaluation(server, evaluated):
    images, evaluation = evaluated
    found = server.ask("/lab/confusion?model=runs/my+run").json
    assert found["classes"] == list("0123456789")
    assert found["images"] == found["of"] == 360
    assert found["accuracy"] == pytest.approx(evaluation.scores.top1)
    assert sorted(found["cells"]) == evaluation.scores.pairs.tolist()
    true, predicted, count = next(cell for cell in found["cells"] if cell[0] != cell[1])
    shown = server.ask(f"/lab/confusion/pictures?model=runs/my+run&true={true}&predicted={predicted}").json
    assert shown["images"] == count
    assert len(shown["pictures"]) == min(12, count)
    for one in shown["pictures"]:
        assert (int(images.labels[one["image"]]), int(evaluation.predicted[one["image"]])) == (true, predicted)
        assert one["probability"] == pytest.approx(float(evaluation.probabilities[one["image"]]), abs=1e-5)
        pixels = np.asarray(Image.open(io.BytesIO(b64decode(one["content"]))))
        assert np.array_equal(pixels, images.pictures[one["image"]][:, :, 0])
        alone = server.ask(f"/lab/run/picture?name=my+run&image={one['image']}").json
        assert alone == {name: one[name] for name in ("image", "name", "content")}
    ranked = [one["probability"] for one in shown["pictures"]]
    assert ranked == sorted(ranked, reverse=True)
    nothing = server.ask("/lab/confusion/pictures?model=runs/my+run&true=77&predicted=0").json
    assert nothing == {"images": 0, "pictures": []}


def test_a_snapshot_has_a_matrix_of_its_own(server, runs):
    accuracies = [
        server.ask(f"/lab/confusion?model=runs/my+run/{step}").json["accuracy"]
        for step in find_snapshots(runs / "my run")
    ]
    assert len(accuracies) == 3
    assert accuracies[0] < accuracies[-1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("confusion?model=lenet5", 422),
        ("confusion?model=runs/none", 404),
        ("confusion/pictures?model=runs/my+run&true=-1&predicted=0", 422),
        ("run/picture?name=my+run&image=360", 422),
        ("run/picture?name=..&image=0", 404),
    ],
)
def test_what_is_not_there_is_an_error(server, path, status):
    assert server.ask(f"/lab/{path}").status == status


@pytest.mark.parametrize(
    "change", [{"data": "/nowhere/pets", "data_kind": "folder"}, {"data": "arrays", "data_kind": "python"}]
)
def test_a_run_whose_data_are_gone_says_so_and_names_no_folder(server, runs, change):
    moved = runs / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    shutil.copytree(runs / "my run", moved)
    document = json.loads((moved / "run.json").read_text(encoding="utf-8"))
    (moved / "run.json").write_text(json.dumps({**document, **change}), encoding="utf-8")
    response = server.ask("/lab/confusion?model=runs/moved")
    assert response.status == 404
    assert "the data of this run" in response.error
    assert "nowhere" not in response.error


def test_a_person_opens_a_cell_and_why_and_every_step_is_a_link(server, chromium, evaluated):
    evaluation = evaluated[1]
    address = f"http://127.0.0.1:{server.port}"
    true, predicted, _ = next(pair for pair in evaluation.scores.pairs.tolist() if pair[0] != pair[1])
    link = f"{address}/#train?lang=en&run=my%20run&matrix=1&cell={true},{predicted}"
    with visit(chromium, link, size="narrow", dark=True, base=address) as page:
        figure = page.locator(".cell-pictures figure").first
        figure.wait_for()
        chosen = page.locator('.train-confusion button[aria-pressed="true"]')
        assert chosen.get_attribute("data-cell") == f"{true},{predicted}"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []
        page.locator("#train-replay-step").press("Home")
        page.wait_for_function("""() => location.hash.includes("snapshot=0")""")
        page.locator("#train-replay-step").press("End")
        figure.wait_for()
        figure.locator("button").press("Enter")
        page.locator("#class option").first.wait_for(state="attached")
        page.wait_for_function("""() => location.hash.includes("picture=validation:")""")
        answer, explained = page.locator("#class option").first.inner_text(), page.url
    assert "model=runs/my%20run" in explained
    with visit(chromium, explained, base=address) as page:  # as somebody else opens the link
        page.locator("#class option").first.wait_for(state="attached")
        assert page.locator("#class option").first.inner_text() == answer
        assert page.url == explained
