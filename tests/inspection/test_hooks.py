"""Recorded activations are what the network computes; the network is left as it was."""

from pathlib import Path

import pytest
import torch
from networks import with_statistics
from torch import nn
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.hooks import convolutions, eval_without_grad, middle_unit, record_activations
from striate.inspection.sample import class_index, load_sample
from striate.nn import build, load_model
from striate.tables import load_plan

TINY = ("lenet5", "alexnet:tiny", "googlenet:tiny", "resnet50:tiny", "minivggnet:tiny")


@pytest.mark.parametrize("name", TINY)
def test_inputs_and_outputs_of_every_row(name):
    network = with_statistics(build(name, seed=0))
    steps = network.plan.flat
    x = torch.randn(2, *network.table.input, generator=torch.Generator().manual_seed(0))
    with untouched(network):
        activations = record_activations(network, x, [step.path for step in steps])
    network.eval()
    for step in steps:
        assert activations[step.path].output.shape == (2, *step.output)
        assert torch.equal(
            network.get_submodule(step.path)(activations[step.path].input), activations[step.path].output
        )
    assert torch.equal(activations[steps[-1].path].output, network(x))


def test_the_network_runs_only_as_far_as_needed():
    network = build("lenet5", seed=0)
    ran = []
    for name in ("C5", "F6"):
        network.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
    record_activations(network, torch.zeros(1, 1, 32, 32), ["C5"])
    assert ran == ["C5"]


def test_gradients_flow_to_the_images_and_not_to_the_weights():
    network = build("lenet5", seed=0)
    x = torch.randn(1, 1, 32, 32, requires_grad=True)
    with untouched(network):
        record_activations(network, x, ["S2"])["S2"].output.sum().backward()
    assert x.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_modes_are_restored_module_by_module():
    """A network that learns with its batch normalization frozen, and one weight fixed, is left like that."""
    network = build("resnet18:tiny", seed=0).train()
    network.bn1.eval()
    network.conv1.weight.requires_grad_(False)
    with pytest.raises(ZeroDivisionError), untouched(network), eval_without_grad(network):
        assert not any(module.training for module in network.modules())
        assert not any(parameter.requires_grad for parameter in network.parameters())
        raise ZeroDivisionError
    assert network.training
    assert not network.bn1.norm.training


def test_hooks_are_removed_even_if_the_network_fails():
    network = build("lenet5", seed=0)
    with untouched(network), pytest.raises(RuntimeError):
        record_activations(network, torch.zeros(1, 3, 32, 32), ["C1", "F6"])
    assert not any(module._forward_hooks for module in network.modules())


def test_errors():
    with pytest.raises(StriateError, match="table lenet5: there is no row 'conv9': expected one of C1, S2"):
        load_plan("lenet5").step("conv9")
    with pytest.raises(StriateError, match="row F6: its units have no row and column"):
        middle_unit(load_plan("lenet5").step("F6"))


def test_convolutions_are_found_inside_branches():
    paths = [step.path for step in convolutions(load_plan("googlenet:tiny"))]
    assert "inception_3a.branch2.reduce" in paths
    assert all(isinstance(build("googlenet:tiny", seed=0).get_submodule(path), nn.Conv2d) for path in paths)


def test_a_picture_is_what_the_predictor_gives_the_network(tmp_path):
    from PIL import Image

    Image.linear_gradient("L").save(tmp_path / "ramp.png")
    model = load_model(Path("lenet5"))
    sample = load_sample(tmp_path / "ramp.png", model.network.table)
    assert sample.fitted_CHW.shape == (1, 32, 32)
    assert sample.input_NCHW.shape == (1, 1, 32, 32)
    assert class_index(model, "7") == 7
    with pytest.raises(StriateError, match="there is no class 'cat'; the model has 10: 0, 1, 2"):
        class_index(model, "cat")
