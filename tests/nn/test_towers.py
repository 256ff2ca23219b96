"""Two towers on two devices: the numbers of one device, the state of one device, exchanges where the paper has them."""

import devices
import pytest
import torch
from networks import images
from torch import nn

from striate.errors import ModelError
from striate.nn.model_file import Model, load_model, save_model
from striate.nn.network import build
from striate.nn.towers import Towers
from striate.tables import AdaptiveAveragePool, BatchNorm, Conv, Dense, Subsample, Table, load_table

TWO = ("cpu", "cpu")


def without_dropout(network):
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return network


@pytest.mark.parametrize("name", ["alexnet:tiny", "alexnet"])
def test_the_numbers_are_those_of_one_device(name):
    one, two = build(name, seed=1).double().eval(), build(name, seed=1, devices=TWO).double().eval()
    x = images(one.table, 3).double()
    with torch.inference_mode():
        torch.testing.assert_close(two(x), one(x), rtol=1e-9, atol=1e-12)


def test_gradients_and_a_step_too():
    one, two = (without_dropout(build("alexnet:tiny", seed=1, **where)) for where in ({}, {"devices": TWO}))
    x, labels = images(one.table, 3), torch.tensor([1, 2, 3])
    for network in (one, two):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()
    before, after = one.state_dict(), two.state_dict()
    assert before.keys() == after.keys()
    for key, tensor in before.items():
        torch.testing.assert_close(after[key], tensor, rtol=1e-4, atol=1e-6)


def test_the_state_is_that_of_one_device_both_ways():
    one, two = build("alexnet:tiny", seed=1), build("alexnet:tiny", seed=2, devices=TWO)
    assert list(two.state_dict()) == list(one.state_dict())
    two.load_state_dict(one.state_dict())
    assert all(torch.equal(tensor, one.state_dict()[key]) for key, tensor in two.state_dict().items())
    one.load_state_dict(build("alexnet:tiny", seed=2, devices=TWO).state_dict())
    with pytest.raises(RuntimeError, match="Missing key"):
        two.load_state_dict({key: t for key, t in one.state_dict().items() if key != "C1.weight"})


def test_half_of_the_parameters_lie_on_each_device():
    two = build("alexnet", devices=("meta", "meta"))
    counts = [sum(p.numel() for p in tower.parameters()) for tower in two.towers]
    output = 4096 * 1000 + 1000
    assert counts[0] - output == counts[1]
    assert sum(counts) == 60_965_224
    assert two(torch.empty(2, 3, 224, 224, device="meta")).shape == (2, 1000)


def test_maps_are_exchanged_where_the_paper_has_it(monkeypatch):
    """Figure 2: into the third convolution and the dense rows, and nowhere else."""
    table = load_table("alexnet")
    assert [row.name for i, row in enumerate(table.rows) if table.plan().exchanges_towers(i)] == [
        "C5",
        "F8",
        "F9",
        "Out",
    ]
    calls, exchange = [], Towers._exchange

    def watched(self, parts, first_only):
        calls.append([tuple(part.shape[1:]) for part in parts])
        return exchange(self, parts, first_only=first_only)

    monkeypatch.setattr(Towers, "_exchange", watched)
    build("alexnet", devices=TWO).eval()(images(table, 1))
    assert calls == [[(128, 13, 13)] * 2, [(128, 6, 6)] * 2, [(2048,)] * 2, [(2048,)] * 2]


def test_every_tower_computes_on_its_own_device():
    """A tower on another device really is there: with one on "meta" its maps cannot come back to the other."""
    two = build("alexnet:tiny", devices=("cpu", "meta"))
    assert {p.device.type for p in two.towers[0].parameters()} == {"cpu"}
    assert {p.device.type for p in two.towers[1].parameters()} == {"meta"}
    seen = {}
    for number, tower in enumerate(two.towers):
        tower.C1.register_forward_hook(
            lambda _m, _i, output, number=number: seen.__setitem__(number, output.device.type)
        )
    with pytest.raises((NotImplementedError, RuntimeError)):
        two(images(two.table, 3))
    assert seen == {0: "cpu", 1: "meta"}


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ModelError, match="device nowhere: "):
        build("alexnet:tiny", devices=("cpu", "nowhere"))


def test_towers_can_be_moved_together():
    two = build("alexnet:tiny", devices=TWO).to("meta")
    assert two(torch.empty(2, 3, 56, 56, device="meta")).shape == (2, 10)


def test_a_file_saved_from_towers_loads_as_a_network(tmp_path):
    two = build("alexnet:tiny", seed=1, devices=TWO)
    save_model(tmp_path / "model.safetensors", Model(two, tuple("0123456789"), {}, {}))
    one = load_model(tmp_path / "model.safetensors").network
    assert all(torch.equal(tensor, two.state_dict()[key]) for key, tensor in one.state_dict().items())


def test_every_row_that_divides_divides():
    rows = (
        Conv("c", maps=4, kernel=3), BatchNorm("b", activation="relu"), Subsample("s", kernel=2, stride=2),
        AdaptiveAveragePool("a", size=2), Dense("f", units=6), BatchNorm("g"), Dense("out", units=3),
    )  # fmt: skip
    table = Table("t", (2, 8, 8), rows, towers=2)
    one, two = build(table, seed=1).double().eval(), build(table, seed=1, devices=TWO).double().eval()
    x = images(table, 3).double()
    torch.testing.assert_close(two(x), one(x))


@pytest.mark.parametrize(("name", "devices"), [("alexnet:tiny", ("cpu",)), ("alexnet:notes", TWO), ("lenet5", TWO)])
def test_other_tables_cannot_be_divided(name, devices):
    with pytest.raises(ModelError, match=r"has \d towers?, so it cannot be laid on \d devices"):
        build(name, devices=devices)


@pytest.mark.usefixtures("device")
def test_two_devices_that_differ():
    one = build("alexnet:tiny", seed=0).eval()
    two = build("alexnet:tiny", seed=0, devices=[devices.NAME, "cpu"]).eval()
    x = images(one.table, 3)
    logits = two(x)
    assert logits.device == torch.device(devices.NAME, 0)
    torch.testing.assert_close(logits.cpu(), one(x), rtol=1e-5, atol=1e-5)
    logits.sum().backward()
    assert {parameter.grad.device.type for parameter in two.parameters()} == {devices.NAME, "cpu"}
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[name].cpu(), tensor, rtol=0, atol=0)
