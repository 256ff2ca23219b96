"""A whole tour: every view of every kind of network, and the network as it was."""

import matplotlib
import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.data import load_dataset as load_data
from striate.inspection.dataset_sections import dataset_sections
from striate.inspection.report import page, save_view
from striate.inspection.sample import sample_of
from striate.inspection.sample_sections import InspectionTarget, sample_sections
from striate.inspection.views.tiles import in_rows, tiled
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
def test_a_tour_shows_every_view_and_changes_nothing(table, tmp_path):
    model = model_of(table)
    settings = dict(matplotlib.rcParams)
    with untouched(model.network):
        kept = [
            save_view(view, tmp_path)
            for part in sample_sections(model, noise(table), InspectionTarget())
            for view in part.views()
        ]
    names = [one.view.name for one in kept]
    assert len(set(names)) == len(names) > 9
    assert all(one.picture.stat().st_size > 1000 and one.view.words for one in kept)
    assert dict(matplotlib.rcParams) == settings
    text = page(kept, "title", "lead")
    assert "class &lt;" in text
    assert "class <" not in text


def test_a_tour_of_data_changes_nothing(tmp_path):
    table = load_table("lenet5:tiny")
    dataset = load_data("digits", table=table)
    model = Model(build(table, seed=0).eval(), dataset.classes, {}, {})
    with untouched(model.network):
        kept = [
            save_view(view, tmp_path) for part in dataset_sections(model, dataset, "C1")[:3] for view in part.views()
        ]
    assert [one.view.name for one in kept] == ["invariance-of-accuracy", "activity", "exciting-C1"]


def test_a_black_picture_teaches_no_filter():
    table = load_table("lenet5:tiny")
    black = sample_of("black", torch.zeros(table.input, dtype=torch.uint8), table)
    (filters,) = [
        part for part in sample_sections(model_of(table), black, InspectionTarget()) if part.what == "filters"
    ]
    assert [view.name for view in filters.views()] == ["hand-made-filters"]


def test_tiles_stand_where_they_belong():
    tiles = in_rows(np.arange(5.0)[:, None, None] * np.ones((5, 2, 3)), 3)
    sheet = tiled(tiles)
    assert sheet.shape == (5, 11)
    assert sheet[0].tolist()[:3] == [0, 0, 0]
    assert sheet[3, 4] == 4
    assert np.isnan(sheet[2]).all()
    assert np.isnan(sheet[3, 8:]).all()  # of five, the sixth is empty
