"""The page of a model's errors: what it counts, hostile names, in a browser; snapshots; many classes; Korean."""

import re
from dataclasses import replace

import numpy as np
import pytest
from browser import violations, visit
from PIL import Image

from striate.inference import Predictor
from striate.nn import Model, build, save_model
from striate.studies import analyze_errors, snapshot_accuracy
from striate.studies.error_page import ErrorPage, error_page, write_error_page
from striate.tables import Dense, Recipe, Table, load_table
from striate.training import Options, train
from striate.words import reading

HOSTILE = ("<b>x</b>", "a&b", "고양이")


def predictor_of(table, classes):
    return Predictor(Model(build(table, seed=0, classes=len(classes)).eval(), classes, {}, {}), engine="torch")


def write_pictures(root, classes=3, count=12):
    draw = np.random.default_rng(0)
    for number in range(classes):
        folder = root / str(number)
        folder.mkdir(parents=True)
        for copy in range(count):
            noise = draw.integers(0, 256, (40 + copy, 44, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / f"<i>{copy}&.png")
    return root


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Of an untrained network for pictures of noise, in classes and files whose names are markup."""
    root = tmp_path_factory.mktemp("errors")
    write_pictures(root / "set")
    predictor = predictor_of(load_table("minivggnet:tiny"), HOSTILE)
    dataset = replace(
        Predictor(replace(predictor.model, classes=("0", "1", "2"))).load_dataset(root / "set"), classes=HOSTILE
    )
    analysis = analyze_errors(predictor.evaluate(dataset), dataset, predictor.table)
    return ErrorPage(analysis, predictor.model, "<script>m", "s&t")


def test_rates_and_cells_are_those_of_the_predictions(page):
    analysis, evaluation = page.analysis, page.analysis.evaluation
    labels, predicted = analysis.images.labels.tolist(), evaluation.predicted.tolist()
    for number, rates in enumerate(analysis.classes):
        assert rates.images == labels.count(number) == 12
        assert rates.predicted == predicted.count(number)
        assert rates.recall_interval[0] <= rates.recall <= rates.recall_interval[1]
    for cell, images in page.cells.items():
        assert all((labels[image], predicted[image]) == cell for image in images)
        ranked = [float(evaluation.probabilities[image]) for image in images]
        assert ranked == sorted(ranked, reverse=cell[0] != cell[1])
    assert sum(map(len, page.cells.values())) == 36
    worst = [rates.recall for rates in analysis.worst_by_recall()]
    assert worst == sorted(worst)


def test_a_person_opens_a_cell_its_pictures_and_why(page, chromium, tmp_path):
    path = write_error_page(page, tmp_path / "여기" / "page")
    with visit(chromium, path.as_uri(), size="narrow", dark=True, base=path.parent.as_uri()) as opened:
        assert opened.title() == "Where <script>m fails on s&t"
        cell = next(cell for cell in page.cells if cell[0] != cell[1])
        link = opened.locator(f'a[href="#cell-{cell[0]}-{cell[1]}"]')
        assert link.inner_text() == str(len(page.cells[cell]))
        section = opened.locator(f"#cell-{cell[0]}-{cell[1]}")
        assert not section.is_visible()
        link.press("Enter")
        section.wait_for()
        assert section.locator("figure").count() == min(12, len(page.cells[cell]))
        assert section.locator("figure img").first.evaluate("image => image.complete && image.naturalWidth > 0")
        assert "<i>" in section.locator("figcaption").first.inner_text()
        assert section.locator("h3").inner_text().startswith(HOSTILE[cell[0]])
        section.locator("summary").first.press("Enter")
        assert section.locator(".why img").first.is_visible()
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert opened.locator("i, script").count() == 0
        assert violations(opened) == []


def test_what_is_not_shown_is_said(page):
    text = error_page(page)
    for cell, images in page.cells.items():
        more = len(images) - len(page.shown[cell])
        assert (f"Not shown: {more} more." in text) or more == 0
    assert len(page.shown) == len(page.cells)
    assert "There are no snapshots" in text


def test_in_korean_no_english_is_left(page):
    with reading("ko"):
        text = error_page(page)
    text = re.sub(r"<(style|title)>.*?</\1>|<[^>]*>|`[^`]*`|--replay N", " ", text, flags=re.DOTALL)
    words = set(re.findall(r"[A-Za-z]{3,}", text)) - {"Wilson", "top", "Grad", "CAM", "png", "script", "amp"}
    assert words == set()


def test_many_classes_are_pairs_and_a_network_without_maps_is_explained_by_occlusion():
    table = Table("dense", (1, 28, 28), (Dense("Out", units=45),))
    predictor = predictor_of(table, tuple(f"class{number}" for number in range(45)))
    array = np.random.default_rng(1).integers(0, 256, (90, 28, 28), dtype=np.uint8)
    dataset = predictor.load_dataset((array, np.arange(90) % 45))
    analysis = analyze_errors(predictor.evaluate(dataset, part="all"), dataset, table)
    text = error_page(ErrorPage(analysis, predictor.model, "m", "d"))
    assert "Of 45 classes" in text
    assert text.count("<details>") == min(48, len(analysis.evaluation.mistakes))


@pytest.mark.usefixtures("without_plots")
def test_each_class_along_the_training(tmp_path):
    recipe = Recipe(epochs=1, batch_size=256, learning_rate=0.003)
    train(load_table("lenet5:tiny"), "digits", tmp_path / "run", recipe=recipe, replay=3, options=Options(device="cpu"))
    predictor = Predictor.load(tmp_path / "run", engine="torch", precision="float32", device="cpu")
    dataset = predictor.load_dataset("digits")
    evaluation = predictor.evaluate(dataset)
    found = snapshot_accuracy(tmp_path / "run", dataset.validation, device="cpu")
    assert found.steps == (0, 1, 6)
    assert found.accuracy[-1] == pytest.approx(evaluation.scores.top1)
    assert found.recall[-1].tolist() == pytest.approx(evaluation.scores.recall)
    analysis = analyze_errors(evaluation, dataset, predictor.table)
    assert '<th scope="row">6</th>' in error_page(ErrorPage(analysis, predictor.model, "m", "d", found))
    save_model(tmp_path / "alone.safetensors", predictor.model)
    assert snapshot_accuracy(tmp_path / "alone.safetensors", dataset.validation) is None
