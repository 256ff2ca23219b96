"""The measurements of pooling: bytes that torch saves, accuracy under shifts, pooled maps."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from untouched import untouched

from striate.data import load_dataset, validation_batches
from striate.errors import TableError
from striate.inspection import plotting
from striate.inspection.pooling_comparison import (
    SHIFT_FOUR_WAYS,
    Timing,
    bytes_saved_for_backward,
    common_recipe,
    compare_pooling,
    pool_strongest_map,
    shift_four_ways,
)
from striate.inspection.pooling_comparison_view import pooling_comparison_view
from striate.inspection.pooling_variants import POOLING_KINDS, pooling_variants
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
    progress = []
    network = build("lenet5:tiny", seed=0)
    with untouched(network):  # for torch's global generator and threads
        comparison = compare_pooling(TINY, DIGITS, epochs=2, seed=3, on_progress=lambda *done: progress.append(done))
    return comparison, progress


def test_the_variants_are_trained_as_the_trainer_would(compared):
    """Interleaving changes nothing: the accuracies are those of a training by itself."""
    comparison, progress = compared
    assert progress == [(done, 3 * 2 * 23) for done in range(1, 3 * 2 * 23 + 1)]
    device = Device(torch.device("cpu"), "float32")
    for kind, pooled in pooling_variants(TINY).items():
        table = adapt_to_dataset(replace(pooled, recipe=comparison.recipe), DIGITS).table
        with torch.random.fork_rng(devices=[]):
            trainer = Trainer(build(table, seed=3), DIGITS, device=device)
            *_, last = trainer.run()
        variant, loss = comparison.variants[kind], eval_loss(comparison.recipe)
        assert variant.shifted.accuracy[0] == pytest.approx(last.test_accuracy)
        assert variant.shifted.images == 360
        indices = np.linspace(0, len(DIGITS.train) - 1, 1000).round().astype(int).tolist()
        trained_on = DIGITS.train.subset(indices)
        top1 = score(predict_logits(trainer.network, trained_on, device), trained_on.labels, loss).top1
        assert variant.train_accuracy == pytest.approx(top1)
        assert variant.parameters == sum(parameter.numel() for parameter in trainer.network.parameters())


def test_parameters_by_hand_and_times(compared):
    variants = compared[0].variants
    assert {kind: variant.parameters for kind, variant in variants.items()} == {
        "max": 40 + 10 * (4 * 25 + 1),
        "average": 40 + 10 * (4 * 25 + 1),
        "none": 40 + 10 * (4 * 100 + 1),
    }
    for variant in variants.values():
        for timing in (variant.step_time, variant.image_time):
            assert 0 < timing.low <= timing.median <= timing.high


def test_the_recipe_is_one_for_all():
    own = load_table("lenet5:modern").recipe
    common = common_recipe(own)
    assert (common.batch_size, common.loss, common.learning_rate) == (40, own.loss, 3e-3)
    assert common_recipe(load_table("lenet5").recipe).loss == "rbf_map"


def test_bytes_saved_for_backward_counted_by_hand():
    """Of 64 pictures: the input, C1's output after its ReLU, the numbers that the dense row reads."""
    saved = {
        kind: bytes_saved_for_backward(build(table, seed=0), DIGITS.train)
        for kind, table in pooling_variants(TINY).items()
    }
    image, c1, pooled, place = 4 * 144, 4 * 400, 4 * 100, 8 * 100
    assert saved["average"] == 64 * (image + c1 + pooled)
    assert saved["max"] == 64 * (image + c1 + pooled + place)  # and where each largest value was
    assert saved["none"] == 64 * (image + c1 + c1)  # flattened anew: in memory its channels lie last


def test_a_quarter_is_shifted_in_each_direction():
    images = torch.zeros(5, 1, 7, 7, dtype=torch.uint8)
    images[:, :, 3, 3] = 255
    places = shift_four_ways(images, 2.0, "zeros").nonzero()[:, 2:].tolist()
    assert places == [[3, 5], [5, 3], [3, 1], [1, 3], [3, 5]]  # row, column: right, down, left, up, right
    assert torch.equal(shift_four_ways(images, 0.0, "zeros"), images)
    assert SHIFT_FOUR_WAYS.steps == tuple(range(7))


def test_max_keeps_the_strongest_and_average_the_mean():
    """Of LeNet-5's first maps, with NumPy, and without the activation that its subsampling has."""
    table = replace(pooling_variants(load_table("lenet5"))["max"])
    network = build(table, seed=0)
    with untouched(network):
        saved = pool_strongest_map(network, DIGITS.validation)
    x = next(validation_batches(DIGITS.validation, table))[:1]
    with torch.no_grad():
        maps = network.C1(x)[0].numpy()
    assert (saved.path, saved.map) == ("S2", int(maps.reshape(6, -1).max(axis=1).argmax()))
    before = maps[saved.map]
    assert saved.before_HW == pytest.approx(before, abs=1e-6)
    windows = before.reshape(14, 2, 14, 2)
    assert saved.max_HW == pytest.approx(windows.max(axis=(1, 3)), abs=1e-6)
    assert saved.average_HW == pytest.approx(windows.mean(axis=(1, 3)), abs=1e-6)
    assert saved.fitted_CHW.shape == (1, 32, 32)


def test_a_training_step_that_is_too_large_is_refused():
    with pytest.raises(
        TableError,
        match=r"table alexnet:notes, no pooling: a training step of 128 images would need .* GiB, more than 4",
    ):
        compare_pooling(load_table("alexnet:notes"), load_dataset("digits", table=load_table("alexnet:notes")))


def view_with(comparison, *, accuracies, trained=(0.99, 0.99, 0.99), images=10_000):
    """The same comparison with other accuracies, unmoved and moved, for max, average, none."""
    variants = {}
    for kind, (unmoved, shifted), train_accuracy in zip(POOLING_KINDS, accuracies, trained, strict=True):
        robustness = replace(
            comparison.variants[kind].shifted, accuracy=np.array([unmoved] + 6 * [shifted]), images=images
        )
        variants[kind] = replace(comparison.variants[kind], shifted=robustness, train_accuracy=train_accuracy)
    return pooling_comparison_view(replace(comparison, variants=variants))


def test_the_words_are_those_of_the_numbers(compared, tmp_path):
    comparison = compared[0]
    view = pooling_comparison_view(comparison)
    assert "Without S2 the network has 3.86 times as many, 4,050 instead of 1,050" in view.paragraphs[0]
    assert "row Out gets larger maps and has 4,010 instead of 1,010" in view.paragraphs[0]
    plotting.save_figure(view.figure, tmp_path / "pooling.png")
    assert (tmp_path / "pooling.png").stat().st_size > 10_000
    assert (
        view.numbers["variants"]["none"]["moved"]["accuracy"] == comparison.variants["none"].shifted.accuracy.tolist()
    )
    assert all(len(row) == len(view.header) for row in view.rows)

    helps = view_with(comparison, accuracies=((0.98, 0.7), (0.98, 0.7), (0.97, 0.5)), trained=(0.99, 0.99, 1.0))
    assert "19.0 points larger (beyond chance, 1.4), with average pooling 0.0 points" in helps.paragraphs[3]
    assert "pooling helps against shifts. None" in helps.paragraphs[3]
    assert "2.0 points wider (beyond chance, 0.4): this supports the notes' claim" in helps.paragraphs[2]
    alike = view_with(comparison, accuracies=((0.98, 0.7), (0.98, 0.7), (0.98, 0.701)))
    assert "0.1 points smaller (within chance, 1.3)" in alike.paragraphs[3]
    assert "no sign that pooling helps against shifts here" in alike.paragraphs[3]
    assert "no sign that pooling reduces overfitting here" in alike.paragraphs[2]
    early = view_with(comparison, accuracies=((0.4, 0.3), (0.3, 0.2), (0.9, 0.5)))
    assert "this shows nothing about pooling; use more epochs" in early.paragraphs[3]
    assert "their gaps show nothing; use more epochs" in early.paragraphs[2]


def test_a_network_without_weights_for_places(compared):
    report = compared[0].variants["max"].report
    same = {kind: replace(variant, parameters=5, report=report) for kind, variant in compared[0].variants.items()}
    assert (
        "Here it does not: 5 with it and without"
        in pooling_comparison_view(replace(compared[0], variants=same)).paragraphs[0]
    )


def test_times_are_in_milliseconds(compared):
    slow = replace(compared[0].variants["none"], step_time=Timing(2.5, 2.25, 3.0))
    view = pooling_comparison_view(replace(compared[0], variants={**compared[0].variants, "none": slow}))
    (row,) = [row for row in view.rows if row[0].startswith("training step")]
    assert row[-1] == "2,500 ms (2,250 to 3,000)"
