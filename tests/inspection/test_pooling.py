"""What is measured of pooling is what happens: bytes that torch keeps, pictures that move, maps that are pooled."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.data import load_dataset, validation_batches
from striate.errors import TableError
from striate.inspection.pooling import (
    MOVED,
    Timing,
    bytes_saved_for_backward,
    common_recipe,
    compare_pooling,
    measure_saved_bytes,
    shift_four_ways,
)
from striate.inspection.pooling_variants import KINDS, pooling_variants
from striate.inspection.views import style
from striate.inspection.views.pooling import pooling_view
from striate.nn import build
from striate.runtime import Device
from striate.tables import AveragePool, Conv, Dense, Preprocessing, Table, load_table
from striate.training import Trainer, adapt_to_dataset, eval_loss, predict_logits, score

TINY = Table(
    "pooled",
    (1, 12, 12),
    (
        Conv("C1", maps=4, kernel=3, activation="relu"),
        AveragePool("S2", kernel=2, stride=2),
        Dense("Out", units=10, activation="softmax"),
    ),
    preprocessing=Preprocessing(content=(12, 12), fit="pad"),
)
DIGITS = load_dataset("digits", table=TINY)


@pytest.fixture(scope="module")
def compared():
    seen = []
    network = build("lenet5:tiny", seed=0)
    with untouched(network):  # for torch's global generator and threads
        found = compare_pooling(TINY, DIGITS, epochs=2, seed=3, on_progress=lambda *done: seen.append(done))
    return found, seen


def test_the_variants_are_trained_as_the_trainer_would(compared):
    """Interleaving changes nothing: the accuracies are those of a training by itself."""
    found, seen = compared
    assert seen == [(step, 3 * 2 * 23) for step in range(1, 3 * 2 * 23 + 1)]
    device = Device(torch.device("cpu"), "float32")
    for kind, pooled in pooling_variants(TINY).items():
        table = adapt_to_dataset(replace(pooled, recipe=found.recipe), DIGITS, world_size=1)
        with torch.random.fork_rng(devices=[]):
            trainer = Trainer(build(table, seed=3), DIGITS, device=device)
            *_, last = trainer.run()
        variant, loss = found.variants[kind], eval_loss(found.recipe)
        assert variant.moved.accuracy[0] == pytest.approx(last.test_accuracy)
        assert variant.moved.images == 360
        indices = np.linspace(0, len(DIGITS.train) - 1, 1000).round().astype(int).tolist()
        trained_on = DIGITS.train.subset(indices)
        top1 = score(predict_logits(trainer.network, trained_on, device), trained_on.labels, loss).top1
        assert variant.train_accuracy == pytest.approx(top1)
        assert variant.parameters == sum(parameter.numel() for parameter in trainer.network.parameters())


def test_parameters_by_hand_and_times_in_order(compared):
    variants = compared[0].variants
    assert {kind: variant.parameters for kind, variant in variants.items()} == {
        "max": 40 + 10 * (4 * 25 + 1),
        "average": 40 + 10 * (4 * 25 + 1),
        "none": 40 + 10 * (4 * 100 + 1),
    }
    for variant in variants.values():
        for timing in (variant.step, variant.image):
            assert 0 < timing.low <= timing.median <= timing.high
        assert variant.image.median < variant.step.median


def test_the_recipe_is_one_for_all():
    own = load_table("lenet5:modern").recipe
    common = common_recipe(own)
    assert (common.batch_size, common.loss, common.learning_rate) == (40, own.loss, 3e-3)
    assert common_recipe(load_table("lenet5").recipe).loss == "rbf_map"


def test_what_torch_keeps_counted_by_hand():
    """Of 64 pictures: the input, C1's output after its ReLU, the numbers that the dense row reads."""
    kept = {
        kind: bytes_saved_for_backward(build(table, seed=0), DIGITS.train)
        for kind, table in pooling_variants(TINY).items()
    }
    image, c1, pooled, place = 4 * 144, 4 * 400, 4 * 100, 8 * 100
    assert kept["average"] == 64 * (image + c1 + pooled)
    assert kept["max"] == 64 * (image + c1 + pooled + place)  # and where each largest value was
    assert kept["none"] == 64 * (image + c1 + c1)  # flattened anew: in memory its channels lie last


def test_a_quarter_moves_to_each_side():
    images = torch.zeros(5, 1, 7, 7, dtype=torch.uint8)
    images[:, :, 3, 3] = 255
    places = shift_four_ways(images, 2.0, "zeros").nonzero()[:, 2:].tolist()
    assert places == [[3, 5], [5, 3], [3, 1], [1, 3], [3, 5]]  # row, column: right, down, left, up, right
    assert torch.equal(shift_four_ways(images, 0.0, "zeros"), images)
    assert MOVED.steps == tuple(range(7))


def test_max_keeps_the_strongest_and_average_the_mean():
    """Of LeNet-5's first maps, with NumPy, and without the activation that its subsampling has."""
    table = replace(pooling_variants(load_table("lenet5"))["max"])
    network = build(table, seed=0)
    with untouched(network):
        kept = measure_saved_bytes(network, DIGITS.validation)
    x = next(validation_batches(DIGITS.validation, table))[:1]
    with torch.no_grad():
        maps = network.C1(x)[0].numpy()
    assert (kept.path, kept.map) == ("S2", int(maps.reshape(6, -1).max(axis=1).argmax()))
    before = maps[kept.map]
    assert kept.before_HW == pytest.approx(before, abs=1e-6)
    windows = before.reshape(14, 2, 14, 2)
    assert kept.max_HW == pytest.approx(windows.max(axis=(1, 3)), abs=1e-6)
    assert kept.average_HW == pytest.approx(windows.mean(axis=(1, 3)), abs=1e-6)
    assert kept.picture_CHW.shape == (1, 32, 32)


def test_what_is_too_large_is_refused_before_it_is_built():
    with pytest.raises(
        TableError,
        match=r"table alexnet:notes, no pooling: a training step of 128 images would need .* GiB, more than 4",
    ):
        compare_pooling(load_table("alexnet:notes"), load_dataset("digits", table=load_table("alexnet:notes")))


def told(found, *, accuracies, trained=(0.99, 0.99, 0.99), images=10_000):
    """The same comparison with other accuracies, unmoved and moved, for max, average, none."""
    variants = {}
    for kind, (unmoved, moved), train_accuracy in zip(KINDS, accuracies, trained, strict=True):
        robustness = replace(found.variants[kind].moved, accuracy=np.array([unmoved] + 6 * [moved]), images=images)
        variants[kind] = replace(found.variants[kind], moved=robustness, train_accuracy=train_accuracy)
    return pooling_view(replace(found, variants=variants))


def test_the_words_are_those_of_the_numbers(compared, tmp_path):
    found = compared[0]
    view = pooling_view(found)
    assert "Without S2 the network has 3.86 times as many, 4,050 rather than 1,050" in view.words[0]
    assert "row Out sees larger maps and has 4,010 rather than 1,010" in view.words[0]
    style.save(view.figure, tmp_path / "pooling.png")
    assert (tmp_path / "pooling.png").stat().st_size > 10_000
    assert view.numbers["variants"]["none"]["moved"]["accuracy"] == found.variants["none"].moved.accuracy.tolist()
    assert all(len(line) == len(view.header) for line in view.lines)

    helps = told(found, accuracies=((0.98, 0.7), (0.98, 0.7), (0.97, 0.5)), trained=(0.99, 0.99, 1.0))
    assert "19.0 points larger (beyond chance, 1.4), with average pooling 0.0 points" in helps.words[3]
    assert "pooling helps against shifts, and" in helps.words[3]
    assert "2.0 points wider (beyond chance, 0.4): that speaks for the notes' claim" in helps.words[2]
    alike = told(found, accuracies=((0.98, 0.7), (0.98, 0.7), (0.98, 0.701)))
    assert "0.1 points smaller (within chance, 1.3)" in alike.words[3]
    assert "no sign that pooling helps against shifts here" in alike.words[3]
    assert "no sign that pooling keeps from overfitting here" in alike.words[2]
    early = told(found, accuracies=((0.4, 0.3), (0.3, 0.2), (0.9, 0.5)))
    assert "this tells nothing of pooling; take more epochs" in early.words[3]
    assert "their gaps tell nothing; take more epochs" in early.words[2]


def test_a_network_without_weights_for_places(compared):
    report = compared[0].variants["max"].report
    same = {kind: replace(variant, parameters=5, report=report) for kind, variant in compared[0].variants.items()}
    assert "Here it does not: 5 with it and without" in pooling_view(replace(compared[0], variants=same)).words[0]


def test_times_are_told_in_milliseconds(compared):
    slow = replace(compared[0].variants["none"], step=Timing(2.5, 2.25, 3.0))
    view = pooling_view(replace(compared[0], variants={**compared[0].variants, "none": slow}))
    (line,) = [line for line in view.lines if line[0].startswith("training step")]
    assert line[-1] == "2,500 ms (2,250 to 3,000)"
