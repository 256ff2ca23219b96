"""The stand-in for a GPU behaves as a device of its own: what the tests that use it rest on."""

import devices
import pytest
import torch
from torch.nn import functional

from striate.nn import build


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("table", ["lenet5", "lenet5:tiny", "alexnet:tiny", "googlenet:tiny", "resnet50:tiny"])
def test_it_computes_the_numbers_of_the_cpu(table):
    here, there = (build(table, seed=0).to(memory_format=torch.channels_last).eval() for _ in range(2))
    there.to(devices.NAME)
    images_NCHW, labels = torch.randn(2, *here.table.input), torch.tensor([0, 1])
    outputs = here(images_NCHW), there(images_NCHW.to(devices.NAME))
    for logits in outputs:
        functional.cross_entropy(logits, labels.to(logits.device)).backward()
    torch.testing.assert_close(outputs[1].cpu(), outputs[0], rtol=0, atol=0)
    for parameter, other in zip(here.parameters(), there.parameters(), strict=True):
        if parameter.grad is not None:  # auxiliary heads have none
            torch.testing.assert_close(other.grad.cpu(), parameter.grad, rtol=0, atol=0)


@pytest.mark.usefixtures("device")
def test_it_refuses_to_mix_with_the_cpu():
    tensor = torch.ones(3).to(devices.NAME)
    with pytest.raises(RuntimeError, match="on the CPU"):
        tensor + torch.ones(3)
    with pytest.raises(TypeError, match="numpy"):
        tensor.numpy()


def test_what_it_lacks_and_what_is_counted(device):
    device.lacks = {torch.float64, "aten::tanh"}
    tensor = torch.ones(3).to(devices.NAME)
    with pytest.raises(TypeError, match="float64"):
        tensor.double()
    with pytest.raises(NotImplementedError, match="tanh"):
        tensor.tanh()
    tensor.sum().item()
    tensor.cpu()
    assert device.counts == {"to the device": 1, "waits": 1, "to the CPU": 1}


def test_it_is_there_only_within_its_context(device):
    assert torch.accelerator.current_accelerator(check_available=True) == torch.device(devices.NAME)
    device.present = False
    assert torch.accelerator.current_accelerator(check_available=True) is None
