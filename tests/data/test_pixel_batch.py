"""The device's half of a batch against the CPU's, which is written for NumPy: equal within rounding."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from striate.data.collate import flip, warp, warp_sources
from striate.data.color_jitter import ColorJitter, scale_values, value_scaling
from striate.data.pixel_batch import PixelBatch, to_images
from striate.tables import Preprocessing

SIDES = st.integers(1, 20)


@given(
    st.tuples(st.integers(1, 5), SIDES, SIDES, st.sampled_from([1, 3])),
    st.tuples(*[st.booleans()] * 3),
    st.integers(0, 99),
)
def test_the_device_computes_what_the_cpu_computes(shape, steps, seed):
    is_flipped, is_warped, is_jittered = steps
    generator = np.random.default_rng(seed)
    count, height, width, channels = shape
    bytes_NHWC = generator.integers(0, 256, shape, dtype=np.uint8)
    flipped = generator.random(count) < 0.5 if is_flipped else np.zeros(count, dtype=np.bool_)
    warps = np.eye(2) + (generator.normal(size=(count, 2, 2)) / 4 if is_warped else np.zeros((count, 2, 2)))
    jitter = ColorJitter(generator.uniform(0.5, 1.5, (count, 1)), generator.normal(size=(count, channels)) * 30)
    mean, std = generator.random(channels), generator.uniform(0.1, 1, channels)
    scaling = value_scaling(Preprocessing(mean=tuple(mean), std=tuple(std)), channels, jitter if is_jittered else None)
    batch = PixelBatch(
        torch.from_numpy(bytes_NHWC.copy()),
        torch.zeros(count, dtype=torch.int64),
        torch.from_numpy(scaling.scale),
        torch.from_numpy(scaling.shift),
        torch.from_numpy(flipped) if is_flipped else None,
        warp_sources(warps, (height, width)) if is_warped else None,
        torch.from_numpy(scaling.least) if is_jittered else None,
        torch.from_numpy(scaling.most) if is_jittered else None,
    )
    flip(bytes_NHWC, flipped)
    expected_NHWC = scale_values(warp(bytes_NHWC, warps) if is_warped else bytes_NHWC, scaling)
    images_NCHW = to_images(batch)
    assert images_NCHW.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(images_NCHW, torch.from_numpy(expected_NHWC).permute(0, 3, 1, 2))
