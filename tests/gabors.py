"""Networks of one convolution, with kernels whose orientation is known, and with noise that has none."""

import numpy as np
import torch

from striate.nn import build
from striate.tables import Conv, Dense, Table


def gabor(orientation, wavelength, phase, spread=2.0, size=11):
    """A Gabor filter without its mean: a wave in a round window (Marcelja 1980)."""
    down, right = np.mgrid[:size, :size] - (size - 1) / 2
    turn = np.deg2rad(orientation)
    window = np.exp(-(right**2 + down**2) / (2 * spread**2))
    wave = np.cos(2 * np.pi * (np.sin(turn) * right + np.cos(turn) * down) / wavelength - phase)
    return window * (wave - (window * wave).sum() / window.sum())


def one_layer(kernels, *, bias=0.0, activation=None, size=33):
    """A network of one convolution with these kernels, each scaled so that a unit's values are about 1."""
    kernels = torch.tensor(np.stack(kernels), dtype=torch.float32)
    row = Conv("C1", maps=len(kernels), kernel=tuple(kernels.shape[1:]), activation=activation)
    network = build(Table("one", (1, size, size), (row, Dense("Out", units=2))), seed=0)
    with torch.no_grad():
        network.C1.weight[:, 0] = kernels / kernels.abs().sum(dim=(1, 2), keepdim=True)
        network.C1.bias.fill_(bias)
    return network


def noise(count, size=11):
    return np.random.default_rng(0).normal(size=(count, size, size))


def apart(one_deg, other_deg):
    """Degrees between orientations, which come back after 180."""
    return np.abs((np.asarray(one_deg) - other_deg + 90) % 180 - 90)
