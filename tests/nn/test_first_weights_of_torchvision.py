"""A `:torchvision` table starts as torchvision's network starts: the same distribution of every parameter."""

import pytest
import torch
import torchvision
from scipy.stats import ks_2samp

from striate.nn.network import build
from striate.nn.pretrained import to_torchvision_state_dict
from striate.tables import Torch, load_table

# Of the ResNets one with each kind of unit; the others have the same rows, more of them.
NETWORKS = {
    "alexnet": {},
    "googlenet": {"aux_logits": True, "init_weights": True},
    "resnet18": {},
    "resnet50": {},
}
MANY = 10_000


@pytest.fixture(scope="module", params=NETWORKS)
def both(request):
    """Our network and torchvision's, both new."""
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, request.param)(weights=None, **NETWORKS[request.param])
    return build(f"{request.param}:torchvision", seed=0), theirs


def some(tensor):
    """Enough of a tensor's values for its distribution: a large one's are drawn alike."""
    return tensor.detach().flatten()[:MANY]


def test_every_parameter_is_drawn_from_torchvisions_distribution(both):
    ours, theirs = both
    drawn = to_torchvision_state_dict(ours.table, ours.state_dict())
    for name, parameter in theirs.named_parameters():
        found, expected = some(drawn[name]), some(parameter)
        if expected.min() == expected.max():
            assert torch.equal(found, expected), name
            continue
        assert ks_2samp(found, expected, method="asymp").pvalue > 1e-5, name
        if len(expected) > 1000:
            assert found.std().item() == pytest.approx(expected.std().item(), rel=0.1), name
            assert found.abs().max().item() == pytest.approx(expected.abs().max().item(), rel=0.3), name


def test_the_first_logits_are_as_large(both):
    x = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours, theirs = (network.eval()(x).std().item() for network in both)
    assert ours == pytest.approx(theirs, rel=0.5)


def test_every_resnet_of_torchvision_starts_alike():
    tables = [load_table(f"resnet{depth}:torchvision") for depth in (18, 34, 50, 101, 152)]
    assert {table.initialization for table in tables} == {Torch(weights="fan_out")}
