"""The gradient's norms are torch's, and the shortcut does what it does."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from striate.errors import TrainingError
from striate.inspection.gradient_flow import gradient_flow, plot_gradient_flow
from striate.nn.build import build
from striate.tables import Dense, Table, load_table
from striate.tables.initialization import Gaussian


def test_the_norms_are_those_of_torchs_gradients():
    table = load_table("lenet5:modern")
    flow = gradient_flow(table, images=4, seed=3)
    network, generator = build(table, seed=3), torch.Generator().manual_seed(3)
    x = torch.randn(4, *table.input, generator=generator)
    labels = torch.randint(0, 10, (4,), generator=generator)
    loss = torch.nn.functional.cross_entropy(network(x), labels)
    loss.backward()
    assert flow.loss == pytest.approx(loss.item())
    assert [layer.path for layer in flow.layers] == ["C1", "C3", "C5", "F6", "Out"]
    for layer in flow.layers:
        weight = network.get_parameter(f"{layer.path}.weight")
        assert layer.gradient == pytest.approx(weight.grad.norm().item(), rel=1e-4)
        assert layer.weights == pytest.approx(weight.norm().item(), rel=1e-5)


def test_depth_is_the_longest_way_without_shortcuts():
    flow = gradient_flow(load_table("resnet50:tiny"))
    assert [layer.depth for layer in flow.layers] == list(range(1, 18))
    assert not any("shortcut" in layer.path for layer in flow.layers)
    depths = {layer.path: layer.depth for layer in gradient_flow(load_table("googlenet:tiny"), images=2).layers}
    assert depths["classifier"] == 22  # "22 layers deep when counting only layers with parameters"
    assert depths["inception_3a.branch1.conv1x1"] == depths["inception_3a.branch2.reduce"] == 4
    assert depths["inception_3b.branch1.conv1x1"] == 6


def test_weights_without_a_finite_loss_have_no_gradient_to_show():
    wild = replace(load_table("lenet5:modern"), initialization=Gaussian(std=1e30))
    with pytest.raises(TrainingError, match=r"the loss at the first weights is (nan|inf)"):
        gradient_flow(wild)


def test_one_layer_is_a_network_too():
    flow = gradient_flow(Table("one", (1, 4, 4), (Dense("out", units=2),)))
    assert [(layer.path, layer.depth) for layer in flow.layers] == [("out", 1)]


def test_it_is_repeatable_and_leaves_torchs_generator_alone():
    state = torch.get_rng_state()
    first, second = (gradient_flow(load_table("googlenet:tiny"), images=2) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert first == second


def test_plain_20_changes_its_gradient_over_depth_and_resnet_20_less():
    """At the first weights, with batch normalization, the plain network's gradient grows towards the input."""

    def spread(name):
        body = [layer.gradient for layer in gradient_flow(load_table(name)).layers[1:-1]]
        return body[0] / body[-1]

    assert spread("plain20") > 3 * spread("resnet20") > 1


def test_the_picture(tmp_path):
    flows = [gradient_flow(load_table(name), images=2) for name in ("resnet18:tiny", "minivggnet:tiny")]
    plot_gradient_flow(flows, tmp_path / "flow.png")
    with Image.open(tmp_path / "flow.png") as picture:
        assert picture.size[0] > 800
