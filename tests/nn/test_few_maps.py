"""2x2 max pooling of few maps = torch's, bit for bit where no two values are equal; `test_convolve.py` has the other."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from striate.nn.few_maps import MaxPoolOfFewMaps
from striate.nn.pooling import Pool2D
from striate.tables.window import Window

HALVES = Window(kernel=(2, 2), stride=(2, 2), padding=((0, 0), (0, 0)), dilation=(1, 1))


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def pooled_and_gradient(pool, maps, weights):
    maps = maps.detach().requires_grad_()
    out = pool(maps)
    return out, torch.autograd.grad(out, maps, weights)[0]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 3), st.integers(1, 15), st.integers(1, 4), st.integers(1, 4))
def test_equals_torch(count, maps, half_height, half_width):
    images = drawn(count, maps, 2 * half_height, 2 * half_width).to(memory_format=torch.channels_last)
    weights = drawn(count, maps, half_height, half_width, seed=1)
    ours = pooled_and_gradient(MaxPoolOfFewMaps.apply, images, weights)
    theirs = pooled_and_gradient(lambda x: F.max_pool2d(x, 2), images, weights)
    assert all(torch.equal(mine, torchs) for mine, torchs in zip(ours, theirs, strict=True))


def test_equal_values_have_the_gradient_once():
    _, gradient = pooled_and_gradient(MaxPoolOfFewMaps.apply, torch.zeros(1, 1, 4, 4), torch.ones(1, 1, 2, 2))
    assert gradient.sum() == 4
    assert gradient[0, 0, ::2, ::2].sum() == 4


def test_not_a_number_is_not_hidden():
    """The trainer stops at it."""
    images = torch.zeros(1, 1, 2, 2)
    images[0, 0, 1, 0] = torch.nan
    assert MaxPoolOfFewMaps.apply(images).isnan().all()


def test_where_it_is_taken(monkeypatch):
    taken = []
    own = MaxPoolOfFewMaps.apply
    monkeypatch.setattr(MaxPoolOfFewMaps, "apply", lambda maps: taken.append(maps.shape[1]) or own(maps))
    pool = Pool2D("max", HALVES)
    last = {"memory_format": torch.channels_last}
    pool(drawn(2, 6, 4, 4).to(**last))
    assert taken == [6]
    pool(drawn(2, 6, 4, 4))  # not channels-last
    pool(drawn(2, 16, 4, 4).to(**last))  # as many as torch is fast with
    pool(drawn(2, 6, 5, 4).to(**last))  # an odd side
    pool(drawn(2, 6, 4, 4).double().to(**last))
    assert taken == [6]
