"""Bars and gratings against their formulas, written out pixel by pixel."""

import math

import numpy as np
import pytest

from striate.inspection.stimuli import MID_GRAY, as_input, bar, blank, grating
from striate.tables import load_table

SIZE = (17, 23)
ORIENTATIONS = (0, 30, 90, 117.5, 165)


def _across(row, column, orientation, middle):
    """How far a pixel lies from a line through the middle: the page's y points up, its x to the right."""
    x, y, turn = column - middle[1], middle[0] - row, math.radians(orientation)
    along = (math.cos(turn), math.sin(turn))
    return x * along[1] - y * along[0]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_grating_is_a_cosine_of_the_distance_across_its_stripes(orientation):
    shown = grating(SIZE, orientation, wavelength=6.5, phase_deg=50, contrast=0.4)
    for row, column in np.ndindex(*SIZE):
        wave = math.cos(2 * math.pi * _across(row, column, orientation, (8, 11)) / 6.5 - math.radians(50))
        assert shown[row, column] == pytest.approx(127.5 + 0.4 * 127.5 * wave, abs=1e-3)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_bar_covers_pixels_by_their_distance_from_its_middle_line(orientation):
    shown = bar(SIZE, orientation, width=2.5, position=1.3, contrast=0.6, centre=(5, 9.5))
    for row, column in np.ndindex(*SIZE):
        distance = _across(row, column, orientation, (5, 9.5)) - 1.3
        slices = np.linspace(distance - 0.5, distance + 0.5, 2001)
        covered = (np.abs(slices) < 1.25).mean()
        assert shown[row, column] == pytest.approx(127.5 * 0.4 + 2 * 0.6 * 127.5 * covered, abs=0.2)


def test_orientations_run_counterclockwise_as_seen_on_the_page():
    rows, columns = np.nonzero(bar((21, 21), 30, width=1) > 200)
    slope = np.polyfit(columns, -rows, 1)[0]  # up the page
    assert math.degrees(math.atan(slope)) == pytest.approx(30, abs=3)


@pytest.mark.parametrize("draw", [lambda turn: grating((19, 19), turn, 5, 40), lambda turn: bar((19, 19), turn, 3, 2)])
def test_what_is_turned_by_a_right_angle_is_the_picture_turned(draw):
    np.testing.assert_allclose(draw(25 + 90), np.rot90(draw(25)), atol=1e-3)


def test_positions_grow_down_the_page_and_to_the_right():
    assert bar((9, 9), 0, width=1, position=3)[:, 0].argmax() == 4 + 3
    assert bar((9, 9), 90, width=1, position=3)[0].argmax() == 4 + 3


def test_contrast_below_zero_changes_light_and_dark():
    for shown in (grating, bar):
        light, dark = (shown(SIZE, 30, 4, contrast=sign * 0.7) for sign in (1, -1))
        np.testing.assert_allclose(light + dark, 2 * MID_GRAY, atol=1e-3)
        assert (light.max() - light.min()) / (light.max() + light.min()) == pytest.approx(0.7, abs=0.01)


def test_a_bar_of_no_width_is_its_ground_and_one_of_no_contrast_is_mid_gray():
    assert (bar(SIZE, 30, width=0, contrast=1) == 0).all()
    assert (bar(SIZE, 30, width=0, contrast=-1) == 255).all()
    np.testing.assert_array_equal(bar(SIZE, 30, width=3, contrast=0), blank(SIZE))


@pytest.mark.parametrize("name", ["lenet5", "alexnet:tiny"])
def test_a_network_gets_the_same_light_in_each_channel_normalized(name):
    table = load_table(name)
    shown = [grating(table.input[1:], 30, 5), blank(table.input[1:])]
    given = as_input(shown, table)
    assert given.shape == (2, *table.input)
    mean, std = (
        np.broadcast_to(numbers, table.input[0]) for numbers in (table.preprocessing.mean, table.preprocessing.std)
    )
    for channel in range(table.input[0]):
        np.testing.assert_allclose(given[:, channel], (np.stack(shown) / 255 - mean[channel]) / std[channel], atol=1e-4)
