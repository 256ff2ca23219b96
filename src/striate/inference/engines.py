"""The engines: a folded network prepared to run by torch, by torch's compiler, by ONNX Runtime or by OpenVINO.

Each is a function from normalized images to logits. torch is always installed; the others are extras (`onnx`,
`openvino`). `choose` decides which one is used.
"""

from __future__ import annotations

import copy
import functools
import importlib.util
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.nn import Network, WithFeatures, move_relus
from striate.runtime import Device, has_fast_bfloat16, run_in_parts

if TYPE_CHECKING:
    import onnx

EngineName = Literal["torch", "inductor", "onnxruntime", "openvino"]
EnginePrecision = Literal["float32", "bfloat16", "int8"]
Run = Callable[[Tensor], Tensor]

CPU_ENGINES: tuple[EngineName, ...] = ("onnxruntime", "openvino")
"""The engines that run on the CPU alone."""
_OUTPUTS = ("logits", "features")
"""Of a graph, in the order in which an engine gives them."""
_EXTRAS = {"onnxruntime": "onnx", "openvino": "openvino"}
_PACKAGES = {"onnxruntime": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
_PRECISIONS: dict[EngineName, tuple[EnginePrecision, ...]] = {
    "torch": ("float32", "bfloat16"),
    "inductor": ("float32", "bfloat16"),
    "onnxruntime": ("float32", "int8"),
    "openvino": ("float32", "bfloat16", "int8"),
}


@dataclass(frozen=True)
class Engine:
    """A network prepared to run. `run` takes normalized images float32 (N, channels, height, width), any N, to logits
    float32 (N, classes) on the CPU, behind which are the features of a row, if the engine was prepared with one; one
    thread may call it at a time."""

    name: EngineName
    precision: EnginePrecision
    run: Run
    device: torch.device = torch.device("cpu")

    @property
    def has_threads_of_its_own(self) -> bool:
        """Whether it computes on other threads than torch's, which would take their cores (see `one_thread`)."""
        return self.name in _EXTRAS

    def describe(self) -> str:
        """Its name and precision.

        >>> Engine("torch", "float32", lambda images: images).describe()
        'torch, float32'
        """
        return f"{self.name}, {self.precision}"


def candidates(precision: EnginePrecision, device: torch.device) -> tuple[EngineName, ...]:
    """The engines that "auto" chooses from: installed, of this precision, and quick to prepare."""
    if device.type != "cpu":
        return ("torch",) if precision in _PRECISIONS["torch"] else ()
    names = (name for name in get_args(EngineName) if name != "inductor")
    return tuple(name for name in names if precision in _PRECISIONS[name] and _is_installed(name))


def prepare(
    name: EngineName,
    folded: Network,
    precision: EnginePrecision,
    device: torch.device,
    quantized: onnx.ModelProto | None = None,
    features_of: str | None = None,
) -> Engine:
    """An engine for a network that `fold` made. `quantized` is its int8 graph (`quantize`). With `features_of` it also
    gives the features of that row (`striate.nn.WithFeatures`).

    StriateError, with what to do, if the engine is not installed, cannot be loaded, or has no such precision on this
    machine.
    """
    if precision not in _PRECISIONS[name]:
        able = [other for other, precisions in _PRECISIONS.items() if precision in precisions]
        raise StriateError(f"engine {name}: computes in {_or(_PRECISIONS[name])}; for {precision} take {_or(able)}")
    if not _is_installed(name):
        raise StriateError(f"engine {name}: not installed; pip install 'striate[{_EXTRAS[name]}]'")
    match name:
        case "torch":
            run = _torch(folded, Device(device, "bfloat16" if precision == "bfloat16" else "float32"), features_of)
        case "inductor":
            run = _inductor(folded, Device(device, "bfloat16" if precision == "bfloat16" else "float32"), features_of)
        case "onnxruntime":
            run = _load(name, lambda: _onnxruntime(_graph(folded, quantized, features_of)))
        case "openvino":
            if precision == "bfloat16" and not has_fast_bfloat16(torch.device("cpu")):
                raise StriateError(
                    "engine openvino: this CPU has no bfloat16; take float32, or torch, which emulates it"
                )
            run = _load(name, lambda: _openvino(_graph(folded, quantized, features_of), precision))
    return Engine(name, precision, run, device)


def _is_installed(name: str) -> bool:
    return all(importlib.util.find_spec(module) is not None for module in _PACKAGES.get(name, ()))


def _load(name: EngineName, load: Callable[[], Run]) -> Run:
    """What `load` gives; whatever another library raises meanwhile, without a home folder say, as StriateError."""
    try:
        return load()
    except Exception as error:
        raise StriateError(f"engine {name}: cannot be loaded: {error or type(error).__name__}; take torch") from error


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)


def _torch(folded: Network, device: Device, features_of: str | None) -> Run:
    return _run_by_torch(_with_features(_optimize_layout(folded, device), features_of), device)


def _with_features(network: Network, features_of: str | None) -> nn.Module:
    return network if features_of is None else WithFeatures(network, features_of)


def _inductor(folded: Network, device: Device, features_of: str | None) -> Run:
    """torch's compiler, weights frozen into the code: it compiles for half a minute, once for one image and once for
    many."""
    import torch._inductor.config as settings

    run = _run_by_torch(torch.compile(_with_features(_optimize_layout(folded, device), features_of)), device)

    def run_frozen(images_NCHW: Tensor) -> Tensor:
        with settings.patch(freezing=True):
            return run(images_NCHW)

    return run_frozen


def _optimize_layout(folded: Network, device: Device) -> Network:
    """A copy in the form that torch runs fastest: channels last, ReLUs after max pools and in place."""
    network = copy.deepcopy(folded).to(device.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    move_relus(network)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = True
    return network  # type: ignore[no-any-return]


def _run_by_torch(forward: Callable[[Tensor], Any], device: Device) -> Run:
    def run(images_NCHW: Tensor) -> Tensor:
        images_NCHW = images_NCHW.to(device.device, memory_format=torch.channels_last)
        with torch.inference_mode(), device.autocast():
            logits: Tensor = forward(images_NCHW)
            return logits.float().cpu()

    return lambda images_NCHW: run_in_parts(run, images_NCHW, device.device)


def _graph(folded: Network, quantized: onnx.ModelProto | None, features_of: str | None) -> bytes:
    from striate.nn.onnx_graph import onnx_model

    content: bytes = (quantized or onnx_model(folded, features_of=features_of)).SerializeToString()
    return content


def _onnxruntime(graph: bytes) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    # Between runs its threads would spin, and take the cores from those that decode images.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    names = [output.name for output in session.get_outputs() if output.name in _OUTPUTS]

    def run(images_NCHW: Tensor) -> Tensor:
        found = session.run(names, {"images": np.ascontiguousarray(images_NCHW.numpy())})
        return torch.from_numpy(found[0] if len(found) == 1 else np.concatenate(found, axis=1))

    return run


@functools.cache
def _openvino_core() -> Any:
    """OpenVINO, which is never unloaded: it gives the thread that loads it another stack for signal handlers.

    It frees that stack when it is unloaded. In another thread, as the garbage collector may do it, it cannot take the
    stack from the first one, and the next signal would end the process by a segmentation fault.
    """
    import openvino

    logging.getLogger("openvino").setLevel(logging.ERROR)
    return openvino.Core()


def _openvino(graph: bytes, precision: EnginePrecision) -> Run:
    core = _openvino_core()
    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    model = core.compile_model(core.read_model(graph), "CPU", settings)
    request = model.create_infer_request()
    names = [name for name in _OUTPUTS if any(name in output.names for output in model.outputs)]

    def run(images_NCHW: Tensor) -> Tensor:
        results = request.infer([np.ascontiguousarray(images_NCHW.numpy())], share_inputs=True)
        return torch.from_numpy(np.concatenate([results[name] for name in names], axis=1))

    return run
