"""The CPU under another name: an accelerator for tests on machines that have none.

A tensor on the device `stand_in` computes with a CPU tensor that it holds, so that the numbers are the CPU's, bit for
bit. But torch takes the device for another one: an operation that mixes it with tensors of the CPU is an error here, as
it is on a GPU, and `numpy()` refuses it. What a device lacks can be taken away, memory too, and transfers are counted.

torch's API for a backend in Python is experimental; nothing but tests uses it.
"""

import contextlib
import functools
from collections import Counter
from unittest import mock

import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _DummyPrivateUse1Hook,
    _setup_privateuseone_for_python_backend,
)

from striate.runtime import probe_device

NAME = "stand_in"

_COPIES = ("aten::_to_copy", "aten::copy_", "aten::_copy_from")
_CPU = torch.device("cpu")


class StandIn:
    """What the device has at the moment, and what has been asked of it."""

    def __init__(self):
        self.present = False
        self.lacks = frozenset()
        """Data types, and operations by their names ("aten::max_pool2d_with_indices")."""
        self.most_images = None
        """The largest first dimension of a convolution's input before memory runs out."""
        self.free = 8 * 10**9
        """Bytes of memory that are free, of 16 GB."""
        self.counts = Counter()
        """Of "to the device", "to the CPU" and "waits", which are single numbers read."""
        self.seed = None


state = StandIn()


class StandInTensor(torch.Tensor):
    """A tensor on the device; `held` is the CPU tensor with its numbers."""

    @staticmethod
    def __new__(cls, held):
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), storage_offset=held.storage_offset(), dtype=held.dtype,
            device=torch.device(NAME, 0), requires_grad=False,
        )  # fmt: skip
        made.held = held
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    def tolist(self):
        state.counts["waits"] += 1
        return self.held.tolist()

    def numpy(self):
        raise TypeError(f"can't convert {NAME}:0 device type tensor to numpy. Use Tensor.cpu() first.")

    def __format__(self, form):
        return format(self.held, form)

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # what is made of other operations comes here whole
            result = operation.decompose(*args, **kwargs)
            return _compute(operation, *args, **kwargs) if result is NotImplemented else result
        return _compute(operation, *args, **kwargs)


class _Module(_DummyBackendModule):
    def is_available(self):
        return state.present

    def device_count(self):
        return int(state.present)

    def manual_seed(self, seed):
        state.seed = seed
        torch.default_generator.manual_seed(seed)

    def get_amp_supported_dtype(self):
        return [torch.bfloat16]

    def get_device_name(self, _device=None):
        return "Stand-in"


class _Event:
    """A place in the device's queue; what was queued is done at once."""

    def __init__(self, device, **_options):
        assert device.type == NAME

    def record(self, stream):
        assert stream.device.type == NAME

    def synchronize(self):
        pass


class _Hook(_DummyPrivateUse1Hook):
    def is_available(self):
        return state.present


def _compute(operation, *args, **kwargs):
    """The operation on the held tensors; the result is on the device, unless it was copied to the CPU."""
    name = operation.name().partition(".")[0]
    if name == "aten::record_stream":
        return None  # it keeps memory from being used again too early, which the CPU's never is
    given = tree_leaves((args, kwargs))
    held = {id(tensor.held): tensor for tensor in given if isinstance(tensor, StandInTensor)}
    _refuse(name, given)

    def unwrap(value):
        if isinstance(value, StandInTensor):
            return value.held
        if isinstance(value, torch.device):
            return _CPU
        if isinstance(value, torch.Tensor) and value.dim() and held and name not in _COPIES:
            raise RuntimeError(
                f"expected all tensors on {NAME}, but found one of {tuple(value.shape)} on the CPU: {name}"
            )
        return value

    copied_from = isinstance(given[0], StandInTensor) if name in _COPIES else None
    to_cpu = name == "aten::_to_copy" and copied_from and getattr(kwargs.get("device"), "type", NAME) == "cpu"
    if to_cpu or (name == "aten::_copy_from" and not isinstance(args[1], StandInTensor)):
        state.counts["to the CPU"] += 1
    elif name in ("aten::_copy_from", "aten::copy_") and not all(isinstance(each, StandInTensor) for each in args[:2]):
        state.counts["to the device"] += 1
    elif name == "aten::_local_scalar_dense":
        state.counts["waits"] += 1
    result = operation(*tree_map(unwrap, args), **tree_map(unwrap, kwargs))
    if name == "aten::copy_":
        return args[0]
    if name == "aten::_copy_from":
        return args[1]

    def wrap(value):
        if not isinstance(value, torch.Tensor) or to_cpu:
            return value
        return held[id(value)] if id(value) in held else StandInTensor(value)

    # a view of a weight is no tensor of inference mode, even within it
    viewed = operation.is_view and not args[0].is_inference()
    with torch.inference_mode(False) if viewed else contextlib.nullcontext():
        return tree_map(wrap, result)


def _refuse(name, given):
    """The errors of devices: a data type or a kernel that they lack, and no memory."""
    kinds = {value.dtype if isinstance(value, StandInTensor) else value for value in given}
    if lacking := [kind for kind in kinds if isinstance(kind, torch.dtype) and kind in state.lacks]:
        raise TypeError(f"Cannot convert a tensor to {NAME} as it has no {lacking[0]}")  # as mps says of float64
    if name in state.lacks:
        raise NotImplementedError(f"The operator '{name}' is not currently implemented for the {NAME} device.")
    if name == "aten::convolution" and state.most_images is not None and len(given[0]) > state.most_images:
        raise torch.OutOfMemoryError(f"{NAME} out of memory. Tried to allocate 1.00 GiB.")


_libraries = []


def register():
    """Make torch know the device, which is absent until `stand_in`: before the first backward pass of the process, as
    autograd counts the devices then. Not beside a GPU, which it would hide."""
    if _libraries or torch.accelerator.is_available():
        return
    _setup_privateuseone_for_python_backend(NAME, backend_module=_Module(), hook=_Hook())
    every, aten = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
    every.fallback(_compute, "PrivateUse1")
    every.fallback(torch.library.fallthrough_kernel, "AutocastPrivateUse1")
    # torch.tensor(..., device=...) reaches no fallback
    aten.impl("copy_", functools.partial(_compute, torch.ops.aten.copy_.default), "PrivateUse1")
    for product in (torch.ops.aten.conv2d, torch.ops.aten.linear):
        aten.impl(product.default.name(), functools.partial(_in_bfloat16, product), "AutocastPrivateUse1")
    _libraries.extend([every, aten])


def _in_bfloat16(product, *args):
    """What autocast does with a product."""
    without = torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastPrivateUse1)
    with torch._C._ExcludeDispatchKeyGuard(without):
        return product(*(arg.bfloat16() if isinstance(arg, torch.Tensor) else arg for arg in args))


@contextlib.contextmanager
def stand_in(lacks=(), most_images=None):
    """A context in which the machine has the device, as torch's only accelerator; its state is what is yielded."""
    register()
    if not _libraries:
        pytest.skip("this machine has an accelerator of its own")
    probe_device.cache_clear()
    state.__init__()
    state.present, state.lacks, state.most_images = True, frozenset(lacks), most_images
    # what torch lets no backend in Python answer
    answers = {
        "synchronize": lambda _device=None: None,
        "empty_cache": lambda: None,
        "get_memory_info": lambda _device=None: (state.free, 16 * 10**9),
        "memory_reserved": lambda _device=None: 0,
    }
    try:
        with (
            mock.patch.multiple(torch.accelerator, **answers),
            mock.patch.object(torch, "Event", _Event),
            mock.patch.object(torch.Tensor, "pin_memory", lambda tensor: tensor),
        ):
            yield state
    finally:
        state.__init__()
        probe_device.cache_clear()
