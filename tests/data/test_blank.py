"""Blank pictures: a group of them against the definition, one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data.blank import MIN_CONTRAST, are_blank, of_one_colour
from striate.tables import load_table


def is_one_colour(image_CHW):
    """The definition."""
    return all(int(channel.max()) - int(channel.min()) < MIN_CONTRAST for channel in image_CHW)


@pytest.mark.parametrize("seed", range(20))
def test_groups_against_the_definition(seed):
    generator = np.random.default_rng(seed)
    count, channels, height, width = generator.integers(1, [9, 4, 90, 90], endpoint=True)
    images = np.full((count, channels, height, width), generator.integers(0, 240), np.uint8)
    for image in images:
        for _ in range(generator.integers(0, 3)):
            channel, row, column = generator.integers([channels, height, width])
            image[channel, row, column] += generator.integers(0, 2 * MIN_CONTRAST)
    channels_last = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 2, 3, 1))).permute(0, 3, 1, 2)
    expected = [is_one_colour(image) for image in images]
    assert of_one_colour(torch.from_numpy(images)) == expected
    assert of_one_colour(channels_last) == expected


def test_one_pixel_of_a_large_picture_is_found():
    image = torch.full((2, 3, 500, 400), 9, dtype=torch.uint8)
    image[1, 2, 333, 77] = 255
    assert of_one_colour(image) == [True, False]


def test_an_input_without_a_digit_is_blank_where_there_should_be_one():
    noise = torch.randint(0, 255, (2, 1, 28, 28), dtype=torch.uint8)
    inputs = torch.zeros((2, 1, 32, 32), dtype=torch.uint8)
    inputs[1, 0, 9, 9] = 200
    table = load_table("lenet5")
    for_digits = replace(table, preprocessing=replace(table.preprocessing, figure=(20, 28)))
    assert are_blank(noise, inputs, for_digits) == [True, False]
    assert are_blank(noise, inputs, table) == [False, False]
