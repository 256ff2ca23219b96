"""Figures by name: what a lesson's numbers and a teacher's claims are computed by.

An expression such as `output_size(32, kernel=5)` or `ratio(parameters("alexnet"), parameters("googlenet"))` is read as
calls of the functions in FUNCTIONS, with numbers, names, lists and further calls as arguments, and nothing else: it is
data, not a program.
"""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from striate import equations
from striate.analysis import Cost, receptive_fields, row_cost, total_cost
from striate.course.languages import number
from striate.course.published import PUBLISHED
from striate.errors import CourseError, StriateError
from striate.tables import Conv, Dense, Plan, Step, Subsample, flatten, format_shape, load_plan, suggest_name

Number = int | float
_LONGEST = 500  # letters of an expression
_LARGEST = 10**15


@dataclass(frozen=True)
class Figure:
    """A computed value: a number or several, and how it follows from the arguments, in signs that need no language."""

    value: Number | tuple[Number, ...]
    formula: str = ""
    separator: str = ", "

    @property
    def text(self) -> str:
        """The value as a reader sees it.

        >>> evaluate("same_padding(4, kernel=3, stride=2)").text, evaluate("output_size(32, 5)").text
        ('0, 1', '28')
        """
        return self.separator.join(map(number, self.value)) if isinstance(self.value, tuple) else number(self.value)

    @property
    def worked(self) -> str:
        """The value with the formula in front, where there is one.

        >>> evaluate("output_size(32, 5)").worked, evaluate("same_padding(4, kernel=3, stride=2)").worked
        ('floor((32 − 5)/1) + 1 = 28', 'max(0, (2 − 1)·2 + 3 − 4) = 1 → 0, 1')
        """
        sign = " → " if isinstance(self.value, tuple) else " = "
        return f"{self.formula}{sign}{self.text}" if self.formula else self.text


def evaluate(expression: str) -> Figure:
    """The figure that an expression names.

    Raises:
        CourseError: it is no call of FUNCTIONS, its arguments do not fit, or no such number exists.

    >>> evaluate("output_size(32, kernel=5)")
    Figure(value=28, formula='floor((32 − 5)/1) + 1', separator=', ')
    >>> evaluate('ratio(parameters("alexnet"), parameters("googlenet"))').text
    '8.71112'
    >>> evaluate("__import__('os')")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    striate.errors.CourseError: __import__('os'): no function '__import__'; expected one of output_size, ...
    """
    if len(expression) > _LONGEST:
        raise CourseError(f"{expression[:40]}...: longer than {_LONGEST} letters")
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CourseError(f"{expression}: not a call such as output_size(32, kernel=5)") from None
    if not isinstance(tree, ast.Call):
        raise CourseError(f"{expression}: not a call such as output_size(32, kernel=5)")
    try:
        return _call(tree)
    except RecursionError:
        raise CourseError(f"{expression[:40]}...: nested too deeply") from None
    except CourseError as error:
        raise CourseError(f"{expression}: {error}") from None
    except StriateError as error:  # of a table
        raise CourseError(f"{expression}: {error}") from None


def _call(node: ast.Call) -> Figure:
    name = ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise CourseError(f"no function {name!r}; {suggest_name(name, FUNCTIONS)}")
    function = FUNCTIONS[name]
    if any(keyword.arg is None for keyword in node.keywords):
        raise CourseError(f"{name}: ** is not allowed")
    arguments = [_argument(part) for part in node.args]
    named = {str(keyword.arg): _argument(keyword.value) for keyword in node.keywords}
    signature = inspect.signature(function)
    try:
        bound = signature.bind(*arguments, **named)
    except TypeError as error:
        raise CourseError(f"{error}; expected {name}({_shown(signature)})") from None
    try:
        figure = function(*bound.args, **bound.kwargs)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError, OverflowError):
        raise CourseError(f"impossible arguments; expected {name}({_shown(signature)})") from None
    values = figure.value if isinstance(figure.value, tuple) else (figure.value,)
    if not all(math.isfinite(value) and abs(value) <= _LARGEST for value in values):
        raise CourseError(f"more than {_LARGEST:g}")
    return figure


def _shown(signature: inspect.Signature) -> str:
    parts = [f"{p.name}={p.default!r}" if p.default is not p.empty else str(p) for p in signature.parameters.values()]
    return ", ".join(part.split(":")[0] for part in parts)


def _argument(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if isinstance(value, bool | int | float | str):
            if isinstance(value, int | float) and not abs(value) <= _LARGEST:
                raise CourseError(f"more than {_LARGEST:g}")
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(map(_argument, parts))
        case ast.Call():
            return _call(node).value
        case _:
            raise CourseError(f"{ast.unparse(node)}: neither a number, a name in quotes, a list nor a call")


def _whole(least: int, **values: Any) -> None:
    """CourseError if one of the values is not a whole number from `least` on."""
    for name, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise CourseError(f"{name}: expected a whole number from {least} on, got {value!r}")


def _windows(windows: Sequence[Any]) -> list[tuple[int, int]]:
    """(kernel, stride) of each window, which may be given as a kernel alone."""
    pairs = [window if isinstance(window, tuple) else (window, 1) for window in windows]
    for kernel, stride in pairs:
        _whole(1, kernel=kernel, stride=stride)
    return pairs


def _output_size(size: int, kernel: int, stride: int = 1, padding: Any = 0, ceil: bool = False) -> Figure:
    before, after = equations.sides(padding)
    _whole(1, size=size, kernel=kernel, stride=stride)
    _whole(0, before=before, after=after)
    value = equations.output_size(size, kernel, stride, (before, after), ceil=ceil)
    if value < 1:
        raise CourseError(f"a kernel of {kernel} does not fit into {size} + {before + after}")
    cells = "" if before + after == 0 else f" + 2·{before}" if before == after else f" + {before} + {after}"
    rounding = "ceil" if ceil else "floor"
    return Figure(value, f"{rounding}(({size} − {kernel}{cells})/{stride}) + 1")


def _output_sizes(size: int, *windows: Any) -> Figure:
    _whole(1, size=size)
    pairs = _windows(windows)
    sizes = equations.output_sizes(size, [(kernel, stride, 0) for kernel, stride in pairs])
    if min(sizes) < 1:
        raise CourseError(f"a kernel does not fit: {' → '.join(map(str, sizes))}")
    return Figure(tuple(sizes), separator=" → ")


def _same_padding(size: int, kernel: int, stride: int = 1) -> Figure:
    _whole(1, size=size, kernel=kernel, stride=stride)
    before, after = equations.same_padding(size, kernel, stride)
    outputs = -(-size // stride)
    cells = f"max(0, ({outputs} − 1)·{stride} + {kernel} − {size}) = {before + after}"
    return Figure((before, after), cells)


def _same_output(size: int, stride: int = 1) -> Figure:
    _whole(1, size=size, stride=stride)
    return Figure(-(-size // stride), f"ceil({size}/{stride})")


def _conv_parameters(maps_in: int, maps: int, kernel: int, bias: bool = True, groups: int = 1) -> Figure:
    _whole(1, maps_in=maps_in, maps=maps, kernel=kernel, groups=groups)
    kernels = equations.dense_kernels(maps_in, maps, groups)
    value = equations.conv_parameters(kernels, kernel * kernel, maps if bias else 0)
    share = f"/{groups}" if groups > 1 else ""
    return Figure(value, f"{kernel}·{kernel}·{maps_in}{share}·{maps}" + (f" + {maps}" if bias else ""))


def _conv_macs(maps_in: int, maps: int, kernel: int, size: int, groups: int = 1) -> Figure:
    _whole(1, maps_in=maps_in, maps=maps, kernel=kernel, size=size, groups=groups)
    kernels = equations.dense_kernels(maps_in, maps, groups)
    share = f"/{groups}" if groups > 1 else ""
    return Figure(
        equations.conv_macs(kernels, kernel * kernel, size * size),
        f"{kernel}·{kernel}·{maps_in}{share}·{maps}·{size}·{size}",
    )


def _conv_connections(maps_in: int, maps: int, kernel: int, size: int) -> Figure:
    _whole(1, maps_in=maps_in, maps=maps, kernel=kernel, size=size)
    value = equations.conv_connections(equations.dense_kernels(maps_in, maps), kernel * kernel, maps, size * size)
    return Figure(value, f"({kernel}·{kernel}·{maps_in}·{maps} + {maps})·{size}·{size}")


def _dense_parameters(inputs: int, units: int, bias: bool = True) -> Figure:
    _whole(1, inputs=inputs, units=units)
    value = equations.dense_parameters(inputs, units, bias=bias)
    return Figure(value, f"({inputs} + 1)·{units}" if bias else f"{inputs}·{units}")


def _receptive_field(*windows: Any) -> Figure:
    field = (1, 1, 0)
    terms = ["1"]
    for kernel, stride in _windows(windows):
        terms.append(f"{kernel - 1}·{field[1]}")
        field = equations.receptive_field(field, kernel, stride)
    return Figure(field[0], " + ".join(terms))


def _overlap(x: Sequence[Number], g: Sequence[Number]) -> Figure:
    """The notes' sum in one dimension: g slides over x and is not flipped."""
    places = range(equations.output_size(len(x), len(g)))
    value = tuple(sum(x[i + u] * g[u] for u in range(len(g))) for i in places)
    return Figure(value, f"{_sum_of_products(x[: len(g)], g)}, …")


def _flipped_overlap(x: Sequence[Number], g: Sequence[Number]) -> Figure:
    """The mathematical convolution, where g lies wholly over x: it is flipped."""
    return _overlap(x, tuple(reversed(g)))


def _sum_of_products(x: Sequence[Number], g: Sequence[Number]) -> str:
    return " + ".join(f"{number(a)}·{number(b)}" for a, b in zip(x, g, strict=True))


def _weighted_sum(x: Sequence[Number], w: Sequence[Number], bias: Number = 0) -> Figure:
    value = sum(a * b for a, b in zip(x, w, strict=True)) + bias
    return Figure(value, _sum_of_products(x, w) + (f" + {number(bias)}" if bias else ""))


def _largest(*values: Number) -> Figure:
    return Figure(max(values), f"max({', '.join(map(number, values))})")


def _mean(*values: Number) -> Figure:
    return Figure(sum(values) / len(values), f"({' + '.join(map(number, values))})/{len(values)}")


def _lrn(
    values: Sequence[Number], index: int, size: int = 5, k: Number = 2, alpha: Number = 1e-4, beta: Number = 0.75
) -> Figure:
    _whole(0, index=index)
    before, after = equations.lrn_reach(size, "paper")
    window = values[max(0, index - before) : index + after + 1]
    total = sum(value**2 for value in window)
    return Figure(
        values[index] * (k + alpha * total) ** -beta,
        f"{number(values[index])}·({number(k)} + {number(alpha)}·{number(total)})^−{number(beta)}",
    )


def _sum(*terms: Number) -> Figure:
    return Figure(sum(terms), " + ".join(map(number, terms)))


def _difference(a: Number, b: Number) -> Figure:
    return Figure(a - b, f"{number(a)} − {number(b)}")


def _product(*factors: Number) -> Figure:
    return Figure(math.prod(factors), "·".join(map(number, factors)))


def _ratio(a: Number, b: Number) -> Figure:
    return Figure(a / b, f"{number(a)}/{number(b)}")


def _rounded(value: Number, digits: int = 0) -> Figure:
    rounded = round(value, digits)
    return Figure(int(rounded) if digits <= 0 else rounded, number(value))


def _item(values: Sequence[Number], index: int) -> Figure:
    """The value at a place of several, the first at 0."""
    return Figure(values[index])


@cache
def _plan(table: str) -> Plan:
    return load_plan(table)


def _step(table: str, row: str) -> Step:
    steps = {step.path: step for step in _plan(table).flat}
    if row not in steps:
        raise CourseError(f"{table} has no row {row!r}; {suggest_name(row, steps)}")
    return steps[row]


def _cost(table: str, row: str) -> Cost:
    if not row:
        return total_cost(_plan(table))
    step = _step(table, row)
    costs = [row_cost(inner) for inner in flatten((step,))]
    return sum(costs, Cost())


def _parameters(table: str, row: str = "") -> Figure:
    return Figure(_cost(table, row).parameters, (row and _parameters_formula(_step(table, row))) or _of(table, row))


def _parameters_formula(step: Step) -> str:
    """How a row's parameters are counted; an empty text for those that have no formula of their own."""
    match step.row:
        case Conv(maps=maps, bias=bias) as conv if step.window is not None:
            height, width = step.window.kernel
            return f"{conv.kernels(step.input[0])}·{height}·{width}" + (f" + {maps}" if bias else "")
        case Dense(units=units, bias=bias):
            return f"({math.prod(step.input)} + {int(bias)})·{units}"
        case Subsample():
            return f"2·{step.output[0]}"
        case _:
            return ""


def _macs(table: str, row: str = "") -> Figure:
    return Figure(_cost(table, row).macs, _of(table, row))


def _connections(table: str, row: str = "") -> Figure:
    return Figure(_cost(table, row).connections, _of(table, row))


def _neurons(table: str, row: str) -> Figure:
    shape = _step(table, row).output
    return Figure(math.prod(shape), format_shape(shape).replace("x", "·"))


def _maps(table: str, row: str) -> Figure:
    return Figure(_step(table, row).output[0], _of(table, row))


def _size(table: str, row: str) -> Figure:
    """Height of a row's maps."""
    return Figure(_step(table, row).output[1], _of(table, row))


def _field(table: str, row: str) -> Figure:
    """Height of a row's receptive field in the picture."""
    _step(table, row)
    return Figure(receptive_fields(_plan(table))[row].height[0], _of(table, row))


def _published(name: str) -> Figure:
    """An error rate in per cent that a paper publishes."""
    if name not in PUBLISHED:
        raise CourseError(f"nothing published under {name!r}; {suggest_name(name, PUBLISHED)}")
    return Figure(PUBLISHED[name].value, PUBLISHED[name].source)


def _of(table: str, row: str) -> str:
    return f"striate summary {table}" + (f": {row}" if row else "")


FUNCTIONS: Mapping[str, Callable[..., Figure]] = {
    "output_size": _output_size,
    "output_sizes": _output_sizes,
    "same_padding": _same_padding,
    "same_output": _same_output,
    "conv_parameters": _conv_parameters,
    "conv_macs": _conv_macs,
    "conv_connections": _conv_connections,
    "dense_parameters": _dense_parameters,
    "receptive_field": _receptive_field,
    "overlap": _overlap,
    "flipped_overlap": _flipped_overlap,
    "weighted_sum": _weighted_sum,
    "largest": _largest,
    "mean": _mean,
    "lrn": _lrn,
    "sum": _sum,
    "difference": _difference,
    "product": _product,
    "ratio": _ratio,
    "rounded": _rounded,
    "item": _item,
    "parameters": _parameters,
    "macs": _macs,
    "connections": _connections,
    "neurons": _neurons,
    "maps": _maps,
    "size": _size,
    "field": _field,
    "published": _published,
}
"""What an expression may call. A table is a name, `family:variant`, or a `.toml` file's path; a row is its path."""
