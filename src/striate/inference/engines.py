"""The engines: a folded network made ready to run by torch, by torch's compiler, by ONNX Runtime or by OpenVINO.

Each is a function from normalized images to logits. torch is always there; the others are extras (`onnx`,
`openvino`). `striate.inference.choose` decides which one answers.
"""

from __future__ import annotations

import copy
import importlib.util
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.nn import Network, move_relus
from striate.runtime import Device, has_fast_bfloat16

if TYPE_CHECKING:
    import onnx

EngineName = Literal["torch", "inductor", "onnxruntime", "openvino"]
EnginePrecision = Literal["float32", "bfloat16", "int8"]
Run = Callable[[Tensor], Tensor]

_EXTRA = {"onnxruntime": "onnx", "openvino": "openvino"}
_NEEDS = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
_CAN: dict[EngineName, tuple[EnginePrecision, ...]] = {
    "torch": ("float32", "bfloat16"),
    "inductor": ("float32", "bfloat16"),
    "onnxruntime": ("float32", "int8"),
    "openvino": ("float32", "bfloat16", "int8"),
}


@dataclass(frozen=True)
class Engine:
    """A network made ready. `run` takes normalized images float32 (N, channels, height, width), any N, to logits
    float32 (N, classes) on the CPU; one thread may call it at a time."""

    name: EngineName
    precision: EnginePrecision
    run: Run

    @property
    def has_threads_of_its_own(self) -> bool:
        """Whether it computes on others than torch's threads, which then had better sleep."""
        return self.name in _EXTRA

    def describe(self) -> str:
        """In words.

        >>> Engine("torch", "float32", lambda images: images).describe()
        'torch, float32'
        """
        return f"{self.name}, {self.precision}"


def candidates(precision: EnginePrecision, device: torch.device) -> tuple[EngineName, ...]:
    """The engines among which one is chosen by itself: installed, of this precision, and quick to make ready."""
    if device.type != "cpu":
        return ("torch",) if precision in _CAN["torch"] else ()
    names = (name for name in get_args(EngineName) if name != "inductor")
    return tuple(name for name in names if precision in _CAN[name] and _installed(name))


def prepare(
    name: EngineName,
    folded: Network,
    precision: EnginePrecision,
    device: torch.device,
    quantized: onnx.ModelProto | None = None,
) -> Engine:
    """A network that `fold` made, ready to run. `quantized` is its int8 graph (`striate.inference.quantize`).

    StriateError, saying what would do, if the engine is not installed or has no such precision on this machine.
    """
    if precision not in _CAN[name]:
        able = [other for other, precisions in _CAN.items() if precision in precisions]
        raise StriateError(f"engine {name}: computes in {_or(_CAN[name])}; for {precision} take {_or(able)}")
    if not _installed(name):
        raise StriateError(f"engine {name}: not installed; pip install 'striate[{_EXTRA[name]}]'")
    match name:
        case "torch":
            run = _torch(folded, Device(device, "bfloat16" if precision == "bfloat16" else "float32"))
        case "inductor":
            run = _inductor(folded, Device(device, "bfloat16" if precision == "bfloat16" else "float32"))
        case "onnxruntime":
            run = _onnxruntime(_graph(folded, quantized))
        case "openvino":
            if precision == "bfloat16" and not has_fast_bfloat16(torch.device("cpu")):
                raise StriateError(
                    "engine openvino: this CPU has no bfloat16; take float32, or torch, which emulates it"
                )
            run = _openvino(_graph(folded, quantized), precision)
    return Engine(name, precision, run)


def _installed(name: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in _NEEDS.get(name, ()))


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def _torch(folded: Network, device: Device) -> Run:
    return _by_torch(_arranged(folded, device), device)


def _inductor(folded: Network, device: Device) -> Run:
    """torch's compiler, weights frozen into the code: half a minute of compiling, for each of one image and many."""
    import torch._inductor.config as settings

    run = _by_torch(torch.compile(_arranged(folded, device)), device)

    def frozen(images_NCHW: Tensor) -> Tensor:
        with settings.patch(freezing=True):
            return run(images_NCHW)

    return frozen


def _arranged(folded: Network, device: Device) -> Network:
    """A copy laid out as torch is fastest with it: channels last, ReLUs after pools and in place."""
    network = copy.deepcopy(folded).to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    move_relus(network)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    return network  # type: ignore[no-any-return]


def _by_torch(forward: Callable[[Tensor], Any], device: Device) -> Run:
    def run(images_NCHW: Tensor) -> Tensor:
        images_NCHW = images_NCHW.to(device.device, memory_format=torch.channels_last)
        with torch.inference_mode(), device.autocast():
            logits: Tensor = forward(images_NCHW)
            return logits.float().cpu()

    return run


def _graph(folded: Network, quantized: onnx.ModelProto | None) -> bytes:
    from striate.nn.onnx_graph import onnx_model

    content: bytes = (quantized or onnx_model(folded)).SerializeToString()
    return content


def _onnxruntime(graph: bytes) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    # Between runs its threads would spin, and take the cores from those that decode pictures.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(images_NCHW: Tensor) -> Tensor:
        (logits,) = session.run(["logits"], {"images": np.ascontiguousarray(images_NCHW.numpy())})
        return torch.from_numpy(logits)

    return run


def _openvino(graph: bytes, precision: EnginePrecision) -> Run:
    logging.getLogger("openvino").setLevel(logging.ERROR)
    import openvino

    core = openvino.Core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    request = core.compile_model(core.read_model(graph), "CPU", settings).create_infer_request()

    def run(images_NCHW: Tensor) -> Tensor:
        results = request.infer([np.ascontiguousarray(images_NCHW.numpy())], share_inputs=True)
        return torch.from_numpy(results["logits"].copy())

    return run
