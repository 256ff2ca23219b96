"""The gradient's two parts at a unit's input add up to torch's gradient; with dead convolutions one is left."""

from dataclasses import replace

import pytest
import torch
from untouched import untouched

from striate.errors import StriateError
from striate.inspection.shortcuts import shortcut_flow
from striate.inspection.shortcuts_view import shortcuts_view
from striate.nn import build
from striate.tables import Add


def batch():
    return torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0)), torch.arange(4)


@pytest.mark.parametrize("name", ["resnet18:tiny", "resnet50:tiny"])
def test_norms_are_autograds(name):
    """Together: torch's gradient at the unit's input, found by hooks. No hook is needed to split it, for a unit's parts are modules."""
    network, (x, labels) = build(name, seed=0), batch()
    with untouched(network):
        flows = shortcut_flow(network, x, labels)
    network.train()
    inputs = {}

    def keep(module, given):
        given[0].retain_grad()
        inputs[module] = given[0]

    units = [row for row in network.table.rows if isinstance(row, Add)]
    modules = [network.get_submodule(unit.name) for unit in units]
    hooks = [module.register_forward_pre_hook(keep) for module in modules]
    logits = network(x.requires_grad_())
    for hook in hooks:
        hook.remove()
    torch.nn.functional.cross_entropy(logits, labels).backward()
    assert [flow.path for flow in flows] == [unit.name for unit in units]
    for flow, unit, module in zip(flows, units, modules, strict=True):
        assert flow.together == pytest.approx(inputs[module].grad.norm().item(), rel=1e-4)
        assert flow.identity == (not unit.shortcut)
        if flow.identity:
            assert flow.shortcut == pytest.approx(flow.at_sum)
        assert abs(flow.body - flow.shortcut) <= flow.together * (1 + 1e-5)
        assert flow.together <= (flow.body + flow.shortcut) * (1 + 1e-5)


def test_a_unit_with_dead_convolutions_passes_the_shortcuts_gradient():
    """No weight multiplies the identity's term: with the body's last scale at 0 it is all that there is."""
    network, (x, labels) = build("resnet18:tiny", seed=0), batch()
    with torch.no_grad():
        network.conv2_1.body.bn2.norm.weight.zero_()
    dead = shortcut_flow(network, x, labels)[0]
    assert dead.identity
    assert dead.body == 0
    assert dead.together == dead.shortcut == dead.at_sum > 0
    paragraphs = shortcuts_view({"dead": [dead]}).paragraphs
    assert (
        "In conv2_1 (dead), where the convolutions pass the least gradient relative to the shortcut, they pass 0 and"
        in paragraphs[-1]
    )


def test_one_path_alone_is_the_whole_gradient():
    """Where a projection's batch normalization scales by 0, the convolutions bring it all, and the other way round."""
    x, labels = batch()
    for dead, alive in (("body.bn3", "shortcut"), ("shortcut.bn", "body")):
        network = build("resnet50:tiny", seed=0)
        with torch.no_grad():
            network.get_submodule(f"conv3_1.{dead}").norm.weight.zero_()
        flow = shortcut_flow(network, x, labels)[1]
        assert flow.path == "conv3_1"
        assert {flow.body, flow.shortcut} == {0, flow.together}
        assert getattr(flow, alive) == flow.together > 0


def test_networks_side_by_side():
    network, (x, labels) = build("resnet50:tiny", seed=0), batch()
    flows = shortcut_flow(network, x, labels)
    view = shortcuts_view({"one": flows, "two": flows, "three": flows})
    assert f"one: 0 of {len(flows)} shortcuts are the identity" in view.paragraphs[1]
    assert view.numbers["measured"][2]["units"][0]["path"] == "conv2_1"
    assert len([axis for axis in view.figure.axes if axis.axison]) == 3
    nothing = [replace(flow, shortcut=0.0) for flow in flows]
    assert "the gradient through each of the" in shortcuts_view({"none": nothing}).paragraphs[1]


def test_a_network_without_shortcuts():
    with pytest.raises(StriateError, match="table lenet5: has no residual unit"):
        shortcut_flow(build("lenet5", seed=0), torch.zeros(1, 1, 32, 32), torch.zeros(1, dtype=torch.int64))
