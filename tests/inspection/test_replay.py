"""Replay: the frames of a run are what each snapshot shows by itself; the views of every kind of network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from untouched import untouched

from striate.errors import DataError, ModelError, StriateError
from striate.inspection import kernels, load_sample, measure_replay, measure_tuning, record_activations, replay_frame
from striate.inspection.html_report import HtmlReport, html_page, save_view
from striate.inspection.replay_view import replay_views
from striate.nn import load_model
from striate.tables import Conv, Dense, Recipe, Table, load_table
from striate.training import REPLAY_FOLDER, REPLAY_PICTURE_NAME, Options, find_snapshots, train

TABLES = {
    "lenet5": load_table("lenet5:tiny"),
    "colours and more maps than are shown": Table(
        "colours", (3, 12, 20), (Conv("C1", maps=20, kernel=(3, 5), activation="relu"), Dense("Out", units=10))
    ),
    "two channels in groups": Table(
        "groups",
        (1, 8, 8),
        (Conv("C1", maps=2, kernel=1), Conv("C2", maps=4, kernel=3, groups=2), Dense("Out", units=10)),
    ),
    "no convolution": Table("dense", (1, 8, 8), (Dense("Out", units=10),)),
}
FLOAT32 = Options(precision="float32", device="cpu")


@pytest.fixture(scope="module", params=TABLES)
def run(request, tmp_path_factory):
    """A run of each kind of network, with five snapshots."""
    out = tmp_path_factory.mktemp("runs") / "run"
    recipe = Recipe(epochs=2, batch_size=256, learning_rate=0.003)
    return train(TABLES[request.param], "digits", out, recipe=recipe, replay=5, options=FLOAT32).directory


def test_each_frame_is_what_its_snapshot_shows(run):
    done = []
    replay = measure_replay(run, on_progress=lambda *counts: done.append(counts))
    assert done == [(number, 5) for number in range(1, 6)]
    assert [frame.step for frame in replay.frames] == list(find_snapshots(run))
    sample = load_sample(run / REPLAY_FOLDER / REPLAY_PICTURE_NAME, replay.plan.table)
    assert torch.equal(replay.sample.input_NCHW, sample.input_NCHW)
    assert replay.label in replay.classes
    for frame, path in zip(replay.frames, find_snapshots(run).values(), strict=True):
        network = load_model(path).network
        expected = network(sample.input_NCHW)[0].double().softmax(0)
        assert frame.probabilities == pytest.approx(expected.detach().numpy(), abs=1e-6)
        if frame.first is None:
            assert network.table.name == "dense"
            continue
        row = frame.first.path
        assert row == "C1"
        assert np.array_equal(frame.first.kernels, kernels(network, row))
        maps = record_activations(network, sample.input_NCHW, [row])[row].output[0]
        assert np.array_equal(frame.first.maps, maps.detach().numpy())
        assert np.array_equal(frame.first.tuning.responses, measure_tuning(network, [row])[row].responses)


def test_a_frame_leaves_its_network_as_it_was(run):
    model = load_model(run)
    sample = load_sample(run / REPLAY_FOLDER / REPLAY_PICTURE_NAME, model.network.table)
    with untouched(model.network):
        assert replay_frame(model, sample).step == 0  # a model that is no snapshot


def test_the_views_of_every_kind_of_network(run, tmp_path):
    replay = measure_replay(run)
    saved = [save_view(view, tmp_path) for view in replay_views(replay)]
    names = ["replay-kernels", "replay-maps", "replay-tuning", "replay-answers"]
    assert [one.view.name for one in saved] == names[-1 if replay.plan.table.name == "dense" else 0 :]
    for one in saved:
        with Image.open(one.picture) as picture:
            assert 300 < picture.width <= 990
            assert picture.convert("L").getextrema()[0] < 100
        assert one.view.numbers["steps"] == list(find_snapshots(run))
    answers = saved[-1].view
    assert len(answers.rows) == len(replay.frames)
    assert np.array(answers.numbers["probabilities"]).sum(axis=1) == pytest.approx(1)
    if len(saved) > 1:
        changed = saved[0].view.numbers["changed"]
        assert (changed[0], changed[-1]) == (0, 1)
        assert "after 1 of 12 steps" not in saved[0].view.paragraphs[1]
    assert "Shown are the first 16 of 20" in html_page(HtmlReport("", (replay.plan,), tuple(saved))) or (
        replay.plan.table.name != "colours"
    )


def test_another_picture_and_what_is_not_there(run, tmp_path):
    Image.new("L", (30, 20), 90).save(tmp_path / "gray.png")
    replay = measure_replay(run, tmp_path / "gray.png")
    assert (replay.label, replay.sample.name) == ("", "gray.png")
    with pytest.raises(DataError, match=r"missing\.png: no such file"):
        measure_replay(run, tmp_path / "missing.png")
    with pytest.raises(StriateError, match="has no snapshots; `striate train --replay N` keeps N of them in a run"):
        measure_replay(tmp_path)


def test_a_damaged_snapshot_is_named(tmp_path):
    recipe = replace(TABLES["lenet5"].recipe, epochs=1, batch_size=512)
    run = train(TABLES["lenet5"], "digits", tmp_path / "run", recipe=recipe, replay=2, options=FLOAT32).directory
    path = find_snapshots(run)[3]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ModelError, match=r"00000003\.safetensors: not a model file, or cut short or damaged"):
        measure_replay(run)
