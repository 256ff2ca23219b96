"""The papers' ten crops, against torchvision's and against the one crop that is used elsewhere."""

from dataclasses import replace

import pytest
import torch
from torchvision.transforms.v2 import TenCrop
from torchvision.transforms.v2.functional import resize

from striate.data.preprocessing import preprocess
from striate.data.ten_crops import check_ten_crops, ten_crops
from striate.errors import TableError
from striate.tables import ARCHITECTURES, Preprocessing, load_table

ALEXNET = load_table("alexnet")


def smooth(*size, images=2):
    """Pictures without edges, of which a shift by less than a pixel makes little of a difference."""
    coarse = torch.randint(0, 256, (images, 3, 6, 6), generator=torch.Generator().manual_seed(0))
    return resize(coarse.to(torch.uint8), list(size))


def theirs(images):
    """torchvision's ten, which cuts the second five out of the reflected picture: its left corners are our right ones."""
    return torch.stack(TenCrop(224)(images), dim=1)[:, [0, 1, 2, 3, 4, 6, 5, 8, 7, 9]]


def table(input, **preprocessing):
    return replace(ALEXNET, input=input, preprocessing=Preprocessing(**preprocessing))


def test_of_a_square_picture_of_256_they_are_torchvisions():
    images = torch.randint(0, 256, (2, 3, 256, 256), dtype=torch.uint8)
    assert torch.equal(ten_crops(images, ALEXNET), theirs(images))


@pytest.mark.parametrize("size", [(300, 400), (513, 256), (200, 210), (64, 1000)])
def test_of_other_pictures_they_are_torchvisions_of_the_middle(size):
    """Section 2: the shorter side is scaled to 256, and the central 256x256 is cut out."""
    images = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
    shorter = min(size)
    top, left = (size[0] - shorter) // 2, (size[1] - shorter) // 2
    square = images[:, :, top : top + shorter, left : left + shorter]
    expected = theirs(resize(square, [256, 256], antialias=True))
    assert (ten_crops(images, ALEXNET).int() - expected.int()).abs().max() <= 1


@pytest.mark.parametrize("size", [(256, 256), (300, 400), (500, 300)])
@pytest.mark.parametrize("name", ["alexnet", "googlenet:torchvision", "resnet50", "resnet50:torchvision"])
def test_the_fifth_is_what_preprocess_returns(name, size):
    images, of = smooth(*size), load_table(name)
    difference = (ten_crops(images, of)[:, 4].int() - preprocess(images, of).int()).abs()
    assert difference.max() <= 3
    assert difference.float().mean() < 0.6


def test_the_last_five_are_the_first_reflected():
    crops = ten_crops(torch.randint(0, 256, (1, 3, 256, 256), dtype=torch.uint8), ALEXNET)
    assert torch.equal(crops[:, 5:], crops[:, :5].flip(4))


def test_inputs_that_are_no_squares_and_gray_pictures():
    images = torch.arange(100, dtype=torch.uint8).view(1, 1, 10, 10).repeat(1, 1, 12, 12)
    crops = ten_crops(images, table((3, 60, 90), crop=0.5))
    assert crops.shape == (1, 10, 3, 60, 90)
    assert torch.equal(crops[:, :, 0], crops[:, :, 2])


def test_a_light_picture_is_inverted_as_elsewhere():
    dark = torch.zeros(1, 1, 32, 32, dtype=torch.uint8)
    dark[:, :, 12:20, 12:20] = 255
    of = table((1, 28, 28), crop=28 / 32, light_on_dark=True)
    assert torch.equal(ten_crops(255 - dark, of), ten_crops(dark, of))
    assert torch.equal(ten_crops(dark, of)[:, 4], preprocess(dark, of))


@pytest.mark.parametrize("preprocessing", [{"fit": "pad"}, {"crop": 1.0}, {"crop": 0.5, "content": (28, 28)}], ids=str)
def test_a_table_that_does_not_crop_has_none(preprocessing):
    with pytest.raises(TableError, match=r"table alexnet: has no ten crops, for its preprocessing keeps the whole"):
        ten_crops(torch.zeros(1, 1, 40, 40, dtype=torch.uint8), table((1, 32, 32), **preprocessing))


def test_every_network_for_imagenet_has_ten():
    for_imagenet = [of for of in ARCHITECTURES.values() if of.input == (3, 224, 224)]
    assert len(for_imagenet) >= 20
    for of in for_imagenet:
        check_ten_crops(of)  # raises where there are none
