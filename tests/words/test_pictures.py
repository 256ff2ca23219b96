"""Every label of a picture and every sentence of a report has Korean: they are made, and read."""

import re
from dataclasses import replace

import pytest
from matplotlib.text import Text
from serving import png

from striate.cli import main
from striate.data import load_dataset
from striate.drawing import draw_svg
from striate.inspection import gradient_flow, load_sample, measure_replay
from striate.inspection.views import (
    InspectionTarget,
    TrainingSetup,
    dataset_sections,
    gradient_flow_view,
    learning_sections,
    pooling_sections,
    replay_views,
    sample_sections,
)
from striate.nn import Model, build, load_model
from striate.studies import compare_models
from striate.studies.model_comparison_page import comparison_views
from striate.tables import load_plan, load_table
from striate.training import Options, figure_png, figure_text, train
from striate.words import reading, translate

KEPT = re.compile(
    r"“[^”]*”|\b\w+_\w+\b|[\w:]*\.(png|jpg)|lenet5[\w:]*|\((saliency|occlusion)\)|\b[\w.]*\d[\w.]*\b|t-SNE|\$[^$]*\$"
)
"""Names of filters, files, tables and rows, and a term in English after the Korean one."""
NAMES = {"tanh", "ms", "digits", "outline", "sharpen", "emboss", "torch", "fc", "px", "al", "et", "top"}


def english(text):
    """The English words in a text that are no names."""
    return [word for word in re.findall(r"[A-Za-z]{2,}", KEPT.sub(" ", text)) if word.islower() and word not in NAMES]


def texts(view):
    """All words of a view: its title, paragraphs and table, and the labels of its figure."""
    yield view.title
    yield from view.paragraphs
    yield from view.header
    yield from (cell for row in view.rows for cell in row)
    figure_png(view.figure, 30)  # sets the names at the axes
    yield from (text.get_text() for text in view.figure.findobj(Text))


def left(views):
    """The English that is left in Korean."""
    found = {}
    with reading("ko"):
        for view in views:
            for text in texts(view):
                if english(korean := translate(text)):
                    found[f"{view.name}: {text}"] = korean
    return found


@pytest.mark.parametrize(("name", "row"), [("lenet5", None), ("lenet5:tiny", "F6")])
def test_a_report_on_a_picture_is_korean(name, row, tmp_path):
    path = tmp_path / "digit.png"
    path.write_bytes(png(3))
    model = load_model(name) if row is None else Model(build(name, seed=0).eval(), tuple("0123456789"), {}, {})
    sections = sample_sections(model, load_sample(path, model.network.table), InspectionTarget(row))
    assert left(view for section in sections for view in section.views()) == {}
    assert all(re.search("[가-힣]", translate(section.title, "ko")) for section in sections)


def test_a_report_on_a_data_set_is_korean():
    model = load_model("lenet5")
    sections = dataset_sections(model, load_dataset("digits", model.network.table), None)
    assert left(view for section in sections for view in section.views()) == {}


def test_reports_on_trainings_are_korean(tmp_path):
    table = load_table("lenet5:tiny")
    short = replace(table, recipe=replace(table.recipe, epochs=1))
    setup = TrainingSetup(lambda wanted: load_dataset("digits", wanted), 0, "cpu", lambda *_: None)
    train(short, "digits", tmp_path / "run", replay=3, options=Options(precision="float32", device="cpu"))
    assert left(replay_views(measure_replay(tmp_path / "run"))) == {}
    assert left([gradient_flow_view([gradient_flow("resnet20"), gradient_flow("lenet5:tiny")])]) == {}
    longer = replace(table, recipe=replace(table.recipe, epochs=5))
    assert left(learning_sections([longer], setup)) == {}
    assert left(pooling_sections(short, setup)) == {}


def test_a_comparison_of_two_models_is_korean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = load_table("lenet5:tiny")
    short = replace(table, recipe=replace(table.recipe, epochs=1))
    run = "one_epoch"
    train(short, "digits", run, options=Options(precision="float32", device="cpu"))
    compared = {
        pair: compare_models(*pair, "digits", device="cpu") for pair in (("lenet5", run), (run, "lenet5"), (run, run))
    }
    undecided = replace(compared["lenet5", run], interval=(-1.0, 1.0))
    for comparison in (*compared.values(), undecided):
        views = list(comparison_views(comparison))
        shown = [replace(view, rows=()) if view.name == "networks" else view for view in views]  # its cells are JSON
        assert left(shown) == {}


def test_the_plots_of_a_run_are_korean(tmp_path, monkeypatch):
    drawn = []
    save = figure_text._set_text
    monkeypatch.setattr(figure_text, "_set_text", lambda figure: (save(figure), drawn.append(figure)))
    table = load_table("lenet5:tiny")
    with reading("ko"):
        train(
            replace(table, recipe=replace(table.recipe, epochs=1)),
            "digits",
            tmp_path / "run",
            options=Options(device="cpu"),
        )
    labels = [text.get_text() for figure in drawn for text in figure.findobj(Text)]
    assert {"에포크", "실제 클래스", "클래스 안의 비율"} <= set(labels)
    assert [label for label in labels if english(label)] == []


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "googlenet", "resnet18", "resnet50"])
def test_a_drawing_is_korean(name):
    plan = load_plan(name)
    with reading("ko"):
        svg = draw_svg(plan)
    paths = {part for step in plan.flat_with_heads for part in (step.path, step.path.split(".")[-1])}
    rows = "|".join(re.escape(path) for path in sorted(paths, key=len, reverse=True))
    words = re.findall(r"<text[^>]*>([^<]+)</text>|<title>([^<]+; [^<]+)</title>", svg)
    texts = [re.sub(rf"^(?:{rows}):?", "", text or title) for text, title in words]
    sources = " ".join(filter(None, (plan.table.name, plan.table.source)))
    assert "합성곱" in svg
    assert [text for text in texts if english(text) and text not in sources] == []


def test_the_command_line_writes_a_korean_report(tmp_path, capsys):
    assert main(["inspect", "--gradient-flow", "lenet5:tiny", "--out", str(tmp_path), "--language", "ko"]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page and "층마다의 기울기, 초기 가중치" in page
    lead = re.search("<header>.*?</header>", page, re.DOTALL)[0]
    assert re.search(r"파라미터 [\d,]+개", lead) and "multiply" not in lead
    assert "Hangul" not in capsys.readouterr().err
    svg = tmp_path / "lenet5.svg"
    assert main(["summary", "lenet5", "--svg", str(svg), "--language", "ko"]) == 0
    assert "서브샘플링" in svg.read_text(encoding="utf-8")


def test_without_a_korean_font_labels_stay_english_and_a_line_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(figure_text, "_installed", lambda: ())
    assert main(["inspect", "--gradient-flow", "lenet5:tiny", "--out", str(tmp_path), "--language", "ko"]) == 0
    assert "no installed font has Hangul" in capsys.readouterr().err
    view = gradient_flow_view([gradient_flow("lenet5:tiny")])
    with reading("ko"):
        labels = list(texts(view))
    assert "depth of the layer, from the input to the output" in labels
