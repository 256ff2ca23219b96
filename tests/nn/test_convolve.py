"""convolve = torch's own convolution, outputs and all gradients, whichever way it takes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.nn.convolve import convolve
from striate.nn.few_maps import ConvolutionOfFewMaps

ONE, NONE = (1, 1), (0, 0)


def tensors(*shapes):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator).requires_grad_() for shape in shapes]


def outputs_and_gradients(function, inputs, *rest):
    out = function(*inputs, *rest)
    given = [tensor for tensor in inputs if tensor is not None and tensor.requires_grad]
    return [out, *torch.autograd.grad(out, given, torch.linspace(-1, 1, out.numel()).view(out.shape))]


def agree(inputs, *rest):
    ours = outputs_and_gradients(convolve, inputs, *rest)
    theirs = outputs_and_gradients(F.conv2d, inputs, *rest)
    for mine, torchs in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-4, atol=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    maps_in=st.integers(1, 9),
    maps=st.integers(1, 5),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    biased=st.booleans(),
    channels_last=st.booleans(),
)
def test_few_maps(maps_in, maps, kernel, stride, padding, dilation, biased, channels_last):
    x, weight, bias = tensors((2, maps_in, 7, 6), (maps, maps_in, *kernel), (maps,))
    if channels_last:
        x = x.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
    agree((x, weight, bias if biased else None), stride, padding, dilation)


def test_few_maps_go_their_own_way(monkeypatch):
    """Else the test above would compare torch with itself."""
    taken = []
    own = ConvolutionOfFewMaps.apply
    monkeypatch.setattr(ConvolutionOfFewMaps, "apply", lambda *arguments: taken.append(1) or own(*arguments))
    x, weight, bias = tensors((2, 6, 7, 7), (4, 6, 3, 3), (4,))
    convolve(x, weight, bias, ONE, NONE, ONE)
    assert taken == [1]
    convolve(x.detach(), weight, bias, ONE, NONE, ONE)  # no gradient of the input is asked for
    with torch.no_grad():
        convolve(x, weight, bias, ONE, NONE, ONE)
    with torch.autocast("cpu", torch.bfloat16):
        convolve(x, weight, bias, ONE, NONE, ONE)
    assert taken == [1]


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_a_window_over_the_whole_input(memory_format, biased):
    x, weight, bias = tensors((3, 5, 4, 3), (7, 5, 4, 3), (7,))
    x = x.detach().contiguous(memory_format=memory_format).requires_grad_()
    weight = weight.detach().contiguous(memory_format=memory_format).requires_grad_()
    agree((x, weight, bias if biased else None), ONE, NONE, ONE)


def test_groups_and_padding_are_no_whole_window():
    x, weight, bias = tensors((2, 4, 3, 3), (6, 2, 3, 3), (6,))
    agree((x, weight, bias), ONE, NONE, ONE, 2)
    x, weight, bias = tensors((2, 4, 3, 3), (6, 4, 3, 3), (6,))
    agree((x, weight, bias), ONE, ONE, ONE)
