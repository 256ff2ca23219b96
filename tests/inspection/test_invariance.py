"""Perturbed pictures go through the network as any others; the neutral amount gives the plain accuracy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.data import ArrayPictures, ImageSet, load_dataset, normalize, preprocessed_batches
from striate.errors import DataError
from striate.inspection import plotting
from striate.inspection.invariance import SweepResult, accuracy_under, probabilities_under
from striate.inspection.invariance_view import robustness_view, sweep_figure, sweep_view
from striate.inspection.perturbations import PERTURBATIONS, fill_mode
from striate.nn import build, load_model
from striate.runtime import Device
from striate.training import eval_loss, predict_logits, score

LENET = load_model(Path("lenet5"))
DIGITS = load_dataset("digits", table=LENET.network.table).validation


@pytest.mark.parametrize("name", ["lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet50:tiny", "minivggnet:tiny"])
def test_probabilities_are_the_networks_own(name):
    network = with_statistics(build(name, seed=0)).train()
    table = network.table
    fitted = torch.randint(0, 256, table.input, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    with untouched(network):
        sweeps = [probabilities_under(network, fitted, perturbation) for perturbation in PERTURBATIONS.values()]
    network.eval()
    for sweep in sweeps:
        place = sweep.amounts.index(sweep.perturbation.neutral)
        assert np.array_equal(sweep.images_NCHW[place], fitted.numpy())
        for amount, picture, probabilities in zip(sweep.amounts, sweep.images_NCHW, sweep.probabilities, strict=True):
            perturbed = sweep.perturbation.apply(fitted.unsqueeze(0), amount, fill_mode(table.preprocessing))
            assert np.array_equal(perturbed[0].numpy(), picture)
            with torch.no_grad():
                expected = network(normalize(perturbed, table.preprocessing)).double().softmax(dim=1)[0]
            assert probabilities == pytest.approx(expected.numpy(), abs=1e-4)


def test_without_perturbation_the_accuracy_is_that_of_the_evaluation():
    network, progress, images = LENET.network, [], DIGITS.subset(list(range(0, 360, 3)))
    with untouched(network):
        results = accuracy_under(network, images, on_progress=lambda *done: progress.append(done))
    logits = predict_logits(network, images, Device(torch.device("cpu"), "float32"))
    plain = score(logits, images.labels, eval_loss(network.table.recipe))
    assert [robustness.perturbation.name for robustness in results] == list(PERTURBATIONS)
    for robustness in results:
        assert robustness.images == len(images) == 120
        assert robustness.accuracy[robustness.amounts.index(robustness.perturbation.neutral)] == pytest.approx(
            plain.top1
        )
        assert robustness.accuracy.shape == (9,)
    assert progress[-1] == (120 * 45, 120 * 45)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)


def test_accuracy_counts_the_pictures_one_by_one():
    perturbation, network = PERTURBATIONS["rotation"], LENET.network
    (robustness,) = accuracy_under(network, DIGITS, [perturbation], limit=30)
    right, chosen = np.zeros(9), DIGITS.subsample(30)
    for fitted_CHW, label in zip(
        torch.cat(list(preprocessed_batches(chosen, network.table))), chosen.labels, strict=True
    ):
        right += probabilities_under(network, fitted_CHW, perturbation).probabilities.argmax(axis=1) == label.item()
    assert robustness.accuracy == pytest.approx(right / 30)
    first = next(preprocessed_batches(chosen, network.table))[0]
    assert np.array_equal(probabilities_under(network, first, perturbation).images_NCHW, robustness.example_NCHW)


@pytest.mark.parametrize(
    ("likeliest", "expected_range"),
    [
        ("aaabaaaca", (0, 30)),
        ("aaaaaaaaa", (-60, 60)),
        ("aaaabaaaa", None),
        ("bbbbabbbb", (0, 0)),
        ("baaaaabbb", (-45, 15)),
    ],
)
def test_the_stable_range_of_a_prediction(likeliest, expected_range):
    """Around the neutral amount, the fifth of nine."""
    perturbation = PERTURBATIONS["rotation"]
    probabilities = np.array([[0.1, 0.1, 0.1] for _ in likeliest])
    probabilities[range(9), ["abc".index(letter) for letter in likeliest]] = 0.8
    sweep = SweepResult(perturbation, perturbation.steps, np.zeros((9, 1, 1, 1), np.uint8), probabilities)
    assert sweep.stable_range(0) == expected_range
    likeliest_of_few = SweepResult(perturbation, (10.0, 20.0), sweep.images_NCHW[:2], probabilities[3:5])
    assert likeliest_of_few.stable_range(0) == (
        (10.0, 20.0) if likeliest[3:5] == "aa" else (10.0, 10.0) if likeliest[3] == "a" else None
    )


def test_of_many_images_as_many_of_each_class_are_taken():
    labels = torch.arange(10).repeat_interleave(100)
    images = ImageSet(ArrayPictures(np.zeros((1000, 2, 2, 1), np.uint8)), labels)
    assert torch.bincount(images.subsample(100).labels).tolist() == [10] * 10
    assert images.subsample(1000) is images


def test_no_images():
    with pytest.raises(DataError, match="there are no images to perturb"):
        accuracy_under(LENET.network, DIGITS.subset([]))


def test_views_have_the_numbers(tmp_path):
    network = LENET.network
    fitted = torch.zeros(1, 32, 32, dtype=torch.uint8)
    fitted[:, 8:24, 15:17] = 255
    sweeps = [probabilities_under(network, fitted, PERTURBATIONS[name]) for name in ("noise", "rotation")]
    view = sweep_view(sweeps, LENET.classes, "a stroke")
    own = view.numbers["class"]
    assert view.paragraphs[0].startswith(f"The prediction for a stroke is {own}, probability")
    turned = view.numbers["changes"][1]
    assert turned["name"] == "rotation"
    assert turned["taken_for"][4] == own
    kept = [amount for amount, taken in zip(turned["amounts"], turned["taken_for"], strict=True) if taken == own]
    assert f"rotation from {min(kept):g} to {max(kept):g} degrees counterclockwise" in view.paragraphs[0]
    plotting.save_figure(view.figure, tmp_path / "one.png")

    results = accuracy_under(network, DIGITS, limit=60)
    view = robustness_view(results, network.table, "digits")
    share = results[0].accuracy[4]
    assert f"on 60 validation images of digits is {100 * share:.1f} %." in view.paragraphs[0]
    assert view.numbers["changes"][0]["accuracy"] == results[0].accuracy.tolist()
    assert "location invariance" in view.paragraphs[1]
    assert [row[0] for row in view.rows] == list(PERTURBATIONS)
    plotting.save_figure(view.figure, tmp_path / "set.png")
    assert (tmp_path / "one.png").stat().st_size > 10_000 < (tmp_path / "set.png").stat().st_size


def test_colour_pictures_and_long_names_are_drawn(tmp_path):
    network = build("resnet50:tiny", seed=0)
    fitted = torch.randint(0, 256, network.table.input, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    sweeps = [probabilities_under(network, fitted, PERTURBATIONS[name]) for name in ("blur",)]
    names = [f"a class with quite a long name, number {number}" for number in range(10)]
    figure = sweep_figure(sweeps, names)
    plotting.save_figure(figure, tmp_path / "colour.png")
    assert (tmp_path / "colour.png").stat().st_size > 10_000
    (legend,) = [axis.get_legend() for axis in figure.axes if axis.get_legend()]
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown and all(text.startswith("a class with") for text in shown)
