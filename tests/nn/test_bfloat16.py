"""Under autocast to bfloat16, which is emulated where the CPU lacks it, layers give what they give in single precision."""

import pytest
import torch

from striate.nn import layers
from striate.nn.network import build
from striate.tables import LRN, RBF, BatchNorm, Conv, Dense, Recipe, Subsample, Table
from striate.tables.lenet5 import DIGIT_BITMAPS
from striate.training import eval_loss

EPSILON = torch.finfo(torch.bfloat16).eps  # 1/128: a product is rounded by at most half of it
CONV = Conv("c", maps=16, kernel=3, padding=1)  # no ReLU, whose gradient jumps where rounding changes a sign
CHAINS = {
    "LRN": (CONV, LRN("n")),
    "LRN in groups": (CONV, LRN("n", groups=2)),
    "batch norm": (CONV, BatchNorm("n", activation="scaled_tanh")),
    "batch norm of units": (Dense("d", units=8), BatchNorm("n")),
    "subsampling": (CONV, Subsample("s", kernel=2, stride=2, activation="scaled_tanh")),
    "RBF": (Dense("d", units=84, activation="scaled_tanh"), RBF("r", prototypes=DIGIT_BITMAPS)),
}


def outputs_and_gradients(network, x, dtype):
    x = x.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        output = network(x)
    incoming = torch.randn(output.shape, generator=torch.Generator().manual_seed(1))
    (output * incoming).sum().backward()
    return output.detach(), x.grad


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("rows", CHAINS.values(), ids=CHAINS)
def test_as_in_single_precision(rows, training):
    network = build(Table("t", (3, 12, 12), rows), seed=0).train(training)
    large = 20 if isinstance(rows[1], LRN) else 1  # enough for its sum to count
    x = large * torch.randn(32, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    pairs = zip(*(outputs_and_gradients(network, x, dtype) for dtype in (torch.float32, torch.bfloat16)), strict=True)
    for expected, found in pairs:
        assert (found.float() - expected).abs().max() <= 2 * EPSILON * expected.abs().max()


def test_running_statistics_are_kept_in_single_precision():
    network = build(Table("t", (3, 12, 12), CHAINS["batch norm"]), seed=0).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        network(torch.randn(32, 3, 12, 12, generator=torch.Generator().manual_seed(0)))
    assert network.n.norm.running_mean.dtype == network.n.norm.running_var.dtype == torch.float32


@pytest.mark.parametrize("groups", [1, 2])
def test_lrn_loses_nothing_but_the_last_rounding(groups):
    """Where the sum and its power were rounded too, k + alpha * total would be 2 for all that matters."""
    layer = layers.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0, convention="paper", groups=groups)
    x = (30 * torch.rand(2, 16, 6, 6, generator=torch.Generator().manual_seed(0))).bfloat16()
    assert torch.equal(layer(x), layer(x.float()).bfloat16())
    assert layer(x).dtype == torch.bfloat16
    assert layer(x.double()).dtype == torch.float64


def test_distances_to_prototypes_are_in_single_precision():
    layer = layers.RBF(DIGIT_BITMAPS)
    units = torch.randn(8, 84, generator=torch.Generator().manual_seed(0)).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = layer(units)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, layer(units.float()))


@pytest.mark.parametrize("name", ["rbf_mse", "rbf_map"])
def test_the_losses_of_an_rbf(name):
    loss = eval_loss(Recipe(loss=name))
    network = build(Table("t", (3, 12, 12), CHAINS["RBF"]), seed=0)
    x, labels = torch.randn(64, 3, 12, 12, generator=torch.Generator().manual_seed(0)), torch.arange(64) % 10
    expected = loss(network(x), labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(network(x), labels)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(expected.item(), rel=EPSILON / 2)
