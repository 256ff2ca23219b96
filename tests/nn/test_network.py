"""For every table: what the analysis says is what the built module has."""

from dataclasses import replace

import pytest
import torch
from drawn import linearised, tables
from hypothesis import given, settings
from networks import SMALL, images, learn_one_batch

from striate.analysis import receptive_fields, row_cost, trained_cost
from striate.errors import TableError
from striate.nn.network import build
from striate.tables import BatchNorm, Dense, Dropout, Table, load_table


def test_heads_come_out_in_the_tables_order_whatever_rows_they_read():
    table = load_table("googlenet:tiny")
    turned = replace(table, heads=table.heads[::-1])
    ours, theirs = build(table, seed=0), build(turned, seed=0)
    theirs.load_state_dict(ours.state_dict())
    x = images(table)
    with torch.no_grad():
        torch.manual_seed(0)
        logits, first, second = ours.train()(x)
        torch.manual_seed(0)
        again = theirs.train()(x)
    assert all(torch.equal(a, b) for a, b in zip(again, (logits, second, first), strict=True))


def check_counts(table):
    network = build(table)
    assert sum(parameter.numel() for parameter in network.parameters()) == trained_cost(table.plan()).parameters
    kept = [
        b.numel() for name, b in network.named_buffers() if name.endswith(("running_mean", "running_var", "prototypes"))
    ]
    assert sum(kept) == trained_cost(table.plan()).buffers
    for step in table.plan().flat_with_heads:
        if not step.branches:
            module = network.get_submodule(step.path)
            assert sum(parameter.numel() for parameter in module.parameters()) == row_cost(step).parameters, step.path


def check_shapes(table):
    network = build(table)
    shapes = {}
    handles = [
        network.get_submodule(step.path).register_forward_hook(
            lambda _module, _inputs, output, path=step.path: shapes.__setitem__(path, tuple(output.shape[1:]))
        )
        for step in table.plan().flat_with_heads
    ]
    network(images(table))
    for handle in handles:
        handle.remove()
    assert shapes == {step.path: step.output for step in table.plan().flat_with_heads}


def check_receptive_fields(table, whole=True):
    """The gradient of each row's first, middle and last unit reaches exactly the pixels that the table says.

    `whole`: also where the field hangs over the image. Else the pixels left may lie in a hole of the field, which
    dilation and strides wider than kernels make, and then the gradient must reach no other pixels.
    """
    fields = receptive_fields(table.plan())
    network = build(linearised(table)).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(1.0)
    x = torch.ones(3, *table.input, dtype=torch.float64, requires_grad=True)  # an image for each unit
    outputs = {}
    for step in table.plan().flat:
        network.get_submodule(step.path).register_forward_hook(
            lambda _module, _inputs, output, path=step.path: outputs.__setitem__(path, output)
        )
    network(x)
    for step in table.plan().flat:
        sizes = step.output[1:] or (1, 1)
        maps = outputs[step.path].view(3, -1, *sizes).sum(dim=1)
        units = ((0, 0), (sizes[0] // 2, sizes[1] // 2), (sizes[0] - 1, sizes[1] - 1))
        asked = sum(map_HW[unit] for map_HW, unit in zip(maps, units, strict=True))
        (gradients,) = torch.autograd.grad(asked, x, retain_graph=True)
        for gradient, unit in zip(gradients, units, strict=True):
            reached = [(gradient.sum(dim=0).sum(dim=1 - axis) != 0).nonzero().flatten().tolist() for axis in (0, 1)]
            seen = [
                pixels(field, unit[axis])
                for axis, field in enumerate((fields[step.path].height, fields[step.path].width))
            ]
            visible = [[pixel for pixel in seen[axis] if 0 <= pixel < table.input[1 + axis]] for axis in (0, 1)]
            if whole or list(map(len, visible)) == list(map(len, seen)):
                assert [ends(axis) for axis in reached] == [ends(axis) for axis in visible], (step.path, unit)
            else:
                assert all(set(r) <= set(v) for r, v in zip(reached, visible, strict=True)), (step.path, unit)


def pixels(field, unit):
    size, stride, start = field
    return range(start + unit * stride, start + unit * stride + size)


def ends(pixels):
    return pixels[0], pixels[-1]


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("check", [check_counts, check_shapes, check_receptive_fields])
def test_every_network(name, check):
    check(load_table(name))


@settings(max_examples=150)
@given(tables())
def test_drawn_tables_counts_and_shapes(table):
    check_counts(table)
    check_shapes(table)


@settings(max_examples=150)
@given(tables())
def test_drawn_tables_receptive_fields(table):
    check_receptive_fields(table, whole=False)


@pytest.mark.parametrize("name", SMALL)
def test_every_network_learns_one_batch(name):
    losses = learn_one_batch(load_table(name))
    assert losses[-1] < losses[0]


def test_heads_speak_in_training_only():
    network = build("googlenet:tiny", seed=0)
    x = images(network.table)
    logits, first, second = network(x)
    assert logits.shape == first.shape == second.shape == (2, 10)
    assert network.eval()(x).shape == (2, 10)
    after = network[: [row.name for row in network.table.rows].index("inception_4a") + 1](x)
    torch.testing.assert_close(network.train().aux1.eval()(after), network.aux1(after))


def test_classes_of_the_heads_follow():
    outputs = build("googlenet:tiny", classes=3)(images(load_table("googlenet:tiny")))
    assert [tuple(logits.shape) for logits in outputs] == [(2, 3)] * 3


def test_seed_makes_weights_and_leaves_torchs_generator_alone():
    state = torch.get_rng_state()
    first, second, third = (build("lenet5", seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["C1.weight"], third["C1.weight"])


def test_torchs_conversion_to_synchronised_batch_norm_keeps_the_activation():
    table = Table("t", (3, 4, 4), (BatchNorm("b", activation="relu"), Dense("out", units=2)))
    network = torch.nn.SyncBatchNorm.convert_sync_batchnorm(build(table))
    assert isinstance(network.b.norm, torch.nn.SyncBatchNorm)
    assert network.eval().b(images(table)).min() == 0


def test_a_slice_is_the_rows_before():
    network = build("lenet5", seed=0)
    x = images(network.table)
    torch.testing.assert_close(network[:2](x), network.S2(network.C1(x)))
    assert network[2] is network.C3


def test_classes_replace_the_last_dense_row():
    assert build("lenet5:modern", classes=3)(images(load_table("lenet5:modern"))).shape == (2, 3)
    with pytest.raises(
        TableError, match="row Out has a fixed prototype for each of its 10 classes, but the data has 3"
    ):
        build("lenet5", classes=3)


def test_a_name_that_torch_needs_is_refused():
    with pytest.raises(TableError, match="row forward: the name 'forward' is taken"):
        build(Table("t", (1, 4, 4), (Dropout("forward"), Dense("out", units=2))))
