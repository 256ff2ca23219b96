"""convolve = torch's own convolution, outputs and all gradients, whichever way it takes."""

import pytest
import torch
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F

from striate.nn import convolve as module
from striate.nn.convolve import convolve
from striate.nn.network import build

ONE, NONE = (1, 1), (0, 0)


def tensors(*shapes, memory_format=torch.contiguous_format):
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.randn(shape, generator=generator) for shape in shapes]
    return [t.contiguous(memory_format=memory_format) if t.dim() == 4 else t for t in drawn]


def outputs_and_gradients(function, inputs, *rest):
    inputs = [tensor if tensor is None else tensor.detach().requires_grad_() for tensor in inputs]
    out = function(*inputs, *rest)
    weights = torch.linspace(-1, 1, out.numel()).view(out.shape)
    return [out, *torch.autograd.grad(out, [tensor for tensor in inputs if tensor is not None], weights)]


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(
    ("shape", "weight_shape", "window", "groups", "as_matrices"),
    [
        ((3, 5, 4, 3), (7, 5, 4, 3), (ONE, NONE, ONE), 1, True),
        ((3, 5, 4, 3), (7, 5, 4, 3), (ONE, ONE, ONE), 1, False),
        ((3, 5, 5, 3), (7, 5, 4, 3), (ONE, NONE, ONE), 1, False),
        ((3, 4, 4, 3), (6, 2, 4, 3), (ONE, NONE, ONE), 2, False),
    ],
    ids=["whole window", "padded", "smaller window", "groups"],
)
def test_equals_torch(monkeypatch, shape, weight_shape, window, groups, as_matrices, memory_format, biased):
    x, weight, bias = tensors(shape, weight_shape, weight_shape[:1], memory_format=memory_format)
    inputs, rest = (x, weight, bias if biased else None), (*window, groups)
    theirs = outputs_and_gradients(F.conv2d, inputs, *rest)
    products = []
    monkeypatch.setattr(module.F, "linear", lambda *a, own=F.linear: products.append(1) or own(*a))
    ours = outputs_and_gradients(convolve, inputs, *rest)
    assert bool(products) == as_matrices
    for mine, torchs in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, torchs, rtol=1e-4, atol=1e-4)


def test_gradients_of_each_image():
    """torch.func goes through a network as it does through torch's own layers."""
    network = build("lenet5:modern", seed=0).to(memory_format=torch.channels_last)
    parameters = {name: parameter.detach() for name, parameter in network.named_parameters()}
    images = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))

    def output(parameters, image_CHW):
        return functional_call(network, parameters, (image_CHW[None],)).sum()

    each = vmap(grad(output), (None, 0))(parameters, images)
    for number, image_CHW in enumerate(images):
        network.zero_grad()
        network(image_CHW[None]).sum().backward()
        for name, parameter in network.named_parameters():
            torch.testing.assert_close(each[name][number], parameter.grad, rtol=1e-4, atol=1e-5)
