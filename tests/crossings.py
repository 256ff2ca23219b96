"""What crosses between the CPU and the stand-in for a GPU (`devices.py`), and what the CPU would wait for."""

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from unittest import mock

import torch
from devices import NAME, StandInTensor, stand_in
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ATEN = torch.ops.aten
READ = {ATEN._local_scalar_dense.default, ATEN.nonzero.default, ATEN.masked_select.default, ATEN.equal.default}
"""Operations whose result the CPU needs, beside copies."""


@dataclass
class Crossings:
    """Bytes sent to the device by data type; what waited for all that it does, in words; for each wait for something
    earlier, the operations that were queued behind that; and all operations."""

    sent: Counter = field(default_factory=Counter)
    waits: list = field(default_factory=list)
    queued_behind: list = field(default_factory=list)
    operations: int = 0

    def clear(self):
        self.sent.clear()
        self.waits.clear()
        self.queued_behind.clear()


class _Count(TorchDispatchMode):
    """Counts the operations of a context, those of the backward pass too."""

    def __init__(self, crossings):
        super().__init__()
        self.crossings = crossings

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        with self:
            parts = operation.decompose(*args, **kwargs)  # in inference mode operations come here undivided
        if parts is not NotImplemented:
            return parts
        if any(isinstance(part, StandInTensor) for part in tree_leaves((args, kwargs))):
            self.crossings.operations += 1
            if operation in READ or (operation is ATEN.index.Tensor and any(map(_is_mask, args[1]))):
                self.crossings.waits.append(operation.name())
        if operation is ATEN._to_copy.default and (target := kwargs.get("device")) is not None:
            self._count_copy(args[0], target.type, queued=kwargs.get("non_blocking", False))
        if operation is ATEN.copy_.default:
            self._count_copy(args[1], args[0].device.type, queued=len(args) > 2 and args[2])
        return operation(*args, **kwargs)

    def _count_copy(self, source, target, queued):
        if source.device.type == target:
            return
        if target == NAME:
            self.crossings.sent[source.dtype] += source.nbytes
        if not queued:
            self.crossings.waits.append(f"copy to {target}, {source.dtype} {tuple(source.shape)}")


def _is_mask(index):
    return isinstance(index, StandInTensor) and index.dtype == torch.bool


@contextlib.contextmanager
def counted_crossings():
    """A context with the stand-in, whose crossings are what is yielded."""
    crossings = Crossings()

    class Event:
        """An event of the device, at a place in its queue."""

        def __init__(self, device, *, blocking):
            assert (device.type, blocking) == (NAME, True)  # else a core would spin

        def record(self, stream):
            assert stream.device.type == NAME
            self.after = crossings.operations

        def synchronize(self):
            crossings.queued_behind.append(crossings.operations - self.after)

    def tolist(tensor):
        crossings.waits.append("tolist")
        return tensor.held.tolist()

    patches = (
        mock.patch.object(torch, "Event", Event),
        mock.patch.object(StandInTensor, "tolist", tolist),
    )
    with contextlib.ExitStack() as stack:
        stack.enter_context(stand_in())
        for patch in patches:
            stack.enter_context(patch)
        stack.enter_context(_Count(crossings))
        yield crossings
