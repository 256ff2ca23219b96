"""A folded network made an ONNX graph, node by node from its table, in milliseconds: what ONNX Runtime and OpenVINO
run, and what `striate export` writes.

torch's exporter traces Python for eight seconds to the same graph (ResNet-18, two cores), which is longer than most
work that an engine is wanted for. Every node has its row's path as its name. Needs the extra `onnx`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from striate import equations
from striate.errors import ModelError
from striate.nn.network import Network
from striate.nn.reliability import FeatureDistance, Reliability
from striate.tables import (
    LRN,
    RBF,
    Activation,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Identity,
    MaxPool,
    Step,
    Subsample,
    Window,
)

OPSET, IR_VERSION = 17, 8
"""Of 2022: what every runtime of the last years reads."""
INPUT, LOGITS, PROBABILITIES, FEATURES = "images", "logits", "probabilities", "features"
NONE_OF_THESE = "none_of_these"
"""The output that says whether a picture is of none of the classes."""
_MOST_BYTES = 2**31 - 2**20  # what one protobuf message can hold
Array = NDArray[Any]


def onnx_model(folded: Network, *, features_of: str | None = None) -> onnx.ModelProto:
    """The graph of a network that `fold` made: images to logits and probabilities (batch, classes); with `features_of`
    also the features of that row, as `map_statistics` has them.

    Images are float32 (batch, channels, height, width), normalized by the table's preprocessing; the batch size is
    free. ModelError if the network is too large for ONNX.

    >>> from striate.nn import build, fold
    >>> [node.op_type for node in onnx_model(fold(build("lenet5:modern"))).graph.node][:4]
    ['Conv', 'Relu', 'MaxPool', 'Conv']
    """
    table = folded.table
    weights = {name: tensor.detach().cpu().numpy() for name, tensor in folded.state_dict().items()}
    if (size := sum(array.nbytes for array in weights.values())) > _MOST_BYTES:
        raise ModelError(f"table {table.name}: {size / 1e9:.1f} GB of weights, an ONNX file holds 2 GB")
    graph = _Graph(weights)
    logits = graph.chain(folded.plan.steps, INPUT)
    graph.node("Identity", LOGITS, [logits], LOGITS)
    graph.node("Softmax", PROBABILITIES, [LOGITS], PROBABILITIES, axis=1)
    outputs = [_value(name, (table.classes,)) for name in (LOGITS, PROBABILITIES)]
    if features_of is not None:
        outputs.append(_value(FEATURES, (2 * folded.plan.step(features_of).output[0],)))
        _features(graph, features_of)
    made = helper.make_graph(graph.nodes, table.name, [_value(INPUT, table.input)], outputs, graph.initializers)
    return helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="striate"
    )


def add_reliability(graph: onnx.GraphProto, reliability: Reliability) -> None:
    """Calibrate a graph's probabilities, and where it has features, give whether a picture is of none of the classes in
    place of them."""
    added = _Graph({})
    graph.node.remove(next(node for node in graph.node if node.output[0] == PROBABILITIES))
    temperature = added.constant("temperature", np.array(reliability.temperature, np.float32))
    added.node("Div", "logits/calibrated", [LOGITS, temperature])
    added.node("Softmax", "probabilities/calibrated", ["logits/calibrated"], PROBABILITIES, axis=1)
    if (distance := reliability.distance) is not None and reliability.row is not None:
        _none_of_these(added, distance, np.float32(reliability.threshold))
        graph.output.remove(next(output for output in graph.output if output.name == FEATURES))
        graph.output.append(helper.make_tensor_value_info(NONE_OF_THESE, TensorProto.BOOL, ["batch"]))
    graph.node.extend(added.nodes)
    graph.initializer.extend(added.initializers)


def _none_of_these(graph: _Graph, distance: FeatureDistance, threshold: np.float32) -> None:
    """Whether no class is as near as the threshold. Its operators are the same in all versions from 13 on."""

    def node(kind: str, name: str, *inputs: str, **attributes: Any) -> str:
        return graph.node(kind, f"{NONE_OF_THESE}/{name}", list(inputs), **attributes)

    axes = {axis: graph.constant(f"{NONE_OF_THESE}/axis{axis}", np.array([axis])) for axis in (1, 2)}
    squares = node("ReduceSum", "squared_length", node("Mul", "squares", FEATURES, FEATURES), axes[1], keepdims=1)
    least = graph.constant(f"{NONE_OF_THESE}/least", np.array(1e-12, np.float32))
    length = node("Max", "length", node("Sqrt", "root", squares), least)
    whitening = graph.constant(f"{NONE_OF_THESE}/whitening", distance.whitening.T.numpy())
    whitened = node("MatMul", "whitened", node("Div", "unit_length", FEATURES, length), whitening)
    centres = graph.constant(f"{NONE_OF_THESE}/centres", distance.centres.unsqueeze(0).numpy())
    apart = node("Sub", "apart", node("Unsqueeze", "each", whitened, axes[1]), centres)
    distances = node("ReduceSum", "distances", node("Mul", "squared", apart, apart), axes[2], keepdims=0)
    near = node("LessOrEqual", "near", distances, graph.constant(f"{NONE_OF_THESE}/threshold", np.array(threshold)))
    count = node("ReduceSum", "count", node("Cast", "counted", near, to=TensorProto.INT64), axes[1], keepdims=0)
    zero = graph.constant(f"{NONE_OF_THESE}/zero", np.array(0, np.int64))
    graph.node("Equal", NONE_OF_THESE, [count, zero], NONE_OF_THESE)


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *shape])


def _features(graph: _Graph, row: str) -> None:
    """Add the output of the maps' means and standard deviations."""
    x = graph.results[row]
    means = graph.node("GlobalAveragePool", f"{FEATURES}/means", [x])
    deviations = graph.node("Sub", f"{FEATURES}/deviations", [x, means])
    squares = graph.node("Mul", f"{FEATURES}/squares", [deviations, deviations])
    variances = graph.node("GlobalAveragePool", f"{FEATURES}/variances", [squares])
    both = [means, graph.node("Sqrt", f"{FEATURES}/spreads", [variances])]
    joined = graph.node("Concat", f"{FEATURES}/both", both, axis=1)
    graph.node("Flatten", FEATURES, [joined], FEATURES, axis=1)


class _Graph:
    """Nodes and constants as they are added. Each method takes the name of a tensor and gives that of its result."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.results: dict[str, str] = {}  # the tensor of each row, by its path

    def chain(self, steps: Iterable[Step], x: str) -> str:
        """Rows one after the other."""
        for step in steps:
            self.results[step.path] = x = self._step(step, x)
        return x

    def node(self, kind: str, name: str, inputs: list[str], output: str | None = None, **attributes: Any) -> str:
        """One node; its output has its name, if it has no other."""
        self.nodes.append(helper.make_node(kind, inputs, [output or name], name, **attributes))
        return output or name

    def constant(self, name: str, array: Array) -> str:
        """A tensor of the graph's own."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def _parameters(self, path: str, *names: str) -> list[str]:
        full = (f"{path}.{name}" for name in names)
        return [self.constant(name, self.weights[name]) for name in full if name in self.weights]

    def _step(self, step: Step, x: str) -> str:
        path = step.path
        match step.row:
            case Conv(connections=None) as row:
                assert step.window is not None
                inputs = [x, *self._parameters(path, "weight", "bias")]
                window = _window(step.window, dilations=True)
                return self._activated(path, self.node("Conv", path, inputs, group=row.groups, **window), row)
            case MaxPool() as row:
                return self._activated(path, self.node("MaxPool", path, [x], **_pool(step)), row)
            case AveragePool() as row:
                pooled = self.node("AveragePool", path, [x], count_include_pad=0, **_pool(step))
                return self._activated(path, pooled, row)
            case AdaptiveAveragePool():
                return self._adaptive(step, x)
            case Identity():
                return self._identity(step, x)
            case LRN() as row:
                return self._lrn(step, row, x)
            case BatchNorm() as row:
                inputs = [x, *self._parameters(f"{path}.norm", "weight", "bias", "running_mean", "running_var")]
                return self._activated(path, self.node("BatchNormalization", path, inputs, epsilon=row.epsilon), row)
            case Dropout():
                return x
            case Dense() as row:
                flat = x if len(step.input) == 1 else self.node("Flatten", f"{path}.flat", [x], axis=1)
                inputs = [flat, *self._parameters(path, "weight", "bias")]
                return self._activated(path, self.node("Gemm", path, inputs, transB=1), row)
            case RBF() as row:
                return self._rbf(path, row, x)
            case Concat():
                return self.node("Concat", path, [self.chain(branch, x) for branch in step.branches], axis=1)
            case Add() as row:
                body, shortcut = (self.chain(branch, x) for branch in step.branches)
                return self._activated(path, self.node("Add", path, [body, shortcut]), row)
            case Conv() | Subsample():
                raise AssertionError(f"{path}: not folded")
            case row:
                assert_never(row)

    def _activated(self, path: str, x: str, row: Any) -> str:
        activation: Activation | None = row.activation
        match activation:
            case "relu":
                return self.node("Relu", f"{path}.relu", [x])
            case "tanh":
                return self.node("Tanh", f"{path}.tanh", [x])
            case "scaled_tanh":  # A tanh(S a): LeCun et al. 1998, appendix A
                outer = self.constant(f"{path}.A", np.array(equations.SCALED_TANH_A, np.float32))
                inner = self.constant(f"{path}.S", np.array(equations.SCALED_TANH_S, np.float32))
                tanh = self.node("Tanh", f"{path}.tanh", [self.node("Mul", f"{path}.inner", [x, inner])])
                return self.node("Mul", f"{path}.outer", [tanh, outer])
            case "softmax" | None:
                return x

    def _adaptive(self, step: Step, x: str) -> str:
        """Means over windows that may be uneven: rows @ maps @ columns, each matrix holding the windows' shares."""
        if step.output[1:] == (1, 1):
            return self.node("GlobalAveragePool", step.path, [x])
        rows, columns = (_shares(step.input[axis], step.output[axis]) for axis in (1, 2))
        right = self.node("MatMul", f"{step.path}.columns", [x, self.constant(f"{step.path}.right", columns.T)])
        return self.node("MatMul", step.path, [self.constant(f"{step.path}.left", rows), right])

    def _identity(self, step: Step, x: str) -> str:
        assert step.window is not None
        if step.window.stride != (1, 1):
            numbers = {"from": (0, 0), "to": step.input[1:], "axes": (2, 3), "by": step.window.stride}
            slices = [self.constant(f"{step.path}.{name}", np.array(value)) for name, value in numbers.items()]
            x = self.node("Slice", f"{step.path}.strided", [x, *slices])
        if zeros := step.output[0] - step.input[0]:
            x = self.node("Pad", step.path, [x, self.constant(f"{step.path}.zeros", np.array([0] * 5 + [zeros, 0, 0]))])
        return x

    def _lrn(self, step: Step, row: LRN, x: str) -> str:
        """ONNX divides alpha by the size, and has windows with a middle only; any other is a sum over squared maps."""
        before, after = equations.lrn_reach(row.size, row.convention)
        alpha, size = row.alpha / row.size if row.convention == "torch" else row.alpha, before + 1 + after
        if before == after and row.groups == 1:
            return self.node("LRN", step.path, [x], size=size, alpha=alpha * size, beta=row.beta, bias=row.k)
        maps, path = step.input[0], step.path
        near = np.arange(maps) - np.arange(maps)[:, None]
        tower = np.arange(maps) // (maps // row.groups)
        inside = (near >= -before) & (near <= after) & (tower == tower[:, None])
        weight = self.constant(f"{path}.neighbours", (alpha * inside).astype(np.float32)[:, :, None, None])
        k = self.constant(f"{path}.k", np.full(maps, row.k, np.float32))
        sums = self.node("Conv", f"{path}.sums", [self.node("Mul", f"{path}.squares", [x, x]), weight, k])
        power = self.node(
            "Pow", f"{path}.power", [sums, self.constant(f"{path}.beta", np.array(-row.beta, np.float32))]
        )
        return self.node("Mul", path, [x, power])

    def _rbf(self, path: str, row: RBF, x: str) -> str:
        """Minus the squared distance to each prototype: LeCun et al. 1998, equation 7."""
        cells = [[1.0 if cell == "#" else -1.0 for cell in "".join(picture)] for picture in row.prototypes]
        wide = self.node("Unsqueeze", f"{path}.wide", [x, self.constant(f"{path}.axis", np.array([1]))])
        prototypes = self.constant(f"{path}.prototypes", np.array(cells, np.float32))
        difference = self.node("Sub", f"{path}.difference", [wide, prototypes])
        squares = self.node("Mul", f"{path}.squares", [difference, difference])
        axis = self.constant(f"{path}.units", np.array([2]))
        distance = self.node("ReduceSum", f"{path}.distance", [squares, axis], keepdims=0)
        return self.node("Neg", path, [distance])


def _window(window: Window, *, dilations: bool = False) -> dict[str, Any]:
    (top, bottom), (left, right) = window.padding
    attributes = {"kernel_shape": window.kernel, "strides": window.stride, "pads": (top, left, bottom, right)}
    return attributes | ({"dilations": window.dilation} if dilations else {})


def _pool(step: Step) -> dict[str, Any]:
    """A pool's window, padded at the end as far as its last windows reach: rounding up (Caffe's) needs no more."""
    assert step.window is not None
    attributes, (kernel, stride) = _window(step.window), (step.window.kernel, step.window.stride)
    top, left, bottom, right = attributes["pads"]
    down, across = (
        (step.output[1 + axis] - 1) * stride[axis] + kernel[axis] - step.input[1 + axis] - first
        for axis, first in ((0, top), (1, left))
    )
    return attributes | {"pads": (top, left, max(bottom, down), max(right, across))}


def _shares(size: int, outputs: int) -> NDArray[np.float32]:
    """(outputs, size): each window's share of each cell."""
    matrix = np.zeros((outputs, size), np.float32)
    for index, (begin, end) in enumerate(equations.adaptive_windows(size, outputs)):
        matrix[index, begin:end] = 1 / (end - begin)
    return matrix
