"""Whether a network is as it was: what every look inside is held to."""

import contextlib

import torch

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@contextlib.contextmanager
def untouched(network):
    """Fails if weights, buffers, their gradients, a mode, a hook or torch's global generator changed in here."""
    before, state = _all_of(network), {name: tensor.clone() for name, tensor in network.state_dict().items()}
    generator, threads = torch.get_rng_state(), torch.get_num_threads()
    yield
    assert _all_of(network) == before
    after = network.state_dict()
    assert list(after) == list(state)
    assert all(torch.equal(after[name], tensor) for name, tensor in state.items())
    assert torch.equal(torch.get_rng_state(), generator)
    assert torch.get_num_threads() == threads


def _all_of(network):
    """What is neither weight nor buffer."""
    return (
        [
            (name, module.training, [len(getattr(module, kind)) for kind in _HOOKS])
            for name, module in network.named_modules()
        ],
        [
            (name, weight.requires_grad, None if weight.grad is None else weight.grad.sum().item())
            for name, weight in network.named_parameters()
        ],
    )
