"""torch layer = the notes' sums in NumPy = Keras, over drawn shapes; outputs and gradients."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import torch
from drawn import ACTIVATIONS, EXPLICIT, SAME_OR_VALID, SIDES, STRIDES, convs, lrns, pairs, pools
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.autograd import gradcheck
from torch.nn import functional as F

from striate import reference
from striate.errors import TableError
from striate.nn import layers
from striate.nn.network import build
from striate.tables import LRN, RBF, AdaptiveAveragePool, Conv, Dense, Identity, MaxPool, Subsample, Table, pair
from striate.tables.lenet5 import DIGIT_BITMAPS

SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
CASES = 500
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def built(row, shape):
    """The step and double-precision layer of a row, or no case where it does not fit."""
    table = Table("drawn", shape, (row,))
    try:
        (step,) = table.plan().steps
    except TableError:
        assume(False)
    assume(np.prod(step.output) * step.window.area <= 2000 if step.window else True)  # the oracle's loops are slow
    return step, build(table, seed=1).double()[0]


def images(shape, seed=0):
    return torch.randn(2, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def NHWC(tensor):
    return tensor.detach().numpy().transpose(0, 2, 3, 1)


def activated(values, activation):
    match activation:
        case "relu":
            return np.maximum(values, 0)
        case "tanh":
            return np.tanh(values)
        case "scaled_tanh":
            return reference.scaled_tanh(values)
        case None:
            return values


def weights_of(layer, row):
    """(u, v, k', k) kernels and biases of a convolution as the oracle takes them."""
    with torch.no_grad():
        if layer.bias is not None:
            layer.bias.normal_()
        dense = layer.dense_weight() if row.connections else layer.weight
        bias = layer.bias.numpy().copy() if row.bias else np.zeros(row.maps)
        return dense.numpy().transpose(2, 3, 1, 0), bias


def convolution(row, shape):
    """The layer's output (NHWC), the oracle's, and the input and weights that both saw."""
    step, layer = built(row, shape)
    x = images(shape)
    w, b = weights_of(layer, row)
    out = layer(x)
    assert tuple(out.shape[1:]) == step.output
    expected = reference.convolution(
        NHWC(x),
        w,
        b,
        stride=step.window.stride,
        padding=step.window.padding,
        dilation=step.window.dilation,
        groups=row.groups,
    )
    np.testing.assert_allclose(NHWC(out), activated(expected, row.activation), **CLOSE)
    return expected, NHWC(x), w, b


@settings(max_examples=CASES)
@given(st.data(), SHAPES)
def test_convolution_equals_the_notes_sum_and_keras(data, shape):
    row = data.draw(convs(shape[0], paddings=SAME_OR_VALID))
    expected, x, w, b = convolution(row, shape)
    peer = keras.ops.conv(x, w, pair(row.stride), row.padding, "channels_last", dilation_rate=pair(row.dilation))
    np.testing.assert_allclose(peer.numpy() + b, expected, **CLOSE)


@given(st.data(), SHAPES)
def test_convolution_with_explicit_padding_equals_the_notes_sum(data, shape):
    convolution(data.draw(convs(shape[0], paddings=EXPLICIT)), shape)


def pooling(row, shape):
    step, layer = built(row, shape)
    x = images(shape)
    oracle = reference.max_pooling if isinstance(row, MaxPool) else reference.average_pooling
    expected = oracle(NHWC(x), step.window.kernel, step.window.stride, step.window.padding, ceil=row.ceil)
    out = layer(x)
    assert tuple(out.shape[1:]) == step.output
    np.testing.assert_allclose(NHWC(out), activated(expected, row.activation), **CLOSE)
    return expected, NHWC(x), step.window


@settings(max_examples=CASES)
@given(st.data(), SHAPES)
def test_pooling_equals_the_notes_and_keras(data, shape):
    row = replace(data.draw(pools(paddings=SAME_OR_VALID)), ceil=False)
    expected, x, window = pooling(row, shape)
    largest = isinstance(row, MaxPool)
    # Keras' torch backend repeats the edge there, where TensorFlow, and the oracle, leave padding out.
    assume(largest or all(before == after for before, after in window.padding))
    peer = keras.ops.max_pool if largest else keras.ops.average_pool
    theirs = peer(x, pair(row.kernel), pair(row.stride), row.padding, "channels_last")
    np.testing.assert_allclose(theirs.numpy(), expected, **CLOSE)


@settings(max_examples=CASES)
@given(pools(), SHAPES)
def test_pooling_with_any_padding_and_ceil_equals_the_notes(row, shape):
    pooling(row, shape)


@settings(max_examples=CASES)
@given(st.data(), SHAPES, st.sampled_from([torch.contiguous_format, torch.channels_last]))
def test_max_pooling_is_that_of_padded_maps_bit_for_bit(data, shape, memory_format):
    """Values and gradients, whatever way the windows at the edges are computed; many values are equal."""
    row = replace(data.draw(pools(paddings=SAME_OR_VALID)), ceil=False, activation=None)
    step, layer = built(MaxPool("pool", kernel=row.kernel, stride=row.stride, padding=row.padding), shape)
    x = images(shape).round().contiguous(memory_format=memory_format).requires_grad_()
    out = layer(x)
    (top, bottom), (left, right) = step.window.padding
    padded = F.pad(x, (left, right, top, bottom), value=float("-inf"))
    expected = F.max_pool2d(padded, step.window.kernel, step.window.stride)
    weights = torch.arange(float(out.numel())).view(out.shape)
    assert torch.equal(out, expected)
    gradients = [torch.autograd.grad((values * weights).sum(), x)[0] for values in (out, expected)]
    assert torch.equal(*gradients)


@settings(max_examples=CASES)
@given(st.data(), SHAPES)
def test_lrn_equals_the_papers_sum_and_torch(data, shape):
    row = data.draw(lrns(maps=shape[0]))
    _, layer = built(row, shape)
    x = images(shape)
    parts = [
        reference.local_response_normalization(part, row.size, row.alpha, row.beta, row.k, row.convention)
        for part in np.split(NHWC(x), row.groups, axis=3)
    ]
    expected = np.concatenate(parts, axis=3)
    np.testing.assert_allclose(NHWC(layer(x)), expected, **CLOSE)
    if row.convention == "torch" and row.groups == 1:
        theirs = torch.nn.LocalResponseNorm(row.size, row.alpha, row.beta, row.k)(x)
        np.testing.assert_allclose(NHWC(theirs), expected, **CLOSE)


def test_the_papers_lrn_in_torchs_terms():
    """facts: the paper's n = 5, alpha = 1e-4 is torch's size = 5, alpha = 5e-4."""
    x = images((16, 3, 3)) * 100
    paper = build(Table("t", (16, 3, 3), (LRN("n", size=5, alpha=1e-4, beta=0.75, k=2),)))
    torch.testing.assert_close(paper(x), torch.nn.LocalResponseNorm(5, 5e-4, 0.75, 2)(x))


@given(st.data(), SHAPES)
def test_adaptive_pooling_equals_torchs_definition(data, shape):
    size = tuple(data.draw(st.integers(1, side)) for side in shape[1:])
    _, layer = built(AdaptiveAveragePool("a", size=size), shape)
    x = images(shape)
    np.testing.assert_allclose(NHWC(layer(x)), reference.adaptive_average_pooling(NHWC(x), size), **CLOSE)


@given(SHAPES, st.integers(0, 3), st.tuples(STRIDES, STRIDES))
def test_the_strided_identity_equals_option_a(shape, more, stride):
    maps = shape[0] + more
    _, layer = built(Identity("i", maps=maps, stride=stride), shape)
    x = images(shape)
    np.testing.assert_array_equal(NHWC(layer(x)), reference.strided_identity(NHWC(x), maps, stride))


@given(SHAPES, pairs(SIDES), pairs(STRIDES), ACTIVATIONS)
def test_subsampling_equals_the_papers_sum(shape, kernel, stride, activation):
    step, layer = built(Subsample("S2", kernel=kernel, stride=stride, activation=activation), shape)
    x = images(shape)
    with torch.no_grad():
        layer.bias.normal_()
    weight, bias = layer.weight.detach().numpy().ravel(), layer.bias.detach().numpy().ravel()
    pooled = reference.subsampling(NHWC(x), weight, bias, step.window.kernel, step.window.stride)
    np.testing.assert_allclose(NHWC(layer(x)), activated(pooled, activation), **CLOSE)


@settings(max_examples=CASES)
@given(st.data(), st.tuples(st.integers(1, 3), st.integers(2, 5), st.integers(2, 5)))
def test_gradients_are_those_of_the_function(data, shape):
    """gradcheck compares with finite differences. No ReLU: it has no derivative at its kink."""
    smooth = data.draw(st.sampled_from([None, "tanh", "scaled_tanh"]))
    row = data.draw(st.one_of(convs(shape[0]), pools(), lrns(), st.just(Subsample("S2", kernel=2, stride=1))))
    if hasattr(row, "activation"):
        row = replace(row, activation=smooth)
    _, layer = built(row, shape)
    x = images(shape)[:1].requires_grad_()
    parameters = tuple(layer.parameters())

    def function(x, *_):
        return layer(x)

    assert gradcheck(function, (x, *parameters), fast_mode=True)


def test_rbf_equals_equation_7_negated():
    layer = layers.RBF(DIGIT_BITMAPS).double()
    x = torch.randn(3, 84, dtype=torch.float64)
    y = reference.rbf(x.numpy(), layer.prototypes.numpy())
    np.testing.assert_allclose(layer(x).numpy(), -y, rtol=1e-12)
    assert set(layer.prototypes.unique().tolist()) == {-1.0, 1.0}
    assert layer.prototypes.shape == (10, 84)


def test_rbf_gradient():
    pictures = (("#.", ".#"), ("##", ".."))
    layer = build(
        Table("t", (4, 1, 1), (Conv("c", maps=4, kernel=1), Dense("d", units=4), RBF("o", prototypes=pictures)))
    )
    x = images((4, 1, 1)).requires_grad_()
    assert gradcheck(layer.double(), (x,))


@pytest.mark.parametrize("activation", ["relu", "tanh", "scaled_tanh"])
def test_activations(activation):
    x = torch.linspace(-3, 3, 13, dtype=torch.float64)
    out = layers.activation_module(activation)(x).numpy()
    np.testing.assert_allclose(out, activated(x.numpy(), activation), rtol=1e-12)
