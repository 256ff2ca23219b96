"""The equations of the notes: sizes, padding, parameters, connections, receptive fields; and the papers' constants.

Whole numbers in, whole numbers out; nothing is imported. Everything else in Striate calls these, and
`reference.py` is what they are tested against. Sizes are pixels along one axis: height and width are
computed one at a time.

    >>> output_size(32, kernel=5)
    28
    >>> same_padding(224, kernel=11, stride=4)
    (3, 4)
"""

SCALED_TANH_A, SCALED_TANH_S = 1.7159, 2 / 3
"""f(a) = A tanh(S a), so that f(1) = 1 and f(-1) = -1. Source: LeCun et al. 1998, appendix A."""

Padding = int | tuple[int, int]
"""Cells added along one axis: P on each side, or (before, after)."""


def sides(padding: Padding) -> tuple[int, int]:
    """Cells added (before, after) along one axis.

    >>> sides(2), sides((0, 1))
    ((2, 2), (0, 1))
    """
    return (padding, padding) if isinstance(padding, int) else padding


def effective_kernel(kernel: int, dilation: int = 1) -> int:
    """Pixels from the first to the last tap of a dilated kernel: (F - 1) * D + 1.

    >>> effective_kernel(3, dilation=2)
    5
    """
    return (kernel - 1) * dilation + 1


def output_size(
    size: int, kernel: int, stride: int = 1, padding: Padding = 0, *, dilation: int = 1, ceil: bool = False
) -> int:
    """Output size along one axis: floor((I - F + 2P)/S + 1), or its ceil form.

    Source: the notes, "output image size"; the ceil form is Caffe's pooling (GoogLeNet), with torch's rule
    that the last window must start inside the input or the padding before it. Zero or less means that the
    kernel does not fit.

    >>> output_size(224, kernel=11, stride=4, padding=2)
    55
    >>> output_size(112, kernel=3, stride=2), output_size(112, kernel=3, stride=2, ceil=True)
    (55, 56)
    """
    before, after = sides(padding)
    room = size + before + after - effective_kernel(kernel, dilation)
    if not ceil:
        return room // stride + 1
    outputs = -(-room // stride) + 1
    return outputs - 1 if (outputs - 1) * stride >= size + before else outputs


def output_sizes(size: int, windows: list[tuple[int, int, Padding]]) -> list[int]:
    """Sizes along a chain of (kernel, stride, padding), the input's first.

    Source: the notes' "9x9 -> 5x5 -> 3x3 -> 1x1", which kernels 5, 3, 3 at stride 1 give.

    >>> output_sizes(9, [(5, 1, 0), (3, 1, 0), (3, 1, 0)])
    [9, 5, 3, 1]
    """
    sizes = [size]
    for kernel, stride, padding in windows:
        sizes.append(output_size(sizes[-1], kernel, stride, padding))
    return sizes


def adaptive_windows(size: int, outputs: int) -> list[tuple[int, int]]:
    """(first pixel, pixel after the last) of each window of adaptive pooling: floor(iI/O) to ceil((i + 1)I/O).

    Source: `torch.nn.AdaptiveAvgPool2d`.

    >>> adaptive_windows(14, 4)
    [(0, 4), (3, 7), (7, 11), (10, 14)]
    """
    return [(index * size // outputs, -(-(index + 1) * size // outputs)) for index in range(outputs)]


def adaptive_window(size: int, outputs: int) -> tuple[int, int]:
    """(kernel, stride) of the smallest evenly stepped windows that hold those of adaptive pooling.

    The last window is the one that asks for the largest kernel: each ends a stride or more after the one before it.

    >>> adaptive_window(7, 1), adaptive_window(12, 6), adaptive_window(14, 4)
    ((7, 7), (2, 2), (5, 3))
    """
    stride = max(1, size // outputs)
    return size - (outputs - 1) * stride, stride


def same_padding(size: int, kernel: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """SAME padding (before, after), as TensorFlow does it: the output is ceil(I/S), the odd cell goes to the end.

    Source: the notes, "Same vs Valid"; TensorFlow's `tf.nn` documentation, "Notes on padding".

    >>> same_padding(5, kernel=3), same_padding(4, kernel=3, stride=2)
    ((1, 1), (0, 1))
    """
    outputs = -(-size // stride)
    cells = max(0, (outputs - 1) * stride + effective_kernel(kernel, dilation) - size)
    return cells // 2, cells - cells // 2


def dense_kernels(maps_in: int, maps: int, groups: int = 1) -> int:
    """Two-dimensional kernels of a convolution: one for each pair of an input map and an output map that reads it.

    A sparse connection table (LeNet-5, C3) has as many kernels as it has entries, and needs no formula.

    >>> dense_kernels(6, 16), dense_kernels(96, 256, groups=2)
    (96, 12288)
    """
    return maps_in * maps // groups


def conv_parameters(kernels: int, area: int, biases: int) -> int:
    """Trainable parameters of a convolution: a weight for each tap of each kernel, and a bias for each map.

    `area` is the kernel's height times width; `biases` is the number of maps, or 0 without bias.

    >>> conv_parameters(dense_kernels(1, 6), area=25, biases=6)
    156
    """
    return kernels * area + biases


def conv_macs(kernels: int, area: int, positions: int) -> int:
    """Multiply-adds of a convolution for one image; `positions` is the output's height times width.

    >>> conv_macs(dense_kernels(1, 6), area=25, positions=28 * 28)
    117600
    """
    return kernels * area * positions


def conv_connections(kernels: int, area: int, biases: int, positions: int) -> int:
    """Connections as LeCun et al. 1998 count them: every parameter, at every position it is used.

    >>> conv_connections(dense_kernels(1, 6), area=25, biases=6, positions=28 * 28)
    122304
    """
    return conv_parameters(kernels, area, biases) * positions


def dense_parameters(inputs: int, units: int, *, bias: bool = True) -> int:
    """Trainable parameters of a fully connected layer; each is one connection.

    >>> dense_parameters(120, 84)
    10164
    """
    return (inputs + bias) * units


def dense_macs(inputs: int, units: int) -> int:
    """Multiply-adds of a fully connected layer for one image.

    >>> dense_macs(120, 84)
    10080
    """
    return inputs * units


def subsample_connections(area: int, maps: int, positions: int) -> int:
    """Connections of LeNet-5's subsampling: the window's cells and the bias, for each unit (II.B, layer S2).

    >>> subsample_connections(area=4, maps=6, positions=14 * 14)
    5880
    """
    return (area + 1) * maps * positions


def receptive_field(
    field: tuple[int, int, int], kernel: int, stride: int = 1, before: int = 0, dilation: int = 1
) -> tuple[int, int, int]:
    """One more window over a field of (size, stride, start) along one axis, all in input pixels.

    `size` is the number of pixels from the first to the last that a unit depends on, `stride` the distance between the
    fields of two neighbours, `start` the first pixel of unit 0's field (negative inside the padding). An input pixel
    is (1, 1, 0).
    Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.

    >>> receptive_field((1, 1, 0), kernel=5)
    (5, 1, 0)
    >>> receptive_field(receptive_field((1, 1, 0), kernel=3, before=1), kernel=2, stride=2)
    (4, 2, -1)
    """
    size, jump, start = field
    return size + (effective_kernel(kernel, dilation) - 1) * jump, jump * stride, start - before * jump


def lrn_reach(size: int, convention: str) -> tuple[int, int]:
    """How many neighbouring maps (before, after) local response normalization sums over.

    `size` is the paper's n (i - n/2 to i + n/2, halves cut down), torch's `size` (n maps in all, which for an
    even n is one map fewer after), or TensorFlow's `depth_radius`.
    Source: Krizhevsky et al. 2012, section 3.3; `torch.nn.LocalResponseNorm`; `tf.nn.local_response_normalization`.

    >>> lrn_reach(5, "paper"), lrn_reach(4, "torch"), lrn_reach(2, "tensorflow")
    ((2, 2), (2, 1), (2, 2))
    """
    if convention == "tensorflow":
        return size, size
    return size // 2, (size - 1) // 2 if convention == "torch" else size // 2
