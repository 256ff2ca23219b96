"""Maps as bytes: within the precision of a byte, means where they are large, zeros for what is not finite."""

import math

import torch

from striate.inspection import quantize_maps


def dequantized(maps):
    return (maps.bytes_NHW.double() - 128) / 127 * maps.scale


def test_a_byte_is_within_half_a_level_of_its_value():
    output = torch.randn(5, 7, 9, generator=torch.Generator().manual_seed(0))
    maps = quantize_maps(output, max_maps=3, max_side=56)
    assert maps.scale == output[:3].abs().max() and maps.signed
    assert (dequantized(maps) - output[:3]).abs().max() <= maps.scale / 127 / 2 * 1.01


def test_large_maps_are_scaled_down_to_means():
    output = torch.arange(2 * 112 * 112.0).reshape(2, 112, 112)
    maps = quantize_maps(output, max_maps=1, max_side=56)
    means = output[:1].reshape(1, 56, 2, 56, 2).mean(dim=(2, 4))
    assert maps.bytes_NHW.shape == means.shape and not maps.signed
    assert (dequantized(maps) - means).abs().max() <= maps.scale / 127


def test_units_without_extent_are_all_quantized():
    assert quantize_maps(torch.ones(84), max_maps=1, max_side=1).bytes_NHW.shape == (84, 1, 1)
    assert quantize_maps(torch.ones(10, 1, 1), max_maps=1, max_side=1).bytes_NHW.shape == (10, 1, 1)


def test_numbers_that_are_not_finite_become_zero():
    maps = quantize_maps(torch.tensor([[[1.0, math.nan], [math.inf, -2.0]]]), max_maps=1, max_side=56)
    assert maps.scale == 2.0 and maps.signed
    assert maps.bytes_NHW.flatten().tolist() == [192, 128, 128, 1]


def test_zeros_have_a_scale():
    assert quantize_maps(torch.zeros(2, 3, 3), max_maps=2, max_side=56).scale == 1.0
