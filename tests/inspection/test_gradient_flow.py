"""The gradient's norms are torch's; depth, growth and spread are counted by hand."""

from dataclasses import replace
from math import inf, isnan

import numpy as np
import pytest
import torch
from PIL import Image

from striate.errors import TrainingError
from striate.inspection import plotting
from striate.inspection.gradient_flow import (
    GradientFlow,
    LayerGradient,
    gradient_by_depth,
    gradient_flow,
    gradient_growth,
    gradient_spread,
)
from striate.inspection.gradient_flow_view import gradient_flow_figure, gradient_flow_view
from striate.nn import build
from striate.tables import Dense, Gaussian, Table, load_table


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


def test_depth_is_the_longest_path_without_shortcuts():
    flow = gradient_flow(load_table("resnet50:tiny"))
    assert [layer.depth for layer in flow.layers] == list(range(1, 18))
    assert not any("shortcut" in layer.path for layer in flow.layers)
    depths = {layer.path: layer.depth for layer in gradient_flow(load_table("googlenet:tiny"), images=2).layers}
    assert depths["classifier"] == 22  # "22 layers deep when counting only layers with parameters"
    assert depths["inception_3a.branch1.conv1x1"] == depths["inception_3a.branch2.reduce"] == 4
    assert depths["inception_3b.branch1.conv1x1"] == 6


def test_a_loss_that_is_not_finite_is_an_error():
    wild = replace(load_table("lenet5:modern"), initialization=Gaussian(std=1e30))
    with pytest.raises(TrainingError, match=r"the loss at initialization is (nan|inf)"):
        gradient_flow(wild)


def test_a_network_of_one_layer():
    flow = gradient_flow(Table("one", (1, 4, 4), (Dense("out", units=2),)))
    assert [(layer.path, layer.depth) for layer in flow.layers] == [("out", 1)]


def test_it_is_repeatable_and_leaves_torchs_generator_alone():
    state = torch.get_rng_state()
    first, second = (gradient_flow(load_table("googlenet:tiny"), images=2) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), state)
    assert (first.loss, first.layers) == (second.loss, second.layers)


def test_plain_20_changes_its_gradient_over_depth_and_resnet_20_less():
    """At initialization, with batch normalization, the plain network's gradient grows towards the input."""
    plain, residual = (gradient_growth(gradient_flow(load_table(name))) for name in ("plain20", "resnet20"))
    assert plain > 1.05
    assert 1 < residual < plain


def flow_of(*gradients, table="lenet5:modern"):
    """A flow with these gradients, a layer deeper each; a pair stands side by side."""
    layers = [
        LayerGradient(f"{depth}{place}", depth, gradient, 1.0)
        for depth, part in enumerate(gradients, 1)
        for place, gradient in enumerate(part if isinstance(part, tuple) else (part,))
    ]
    return GradientFlow(load_table(table).plan(), 1.0, tuple(layers))


def test_growth_is_the_slope_of_the_logarithms():
    assert gradient_growth(flow_of(8.0, 4.0, 2.0, 1.0)) == pytest.approx(2)
    assert gradient_growth(flow_of(1.0, 0.0, 4.0)) == pytest.approx(0.5)
    noisy = np.array([99.0, 5.0, 3.0, 2.5, 0.7, 0.9, 99.0])
    slope, _ = np.polyfit(np.arange(2, 7), np.log(noisy[1:-1]), 1)
    assert gradient_growth(flow_of(*noisy)) == pytest.approx(np.exp(-slope))
    assert isnan(gradient_growth(flow_of(1.0)))


def test_layers_of_one_depth_have_their_geometric_mean():
    depths, means = gradient_by_depth(flow_of(3.0, (1.0, 4.0), (0.0, 5.0)))
    assert depths == [1, 2, 3]
    np.testing.assert_allclose(means, [3, 2, 0])


def test_spread_is_the_largest_over_the_smallest():
    assert gradient_spread(flow_of(2.0, 8.0, 1.0)) == 8
    assert gradient_spread(flow_of(2.0, 0.0)) == inf


def test_the_words_follow_the_numbers():
    fading = gradient_flow_view([flow_of(1e-4, 1e-3, 1e-2, 1e-1, 1.0)]).paragraphs
    assert fading[0].startswith("lenet5:modern: the gradient shrinks towards the input by x0.100 per layer")
    assert "1/1e+04 in lenet5:modern, at layer 1 of 5" in fading[1]
    assert "(less than 1/1000) in lenet5:modern." in fading[1]
    level = gradient_flow_view([flow_of(1.0, 1.0, 1.0), flow_of(1.0, 0.5, table="resnet20")]).paragraphs
    assert "stays constant over depth (x1.000" in level[0]
    assert "in no network" in level[2]
    assert level[3].endswith("without shortcuts x1.000 in lenet5:modern; with them x2.000 in resnet20.")
    view = gradient_flow_view([flow_of(2.0, 0.0), flow_of(1.0)])
    assert "0 in lenet5:modern, at layer 2 of 2" in view.paragraphs[2]
    assert "too few layers" in view.paragraphs[1]
    assert view.rows[0][:3] == ("lenet5:modern", "61,706", "416,520")


def test_the_picture(tmp_path):
    flows = [gradient_flow(load_table(name), images=2) for name in ("resnet18:tiny", "minivggnet:tiny")]
    plotting.save_figure(gradient_flow_figure(flows), tmp_path / "flow.png")
    with Image.open(tmp_path / "flow.png") as picture:
        assert picture.size[0] > 800
