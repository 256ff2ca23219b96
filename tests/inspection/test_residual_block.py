"""A unit against a convolution written out in NumPy; at weights 0 it is the identity, exactly, and a plain block nothing."""

import numpy as np
import pytest
import torch

from striate.inspection import SHORTCUT_OPTIONS, chain_of_blocks, residual_block, size_change
from striate.nn import build
from striate.tables import Add, Conv, He, Table, basic_unit


def maps(channels=1, *, negative=False):
    values = torch.rand(channels, 8, 6, generator=torch.Generator().manual_seed(0))
    return values - 0.5 if negative else values


def convolve(x_CHW, weight):
    """3x3 with padding 1, in loops."""
    padded = np.pad(x_CHW, ((0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(weight), *x_CHW.shape[1:]))
    for o, row, column in np.ndindex(out.shape):
        out[o, row, column] = (weight[o] * padded[:, row : row + 3, column : column + 3]).sum()
    return out


def body_of(x_CHW, weight, seed):
    """F(x), with the weights that `build` draws."""
    channels = len(x_CHW)
    body = (Conv("conv1", maps=16, kernel=3, padding=1), Conv("conv2", maps=channels, kernel=3, padding=1))
    table = Table("unit", source="", input=tuple(x_CHW.shape), rows=(Add("unit", body=body),), initialization=He())
    w1, w2 = (
        build(table, seed=seed).get_parameter(f"unit.body.{name}.weight").detach().double().numpy() * weight
        for name in ("conv1", "conv2")
    )
    return convolve(np.maximum(0, convolve(x_CHW.double().numpy(), w1)), w2)


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
def test_the_output_is_the_sum_written_out(channels, weight, plain):
    x = maps(channels, negative=True)
    result = residual_block(x, weight, plain=plain, seed=4)
    shortcut = 0 if plain else x.double().numpy()
    expected = np.maximum(0, body_of(x, weight, seed=4) + shortcut)
    np.testing.assert_allclose(result.output_CHW.numpy(), expected, atol=1e-5)
    change = expected - x.double().numpy()
    assert result.difference == pytest.approx(np.linalg.norm(change) / np.linalg.norm(x), rel=1e-4)
    assert result.largest == pytest.approx(np.abs(change).max(), rel=1e-4)


def test_with_weights_0_a_unit_is_relu_of_x_to_the_last_bit():
    x, signed = maps(), maps(negative=True)
    assert torch.equal(residual_block(x, 0.0).output_CHW, x)
    assert residual_block(x, 0.0).difference == 0
    assert torch.equal(residual_block(signed, 0.0).output_CHW, signed.relu())
    assert residual_block(signed, 0.0).difference > 0
    assert not residual_block(x, 0.0, plain=True).output_CHW.any()


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_the_gradient_is_that_of_small_changes(weight, plain):
    """By autograd over the sum written out; through an identity shortcut passes what is at the sum, whatever the weights."""
    gradient = residual_block(maps(), weight, plain=plain, seed=1).gradient
    assert gradient.shortcut == (0 if plain else gradient.at_sum)
    assert gradient.identity is not plain
    if weight == 0:
        assert gradient.body == 0
        assert gradient.together == gradient.shortcut
        assert gradient.at_sum == pytest.approx(0 if plain else 1, abs=1e-6)
    else:
        assert gradient.body > 0
        assert gradient.together <= gradient.body + gradient.shortcut + 1e-6


def test_the_gradient_of_the_body_falls_as_the_square_of_the_weights():
    """Two convolutions, each times the factor: F(x) and its derivative are homogeneous."""
    whole, half = (residual_block(maps(), weight, plain=True).gradient for weight in (1.0, 0.5))
    assert half.body / half.at_sum == pytest.approx(0.25 * whole.body / whole.at_sum, rel=1e-4)


def test_a_chain_of_blocks_is_one_after_the_other():
    outputs = chain_of_blocks(maps(), 0.5, 3, seed=7)
    x = maps()
    for number, output in enumerate(outputs):
        x = residual_block(x, 0.5, seed=7 + number).output_CHW
        assert torch.equal(output, x)


def test_an_input_of_zeros_differs_by_nothing():
    assert residual_block(torch.zeros(1, 4, 4), 0.0).difference == 0


def test_across_sizes_a_takes_every_second_cell_and_b_and_c_project():
    x = maps(2)
    results = {option: size_change(x, option) for option in SHORTCUT_OPTIONS}
    output = results["A"].output_CHW
    assert torch.equal(output[:2], x[:, ::2, ::2])
    assert not output[2:].any()
    for option in ("B", "C"):
        row = basic_unit("unit", 2, 4, stride=2, option=option)
        table = Table("unit", source="", input=tuple(x.shape), rows=(row,), initialization=He())
        weight = build(table, seed=0).get_parameter("unit.shortcut.conv.weight").detach()[:, :, 0, 0]
        expected = torch.einsum("oi,ihw->ohw", weight, x[:, ::2, ::2]).relu() / (1 + 1e-5) ** 0.5
        torch.testing.assert_close(results[option].output_CHW, expected)


@pytest.mark.parametrize(("option", "same", "changed"), [("A", 0, 0), ("B", 0, 8192), ("C", 4096, 8192)])
def test_what_the_options_cost_is_the_lesson_s_64_to_128(option, same, changed):
    result = size_change(torch.rand(64, 4, 4), option)
    assert (result.same, result.changed) == (same, changed)
