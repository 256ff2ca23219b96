"""`preprocess` as an ONNX graph: from decoded pictures of any size to a network's input, in the file itself.

What `read_input` does to a picture that is decoded: transparent parts on white, the channels, the stored size, the
digit set (`digit`), the ground, the window, the scale, the padding and the normalization, in the same order, rounded at
the same places. Each size is computed in the graph, since pictures come in any. Needs the extra `onnx`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from striate.data.blank import MIN_CONTRAST
from striate.data.digit import DIGIT_SEARCH_SIDE, MAX_STROKE, MIN_INK, MIN_STROKE
from striate.data.network_input import decode_side
from striate.data.preprocessing import check_channels
from striate.data.transforms import LUMA, MID_GRAY
from striate.tables import Preprocessing, Table

PIXELS = "pixels"
"""The graph's input: uint8 (batch, height, width, channels), 1 channel gray, 3 RGB or 4 RGBA."""
PIXELS_OPSET = 18
"""The first in which Resize is antialiased."""
_HEIGHT, _WIDTH = 2, 3
"""Axes of images_NCHW."""
_END = np.iinfo(np.int64).max
_SHORTEST = 1e-6
"""Below any divisor that is not 0."""
Name = str
"""Of a tensor in the graph. Those of one number have the shape (1,)."""


def put_pixels_before(model: onnx.ModelProto, table: Table, images: str) -> onnx.ModelProto:
    """A network's model whose input is pictures in place of `images`, the name of its normalized input.

    Pictures are uint8 (batch, height, width, channels), of any size, all of a batch of one size, with 1 channel (gray),
    3 (RGB) or 4 (RGBA), whatever the network takes. DataError if the table's input has other than 1 or 3 channels.
    """
    check_channels(table)
    graph = _Graph()
    _preprocess(graph, table, images)
    shape = ["batch", "height", "width", "channels"]
    inner = model.graph
    made = helper.make_graph(
        [*graph.nodes, *inner.node],
        inner.name,
        [helper.make_tensor_value_info(PIXELS, TensorProto.UINT8, shape)],
        list(inner.output),
        [*graph.constants.values(), *inner.initializer],
    )
    return helper.make_model(
        made,
        opset_imports=[helper.make_opsetid("", PIXELS_OPSET)],
        ir_version=model.ir_version,
        producer_name=model.producer_name,
    )


class _Graph:
    """Nodes as they are added, and constants, each once, which the bodies of loops and branches use too."""

    def __init__(self, outer: _Graph | None = None) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {} if outer is None else outer.constants
        self._outer = outer
        self._made = 0

    def __call__(self, kind: str, *inputs: Name, output: str | None = None, **attributes: Any) -> Name:
        """One node, and the name of its result."""
        name = output or self.new_name(kind)
        self.nodes.append(helper.make_node(kind, list(inputs), [name], f"{PIXELS}/{kind}/{name}", **attributes))
        return name

    def new_name(self, kind: str) -> str:
        """A name that neither a row nor another node has."""
        if self._outer is not None:
            return self._outer.new_name(kind)
        self._made += 1
        return f"{PIXELS}/{kind.lower()}{self._made}"

    def constant(self, value: Any, kind: type[np.generic]) -> Name:
        """A constant tensor; a number has the shape (1,)."""
        return self._kept(np.atleast_1d(np.asarray(value, kind)))

    def scalar(self, value: int) -> Name:
        """A whole number of no axis, as Range takes it."""
        return self._kept(np.asarray(value, np.int64))

    def _kept(self, array: np.ndarray[Any, Any]) -> Name:
        name = f"{PIXELS}/{array.dtype}{array.tolist()}".replace(" ", "")
        self.constants[name] = numpy_helper.from_array(array, name)
        return name

    def whole(self, value: int) -> Name:
        """A whole number."""
        return self.constant(value, np.int64)

    def wholes(self, *values: int) -> Name:
        """Whole numbers."""
        return self.constant(values, np.int64)

    def real(self, value: float) -> Name:
        """A number in double precision, as Python computes sizes."""
        return self.constant(value, np.float64)

    def single(self, value: float | Sequence[float]) -> Name:
        """Numbers in single precision, as pixels are computed."""
        return self.constant(value, np.float32)

    def cast(self, x: Name, kind: int) -> Name:
        """Numbers of another type."""
        return self("Cast", x, to=kind)

    def size(self, x: Name, axis: int) -> Name:
        """The size along one axis."""
        return self("Shape", x, start=axis, end=axis + 1)

    def slice(self, x: Name, start: Name, end: Name, axis: int) -> Name:
        """From `start` up to `end` along one axis."""
        return self("Slice", x, start, end, self.whole(axis))

    def rounded(self, x: Name) -> Name:
        """A number in double precision as the nearest whole one, as Python's `round`."""
        return self.cast(self("Round", x), TensorProto.INT64)

    def doubled(self, x: Name) -> Name:
        """A whole number in double precision."""
        return self.cast(x, TensorProto.DOUBLE)

    def resize(self, x_NCHW: Name, height: Name, width: Name) -> Name:
        """Bilinear, antialiased; beyond the edges there is nothing, as for torch and Pillow."""
        # All four sizes: ONNX Runtime moves a Transpose past a Resize or Pad as if there were no attribute `axes`.
        sizes = self("Concat", self("Shape", x_NCHW, start=0, end=_HEIGHT), height, width, axis=0)
        return self(
            "Resize",
            x_NCHW,
            "",
            "",
            sizes,
            mode="linear",
            antialias=1,
            exclude_outside=1,
            coordinate_transformation_mode="half_pixel",
        )

    def pad(self, x_NCHW: Name, top: Name, left: Name, bottom: Name, right: Name, value: Name) -> Name:
        """Height and width padded with one value."""
        none = self.wholes(0, 0)
        return self("Pad", x_NCHW, self("Concat", none, top, left, none, bottom, right, axis=0), value)

    def body(self, name: str, build: Callable[[_Graph], Name], inputs: Sequence[onnx.ValueInfoProto] = ()) -> Any:
        """The graph of a branch, or of a loop that runs to its end; `build` adds its nodes and returns its result."""
        inner = _Graph(self)
        result = build(inner)
        outputs = [onnx.ValueInfoProto(name=result)]
        if inputs:
            outputs.insert(0, helper.make_tensor_value_info(inner("Identity", inputs[1].name), TensorProto.BOOL, []))
        return helper.make_graph(inner.nodes, f"{PIXELS}/{name}", list(inputs), outputs)


def _preprocess(g: _Graph, table: Table, images: str) -> None:
    """As `decode_input`, then `preprocess`, then `normalize`."""
    preprocessing, (channels, *size) = table.preprocessing, table.input
    x = _stored(g, _channels(g, channels), decode_side(table))
    if preprocessing.figure is not None:
        x = _set_digits(g, x, preprocessing.figure, channels)
    if preprocessing.light_on_dark:
        x = _invert_light(g, x, channels)
    x = _fit(g, x, preprocessing, (size[0], size[1]))
    x = g("Reshape", x, g.wholes(0, channels, *size))
    values = g("Div", g.cast(x, TensorProto.FLOAT), g.single(255))
    mean, std = (
        g.constant(np.reshape(numbers, (-1, 1, 1)), np.float32) for numbers in (preprocessing.mean, preprocessing.std)
    )
    g("Div", g("Sub", values, mean), std, output=images)


def _channels(g: _Graph, channels: int) -> Name:
    """Pictures on white, as uint8 (N, channels, height, width), of 1 or 3 channels.

    A number of channels other than 1, 3 and 4 is an error of Expand: pictures in another layout are none.
    """
    given = g.size(PIXELS, 3)
    alphas = g.cast(g("Equal", given, g.whole(4)), TensorProto.INT64)
    colours = g("Sub", given, alphas)
    rgb_NHWC = g("Expand", g.slice(PIXELS, g.whole(0), colours, 3), g.wholes(1, 1, 1, 3))
    size = g("Concat", g("Shape", PIXELS, start=0, end=3), g.whole(1), axis=0)
    opaque = g("Expand", g.constant(255, np.uint8), size)
    alpha = g("Concat", g.slice(PIXELS, colours, g.whole(_END), 3), opaque, axis=3)
    alpha = g.cast(g.slice(alpha, g.whole(0), g.whole(1), 3), TensorProto.FLOAT)
    ground = g("Mul", g("Sub", g.single(255), alpha), g.single(255))
    lit = g("Add", g("Mul", g.cast(rgb_NHWC, TensorProto.FLOAT), alpha), ground)
    flat_NHWC = g.cast(g("Round", g("Div", lit, g.single(255))), TensorProto.UINT8)
    flat_NCHW = g("Transpose", flat_NHWC, perm=(0, 3, 1, 2))
    return flat_NCHW if channels == 3 else _gray(g, flat_NCHW)


def _gray(g: _Graph, rgb_NCHW: Name) -> Name:
    weights = g.constant(np.reshape(LUMA, (3, 1, 1)), np.float32)
    products = g("Mul", g.cast(rgb_NCHW, TensorProto.FLOAT), weights)
    return g.cast(g("Round", g("ReduceSum", products, g.whole(1))), TensorProto.UINT8)


def _stored(g: _Graph, x: Name, side: int) -> Name:
    """Larger pictures scaled down to a shorter side of `side`: `transforms.downscale`."""
    height, width = g.size(x, _HEIGHT), g.size(x, _WIDTH)
    shorter = g("Min", height, width)
    least = g("Min", shorter, g.whole(side))
    scale = g("Min", g.real(1), g("Div", g.real(side), g.doubled(shorter)))
    sizes = (g("Max", least, g.rounded(g("Mul", g.doubled(length), scale))) for length in (height, width))
    return g.resize(x, *sizes)


def _fit(g: _Graph, x: Name, preprocessing: Preprocessing, size: tuple[int, int]) -> Name:
    """Cut, scaled and padded to the input's size: `preprocessing.fit_to_size` by `geometry.fit_window`."""
    content = preprocessing.content or size
    height, width = g.size(x, _HEIGHT), g.size(x, _WIDTH)
    one, two, zero = g.whole(1), g.whole(2), g.constant(0, np.uint8)
    if preprocessing.fit == "crop":
        for axis, own, other, share in (
            (_HEIGHT, height, width, (content[0], content[1])),
            (_WIDTH, width, height, (content[1], content[0])),
        ):
            fitting = g("Div", g("Mul", g.doubled(other), g.real(share[0])), g.real(share[1]))
            window = g("Mul", g.real(preprocessing.crop), g("Min", g.doubled(own), fitting))
            length = g("Max", one, g.rounded(window))
            start = g("Div", g("Sub", own, length), two)
            x = g.slice(x, start, g("Add", start, length), axis)
        rows, columns = map(g.whole, content)
    else:
        shares = (g("Div", g.real(whole), g.doubled(own)) for whole, own in zip(content, (height, width), strict=True))
        scale = g("Min", *shares)
        rows, columns = (g("Max", one, g.rounded(g("Mul", g.doubled(own), scale))) for own in (height, width))
    x = g.resize(x, rows, columns)
    down, across = (g("Sub", g.whole(whole), own) for whole, own in zip(size, (rows, columns), strict=True))
    top, left = (g("Div", missing, two) for missing in (down, across))
    return g.pad(x, top, left, g("Sub", down, top), g("Sub", across, left), zero)


def _invert_light(g: _Graph, x: Name, channels: int) -> Name:
    """255 - value where the median of a picture's border is light: `transforms.invert_light_images`."""
    values = g.cast(x, TensorProto.INT32)
    dark = []
    for axis in (_HEIGHT, _WIDTH):
        for start, end in ((0, 1), (-1, _END)):  # a corner counts twice
            edge = g.slice(values, g.whole(start), g.whole(end), axis)
            is_dark = g.cast(g("Less", edge, g.constant(MID_GRAY, np.int32)), TensorProto.INT64)
            dark.append(g("ReduceSum", is_dark, g.wholes(1, 2, 3)))
    around = g("Mul", g("Add", g.size(x, _HEIGHT), g.size(x, _WIDTH)), g.whole(2 * channels))
    middle = g("Div", g("Sub", around, g.whole(1)), g.whole(2))
    light = g("LessOrEqual", g("Add", *(g("Add", *dark[axis : axis + 2]) for axis in (0, 2))), middle)
    inverted = g("Sub", g.constant(255, np.int32), values)
    return g.cast(g("Where", light, inverted, values), TensorProto.UINT8)


def _set_digits(g: _Graph, x: Name, figure: tuple[int, int], channels: int) -> Name:
    """The digit of each picture that is not of the figure's size cut out and set: as `preprocessing.set_digit`."""
    size = g.whole(figure[1])
    same = g("And", g("Equal", g.size(x, _HEIGHT), size), g("Equal", g.size(x, _WIDTH), size))

    def as_it_is(inner: _Graph) -> Name:
        return inner("Identity", x)

    def set_each(inner: _Graph) -> Name:
        gray = _gray(inner, x) if channels == 3 else x
        number = helper.make_tensor_value_info(f"{PIXELS}/number", TensorProto.INT64, [])
        go_on = helper.make_tensor_value_info(f"{PIXELS}/go_on", TensorProto.BOOL, [])

        def one(body: _Graph) -> Name:
            image = body("Gather", gray, body("Unsqueeze", number.name, body.whole(0)), axis=0)
            return body("Squeeze", _center_digit(body, image, *figure), body.whole(0))

        count = inner("Squeeze", inner.size(x, 0))
        loop = inner.body("digits", one, (number, go_on))
        digits = inner("Loop", count, "", body=loop)
        return inner("Expand", digits, inner.wholes(1, channels, 1, 1)) if channels == 3 else digits

    return g("If", same, then_branch=g.body("same_size", as_it_is), else_branch=g.body("set_digits", set_each))


def _center_digit(g: _Graph, image: Name, box: int, size: int) -> Name:
    """`digit.center_digit` of one picture uint8 (1, 1, height, width), to (1, 1, size, size).

    A picture without ink goes the same way, all of it 0.
    """
    x = g.cast(image, TensorProto.FLOAT)
    longer = g("Max", g.size(x, _HEIGHT), g.size(x, _WIDTH))
    x = _rescale(g, x, g("Min", g.real(1), g("Div", g.real(DIGIT_SEARCH_SIDE), g.doubled(longer))))
    x = _ink(g, x)
    for axis, other in ((_HEIGHT, _WIDTH), (_WIDTH, _HEIGHT)):
        x = _span(g, x, axis, other)
    digit = _thicken(g, x)
    longer = g("Max", g.size(digit, _HEIGHT), g.size(digit, _WIDTH))
    digit = _rescale(g, digit, g("Div", g.real(box), g.doubled(longer)))
    highest = g("Max", g("ReduceMax", digit), g.single(_SHORTEST))
    digit = g("Mul", digit, g("Div", g.single(255), highest))
    top, left = (_offset(g, digit, axis, size) for axis in (_HEIGHT, _WIDTH))
    bottom, right = (
        g("Sub", g("Sub", g.whole(size), g.size(digit, axis)), first)
        for axis, first in ((_HEIGHT, top), (_WIDTH, left))
    )
    return g.pad(g.cast(g("Round", digit), TensorProto.UINT8), top, left, bottom, right, g.constant(0, np.uint8))


def _rescale(g: _Graph, x: Name, scale: Name) -> Name:
    """`digit._rescale`."""
    sizes = (g("Max", g.whole(1), g.rounded(g("Mul", g.doubled(g.size(x, axis)), scale))) for axis in (_HEIGHT, _WIDTH))
    return g.resize(x, *sizes)


def _ink(g: _Graph, x: Name) -> Name:
    """`digit._ink`."""
    height, width = g.size(x, _HEIGHT), g.size(x, _WIDTH)
    places = [_places(g, length, axis) for length, axis in ((height, _HEIGHT), (width, _WIDTH))]
    edge = g("Or", *(g("Equal", g("Abs", place), g.single(1)) for place in places))
    edge = g("Or", edge, g("LessOrEqual", g("Min", height, width), g.whole(1)))
    on_edge = g.cast(edge, TensorProto.FLOAT)
    pixels = g("ReduceSum", on_edge)
    middle = g("Div", g("Add", g("ReduceMin", x), g("ReduceMax", x)), g.single(2))
    dark = g("ReduceSum", g("Mul", on_edge, g.cast(g("LessOrEqual", x, middle), TensorProto.FLOAT)))
    lower = g("Floor", g("Div", g("Sub", pixels, g.single(1)), g.single(2)))  # the place of the lower median
    x = g("Where", g("LessOrEqual", dark, lower), g("Sub", g.single(255), x), x)
    # The plane through the edge by least squares. The edge is symmetric about the middle, so that the three terms are
    # orthogonal there and each factor is a quotient of its own.
    on = g("Mul", x, on_edge)
    plane = g("Div", g("ReduceSum", on), pixels)
    for place in places:
        squares = g("ReduceSum", g("Mul", g("Mul", place, place), on_edge))
        factor = g("Div", g("ReduceSum", g("Mul", on, place)), g("Max", squares, g.single(_SHORTEST)))
        plane = g("Add", plane, g("Mul", factor, place))
    x = g("Sub", x, plane)
    half = g.cast(g("Mul", g.doubled(g("Min", height, width)), g.real(MAX_STROKE / 2)), TensorProto.INT64)
    widest = int(DIGIT_SEARCH_SIDE * MAX_STROKE / 2)
    opened = _max_filter(g, g("Neg", _max_filter(g, g("Neg", x), half, widest)), half, widest)
    ink = g("Sub", x, opened)
    ink = g("Sub", ink, _median(g, ink))
    least = g("Max", g.single(MIN_CONTRAST), g("Mul", g.single(MIN_INK), g("ReduceMax", ink)))
    return g("Where", g("Greater", ink, least), ink, g.single(0))


def _places(g: _Graph, length: Name, axis: int) -> Name:
    """From -1 to 1 along one axis, 0 if there is one pixel; (length, 1) or (1, length)."""
    last = g.cast(g("Sub", length, g.whole(1)), TensorProto.FLOAT)
    indices = g.cast(g("Range", g.scalar(0), g("Squeeze", length), g.scalar(1)), TensorProto.FLOAT)
    places = g("Div", g("Sub", g("Mul", indices, g.single(2)), last), g("Max", last, g.single(1)))
    return g("Unsqueeze", places, g.whole(1 if axis == _HEIGHT else 0))


def _median(g: _Graph, x: Name) -> Name:
    """The lower median of all values."""
    flat = g("Reshape", x, g.whole(-1))
    half = g("Div", g("Add", g.size(flat, 0), g.whole(1)), g.whole(2))
    lower = g.new_name("lower")
    g.nodes.append(helper.make_node("TopK", [flat, half], [lower, g.new_name("places")], lower, largest=0, sorted=0))
    return g("ReduceMax", lower)


def _max_filter(g: _Graph, x: Name, half: Name, widest: int) -> Name:
    """`digit._max_filter` with a window of 2 * half + 1, half at most `widest`."""
    x = g.pad(x, half, half, half, half, g.single(-np.inf))
    window = g("Add", g("Mul", half, g.whole(2)), g.whole(1))
    for axis in (_HEIGHT, _WIDTH):
        size = g.whole(1)
        for _ in range((2 * widest).bit_length()):  # once the window is reached, a step of 0 changes nothing
            step = g("Min", size, g("Sub", window, size))
            length = g("Sub", g.size(x, axis), step)
            x = g("Max", g.slice(x, g.whole(0), length, axis), g.slice(x, step, g.whole(_END), axis))
            size = g("Add", size, step)
    return x


def _span(g: _Graph, x: Name, axis: int, other: int) -> Name:
    """From the first to the last line along one axis that has ink."""
    marked = g("Sign", g("ReduceMax", x, g.whole(other)))
    first, last = (
        g("Reshape", g("ArgMax", marked, axis=axis, select_last_index=which), g.whole(1)) for which in (0, 1)
    )
    return g.slice(x, first, g("Add", last, g.whole(1)), axis)


def _thicken(g: _Graph, digit: Name) -> Name:
    """`digit._thicken`."""
    one, zero = g.whole(1), g.single(0)
    around = g("Neg", g.pad(digit, one, one, one, one, zero))
    inside = g("Less", g("MaxPool", around, kernel_shape=(3, 3)), zero)
    inked = g("Greater", digit, zero)
    counts = [
        g.doubled(g("Reshape", g("ReduceSum", g.cast(marked, TensorProto.FLOAT)), g.whole(1)))
        for marked in (inked, g("And", inked, g("Not", inside)))
    ]
    width = g("Div", g("Mul", g.real(2), counts[0]), g("Max", counts[1], g.real(1)))
    larger = g.doubled(g("Max", g.size(digit, _HEIGHT), g.size(digit, _WIDTH)))
    missing = g("Div", g("Sub", g("Mul", g.real(MIN_STROKE), larger), width), g.real(2))
    more = g("Max", g.whole(0), g.rounded(missing))
    return _max_filter(g, g.pad(digit, more, more, more, more, zero), more, round(DIGIT_SEARCH_SIDE * MIN_STROKE / 2))


def _offset(g: _Graph, digit: Name, axis: int, size: int) -> Name:
    """`digit._offset` along one axis."""
    weights = g("Reshape", g("ReduceSum", digit, g.wholes(1, _WIDTH if axis == _HEIGHT else _HEIGHT)), g.whole(-1))
    length = g.size(digit, axis)
    indices = g.cast(g("Range", g.scalar(0), g("Squeeze", length), g.scalar(1)), TensorProto.FLOAT)
    moment = g("ReduceSum", g("Mul", weights, g("Add", indices, g.single(0.5))))
    centre = g("Div", moment, g("Max", g("ReduceSum", weights), g.single(_SHORTEST)))
    offset = g.rounded(g("Sub", g.real(size / 2), g.doubled(centre)))
    return g("Min", g("Max", g.whole(0), offset), g("Sub", g.whole(size), length))
