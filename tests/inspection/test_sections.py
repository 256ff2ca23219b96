"""All sections of a report, for every kind of network, which is left as it was."""

import matplotlib
import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.data import load_dataset
from striate.inspection import dropout_ensemble, fill_mode, pooling_under_shift
from striate.inspection.dataset_sections import dataset_sections
from striate.inspection.html_report import HtmlReport, html_page, save_view
from striate.inspection.sample import sample_of
from striate.inspection.sample_sections import InspectionTarget, sample_sections
from striate.inspection.tiles import arrange_tiles, join_tiles
from striate.nn import Model, build
from striate.tables import Conv, Dense, Table, load_table


def model_of(table):
    network = with_statistics(build(table, seed=0)).eval()
    return Model(network, tuple(f"class <{number}>" for number in range(network.table.classes)), {}, {})


def noise(table):
    pixels = torch.randint(256, table.input, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return sample_of("noise", pixels, table)


COLOURED = Table(
    "wide", (3, 20, 32), (Conv("C1", maps=70, kernel=(3, 5), stride=2, activation="relu"), Dense("Out", units=4))
)


@pytest.mark.parametrize(
    "table",
    [load_table("resnet18:tiny"), COLOURED, Table("one", (1, 8, 8), (Dense("Out", units=3),))],
    ids=lambda t: t.name,
)
def test_the_sections_on_a_picture_change_nothing(table, tmp_path):
    model = model_of(table)
    settings = dict(matplotlib.rcParams)
    with untouched(model.network):
        saved = [
            save_view(view, tmp_path)
            for section in sample_sections(model, noise(table), InspectionTarget())
            for view in section.views()
        ]
    names = [one.view.name for one in saved]
    assert len(set(names)) == len(names) > 9
    assert all(one.picture.stat().st_size > 1000 and one.view.paragraphs for one in saved)
    assert dict(matplotlib.rcParams) == settings
    text = html_page(HtmlReport("title", (model.network.plan,), tuple(saved)))
    assert "class &lt;" in text
    assert "class <" not in text


def test_the_sections_on_a_data_set_change_nothing(tmp_path):
    table = load_table("lenet5:tiny")
    dataset = load_dataset("digits", table=table)
    model = Model(build(table, seed=0).eval(), dataset.classes, {}, {})
    with untouched(model.network):
        saved = [
            save_view(view, tmp_path)
            for section in dataset_sections(model, dataset, "C1")[:3]
            for view in section.views()
        ]
    assert [one.view.name for one in saved] == ["invariance-of-accuracy", "activity", "exciting-C1"]


def test_no_filter_is_learned_from_a_black_picture():
    table = load_table("lenet5:tiny")
    black = sample_of("black", torch.zeros(table.input, dtype=torch.uint8), table)
    (filters,) = [
        section for section in sample_sections(model_of(table), black, InspectionTarget()) if section.title == "filters"
    ]
    assert [view.name for view in filters.views()] == ["hand-made-filters"]


def test_places_of_tiles():
    tiles = arrange_tiles(np.arange(5.0)[:, None, None] * np.ones((5, 2, 3)), 3)
    sheet = join_tiles(tiles)
    assert sheet.shape == (5, 11)
    assert sheet[0].tolist()[:3] == [0, 0, 0]
    assert sheet[3, 4] == 4
    assert np.isnan(sheet[2]).all()
    assert np.isnan(sheet[3, 8:]).all()  # of five, the sixth is empty


@pytest.mark.parametrize(
    ("table", "has"),
    [
        ("lenet5:tiny", {"pooling": True, "dropout": False, "augmentation": False}),
        ("alexnet:tiny", {"pooling": True, "dropout": True, "augmentation": False}),
        ("resnet20", {"pooling": True, "dropout": False, "augmentation": True}),
    ],
)
def test_pooling_dropout_and_augmentation_are_shown_where_the_table_has_them(table, has):
    model = model_of(table)
    sample = noise(model.network.table)
    sections = {section.title: section for section in sample_sections(model, sample, InspectionTarget())}
    views = {name: [*sections[name].views()] for name in has}
    assert {name: len(found) == 1 for name, found in views.items()} == has
    (pooled,) = views["pooling"]
    fill = fill_mode(model.network.table.preprocessing)
    expected = pooling_under_shift(sample.fitted_CHW, fill=fill)
    assert pooled.numbers["output_change"]["max"] == expected.output_change
    for view in views["dropout"]:
        ensemble = dropout_ensemble(model.network, sample.input_NCHW, draws=view.numbers["draws"])
        assert view.numbers["votes"] == int((ensemble.thinned.argmax(dim=1) == ensemble.whole.argmax()).sum())
        assert view.numbers["rates"] == {"D8": 0.5, "D9": 0.5}
    for view in views["augmentation"]:
        assert view.numbers["steps"] == ["RandomTranslation", "HorizontalFlip"]
        assert 0 <= view.numbers["same"] <= view.numbers["draws"] == 8
