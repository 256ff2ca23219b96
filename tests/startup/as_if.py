"""Makes torch state another CPU's instructions: what `auto` chooses is then the same on every machine.

`pytest --as-if bfloat16` imports this module, and so does each process that its tests start (`sitecustomize.py`). torch
is not imported here: most of those processes end without it. The answer changes when torch's own module is imported.
"""

import importlib.machinery
import os
import sys

INSTRUCTIONS = {"float32": {}, "bfloat16": {"avx512_bf16": True}}
"""By the precision that `auto` then chooses, what `torch.cpu.get_capabilities` states of bfloat16."""


def pretend(cpu):
    """Change the answer of the module `torch.cpu`."""
    measured = cpu.get_capabilities
    stated = {"amx_bf16": False, "avx512_bf16": False, **INSTRUCTIONS[os.environ["STRIATE_TEST_AS_IF"]]}
    cpu.get_capabilities = lambda: {**measured(), **stated}


class _AfterImport:
    """Finds `torch.cpu` as the usual finder does, and changes its answer after it has been executed."""

    @staticmethod
    def find_spec(name, path, _target=None):
        if name != "torch.cpu":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        execute = spec.loader.exec_module

        def execute_and_pretend(module):
            execute(module)
            pretend(module)

        spec.loader.exec_module = execute_and_pretend
        return spec


if "torch.cpu" in sys.modules:
    pretend(sys.modules["torch.cpu"])
else:
    sys.meta_path.insert(0, _AfterImport)
