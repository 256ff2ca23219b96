"""Each change against scipy or NumPy: pictures move, turn, grow, blur, thicken as said, and by nothing not at all."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from untouched import untouched

from striate.inspection.perturbations import (
    PERTURBATIONS,
    STRESS,
    THICKNESS,
    add_noise,
    blur,
    combined_perturbation,
    fill_mode,
    perturb,
    rotate,
    scale,
    shift,
    thicken,
)
from striate.nn import build
from striate.tables import load_table

ALL = {**PERTURBATIONS, "thickness": THICKNESS}

# scipy's names for what comes in: zeros, or the edge repeated. "grid-constant" and "nearest" also where it interpolates.
MODES = {"zeros": "grid-constant", "border": "nearest"}


def pictures(height=20, width=24, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (2, channels, height, width), dtype=torch.uint8, generator=generator)


def by_scipy(images_NCHW, perturbation, fill):
    """Every map changed by itself in double precision."""
    maps = images_NCHW.numpy().astype(float)
    return np.stack([np.stack([perturbation(map_HW, MODES[fill]) for map_HW in maps_CHW]) for maps_CHW in maps])


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (-5, 0), (2, -7), (30, 0)])
def test_a_shift_by_whole_pixels_copies_them(right, down, fill):
    images = pictures()
    padded = np.pad(
        images.numpy(), ((0, 0), (0, 0), (32, 32), (32, 32)), mode="constant" if fill == "zeros" else "edge"
    )
    expected = padded[:, :, 32 - down : 52 - down, 32 - right : 56 - right]
    assert np.array_equal(shift(images, right, fill, down=down).numpy(), expected)


@pytest.mark.parametrize("fill", MODES)
def test_a_shift_between_pixels_is_bilinear(fill):
    images = pictures()
    expected = by_scipy(images, lambda m, mode: ndimage.shift(m, (0.75, 1.5), order=1, mode=mode), fill)
    assert np.abs(shift(images, 1.5, fill, down=0.75).numpy() - expected).max() <= 0.51


@pytest.mark.parametrize("turns", [1, 2, 3, -1])
def test_a_quarter_turn_is_numpys_counterclockwise(turns):
    images = pictures(24, 24)
    assert np.array_equal(rotate(images, 90 * turns, "zeros").numpy(), np.rot90(images.numpy(), turns, axes=(2, 3)))


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("degrees", [-60, 10, 45])
def test_other_turns_are_scipys(degrees, fill):
    """Not square, for torch counts each direction in its own halves."""
    images = pictures()
    turn = lambda m, mode: ndimage.rotate(m, degrees, reshape=False, order=1, mode=mode)  # noqa: E731
    assert np.abs(rotate(images, degrees, fill).numpy() - by_scipy(images, turn, fill)).max() <= 0.6


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("factor", [0.4, 0.85, 1.6])
def test_scaling_is_about_the_middle(factor, fill):
    images = pictures()
    middle = np.array([(20 - 1) / 2, (24 - 1) / 2])

    def grown(map_HW, mode):
        matrix = np.array([1 / factor, 1 / factor])
        return ndimage.affine_transform(map_HW, matrix, offset=middle - matrix * middle, order=1, mode=mode)

    assert np.abs(scale(images, factor, fill).numpy() - by_scipy(images, grown, fill)).max() <= 0.6


def test_half_the_size_is_the_mean_of_four():
    images = pictures(16, 16)
    halved = scale(images, 0.5, "zeros")[:, :, 4:12, 4:12].numpy()
    assert np.abs(halved - images.numpy().astype(float).reshape(2, 3, 8, 2, 8, 2).mean(axis=(3, 5))).max() <= 0.51


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("deviation", [0.5, 1.3, 4.0])
def test_blur_is_scipys_gaussian(deviation, fill):
    images = pictures()
    mode = {"zeros": "constant", "border": "nearest"}[fill]
    expected = by_scipy(images, lambda m, _: ndimage.gaussian_filter(m, deviation, mode=mode), fill)
    assert np.abs(blur(images, deviation, fill).numpy() - expected).max() <= 0.55


def test_noise_has_its_deviation_and_is_the_same_each_time():
    gray = torch.full((4, 3, 64, 64), 128, dtype=torch.uint8)
    noisy = add_noise(gray, 20, "zeros")
    assert (noisy.float() - 128).std().item() == pytest.approx(20, rel=0.02)
    assert (noisy.float() - 128).mean().item() == pytest.approx(0, abs=0.5)
    assert torch.equal(noisy, add_noise(gray, 20, "border"))
    assert not torch.equal(noisy[0], noisy[1])
    half = add_noise(gray, 10, "zeros").float() - 128
    assert (half - (noisy.float() - 128) / 2).abs().max() <= 1  # the same draws, half as large
    assert add_noise(torch.zeros(1, 1, 8, 8, dtype=torch.uint8), 50, "zeros").min() == 0  # cut off, not around


def thickened(map_HW, radius, *, light):
    """Each pixel's largest value, of what is to grow, over a disc whose weights fall from 1 to 0 past its radius."""
    height, width = map_HW.shape
    values = map_HW.astype(float) if light else 255 - map_HW.astype(float)
    found = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            weights = [
                (np.clip(radius + 1 - np.hypot(i - y, j - x), 0, 1), values[i, j])
                for i in range(height)
                for j in range(width)
            ]
            found[y, x] = max(weight * value for weight, value in weights)
    return found if light else 255 - found


@pytest.mark.parametrize("amount", [-1.4, -1, -0.3, 0.5, 1, 2.25])
@pytest.mark.parametrize("fill", MODES)
def test_strokes_grow_by_a_disc(amount, fill):
    """Strokes are light on zeros, else dark."""
    images = pictures(9, 11)
    light = (amount > 0) == (fill == "zeros")
    expected = [[thickened(m, abs(amount), light=light) for m in image] for image in images.numpy()]
    assert np.abs(thicken(images, amount, fill).numpy() - np.array(expected)).max() <= 0.501


def test_a_stroke_is_wider_by_twice_the_amount():
    stroke = torch.zeros(1, 1, 21, 21, dtype=torch.uint8)
    stroke[:, :, :, 9:12] = 255
    for amount in (-1, -0.5, 0.5, 1, 1.5, 3):
        wide = 3 + 2 * amount
        assert thicken(stroke, amount, "zeros")[0, 0, 10].sum() / 255 == pytest.approx(wide, abs=0.01)
        assert 21 - thicken(255 - stroke, amount, "border")[0, 0, 10].sum() / 255 == pytest.approx(wide, abs=0.01)
    assert not thicken(stroke, -2, "zeros").any()  # gone


def test_all_at_once_is_one_after_the_other():
    images = pictures()
    amounts = {"thickness": 0.7, "scale": 0.8, "rotation": 20, "shift": -2.5, "noise": 12}
    expected = thicken(images, 0.7, "zeros")
    expected = shift(rotate(scale(expected, 0.8, "zeros"), 20, "zeros"), -2.5, "zeros")
    expected = add_noise(expected, 12)
    assert torch.equal(perturb(images, amounts, "zeros"), expected)
    assert torch.equal(perturb(images, {}, "border"), images)
    turned = combined_perturbation("rotation", {**amounts, "rotation": 50})  # whose own amount does not count
    assert torch.equal(turned.apply(images, 20, "zeros"), expected)
    assert (turned.name, turned.steps) == ("rotation", PERTURBATIONS["rotation"].steps)
    assert set(STRESS) == set(amounts)


def test_between_amounts_there_are_more():
    for perturbation in STRESS.values():
        for table in (load_table("lenet5"), load_table("alexnet")):
            finer = perturbation.amounts(table, 5)
            assert len(finer) == 41
            assert finer[::5] == pytest.approx(perturbation.amounts(table))
            assert np.allclose(np.diff(finer), finer[1] - finer[0], atol=1e-4)


@pytest.mark.parametrize("fill", MODES)
@pytest.mark.parametrize("perturbation", ALL.values(), ids=ALL)
def test_by_nothing_is_not_at_all(perturbation, fill):
    images = pictures()
    before = images.clone()
    with untouched(build("lenet5:tiny", seed=0)):  # for torch's global generator
        assert torch.equal(perturbation.apply(images, perturbation.neutral, fill), images)
        changed = perturbation.apply(images, perturbation.steps[-1], fill)
    assert changed.dtype == torch.uint8
    assert changed.shape == images.shape
    assert not torch.equal(changed, images)
    assert torch.equal(images, before)


def test_amounts_hold_the_neutral_one_and_grow_with_the_input():
    small, large = load_table("lenet5"), load_table("alexnet")
    for perturbation in ALL.values():
        amounts = perturbation.amounts(small)
        assert perturbation.neutral in amounts
        assert np.allclose(np.diff(amounts), amounts[1] - amounts[0])  # evenly spaced
        times = 7 if perturbation.name in ("shift", "blur", "thickness") else 1
        assert perturbation.amounts(large) == tuple(times * amount for amount in amounts)


def test_the_fill_mode_follows_the_preprocessing():
    assert fill_mode(load_table("lenet5").preprocessing) == "zeros"
    assert fill_mode(load_table("resnet18:tiny").preprocessing) == "border"
