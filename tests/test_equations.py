"""The equations against counting by hand: every window position, every cell."""

from hypothesis import given
from hypothesis import strategies as st

from striate import equations

SIZES = st.integers(1, 40)
KERNELS = st.integers(1, 7)
STRIDES = st.integers(1, 5)
DILATIONS = st.integers(1, 3)
CELLS = st.tuples(st.integers(0, 4), st.integers(0, 4))


@given(SIZES, KERNELS, STRIDES, CELLS, DILATIONS)
def test_output_size_counts_the_positions_where_the_window_fits(size, kernel, stride, cells, dilation):
    end = size + sum(cells)
    reach = (kernel - 1) * dilation + 1
    positions = [start for start in range(0, end, stride) if start + reach <= end]
    outputs = equations.output_size(size, kernel, stride, cells, dilation=dilation)
    assert max(outputs, 0) == len(positions)


@given(SIZES, KERNELS, STRIDES, CELLS)
def test_the_ceil_form_also_counts_a_window_that_hangs_over_the_end(size, kernel, stride, cells):
    before, after = cells
    floor = equations.output_size(size, kernel, stride, cells)
    if floor < 1:
        return
    uncovered = (floor - 1) * stride + kernel < size + before + after
    starts_inside = floor * stride < size + before
    ceil = equations.output_size(size, kernel, stride, cells, ceil=True)
    assert ceil == floor + (uncovered and starts_inside) or (
        ceil == floor - 1 and (floor - 1) * stride >= size + before
    )


@given(SIZES, KERNELS, STRIDES, DILATIONS)
def test_same_padding_keeps_ceil_of_size_over_stride_with_the_fewest_cells(size, kernel, stride, dilation):
    before, after = equations.same_padding(size, kernel, stride, dilation)
    assert 0 <= after - before <= 1
    assert equations.output_size(size, kernel, stride, (before, after), dilation=dilation) == -(-size // stride)
    if before + after:
        fewer = (before, after - 1) if after else (before - 1, after)
        assert equations.output_size(size, kernel, stride, fewer, dilation=dilation) < -(-size // stride)


def test_the_sizes_that_the_notes_name():
    assert equations.output_sizes(9, [(5, 1, 0), (3, 1, 0), (3, 1, 0)]) == [9, 5, 3, 1]
    assert equations.output_sizes(32, [(5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0), (5, 1, 0)]) == [32, 28, 14, 10, 5, 1]
    alexnet = equations.same_padding(224, 11, 4)
    assert equations.output_size(224, 11, 4, alexnet) == 56  # SAME, where the notes' table says 55
    assert equations.output_size(224, 11, 4) == 54  # VALID
    assert equations.output_size(224, 11, 4, 2) == 55  # what gives 55


def test_the_parameters_that_the_notes_name():
    weights = equations.conv_parameters
    assert weights(equations.dense_kernels(16, 32), area=9, biases=0) == 4608
    bottleneck = weights(equations.dense_kernels(16, 5), 1, 0) + weights(equations.dense_kernels(5, 32), 9, 0)
    assert bottleneck == 1520
    assert 2 * weights(1, area=9, biases=0) == 18
    assert weights(1, area=25, biases=0) == 25


@given(st.lists(st.tuples(KERNELS, STRIDES, st.integers(0, 3), DILATIONS), max_size=5))
def test_receptive_field_is_the_span_of_the_input_pixels_that_reach_a_unit(windows):
    def seen(index: int) -> set[int]:
        """Input pixels under unit `index` of the last layer, walking back through every window."""
        pixels = {index}
        for kernel, stride, before, dilation in reversed(windows):
            pixels = {unit * stride - before + tap * dilation for unit in pixels for tap in range(kernel)}
        return pixels

    field = (1, 1, 0)
    for kernel, stride, before, dilation in windows:
        field = equations.receptive_field(field, kernel, stride, before, dilation)
    size, stride, start = field
    assert (min(seen(0)), max(seen(0))) == (start, start + size - 1)
    assert min(seen(1)) == start + stride
