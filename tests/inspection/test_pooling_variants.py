"""A table with one kind of pooling: counted by hand, refused where there is none."""

from dataclasses import replace

import pytest

from striate.analysis import summarize
from striate.errors import TableError
from striate.inspection.pooling_variants import POOLING_KINDS, pooling_rows, pooling_variants
from striate.tables import (
    ARCHITECTURES,
    AveragePool,
    Concat,
    Conv,
    Dense,
    MaxPool,
    Subsample,
    Table,
    load_table,
)


def test_parameters_of_lenet5_counted_by_hand():
    variants = pooling_variants(load_table("lenet5:modern"))
    parameters = {kind: summarize(variants[kind]).total.parameters for kind in POOLING_KINDS}
    c1, c3, c5, out = 6 * 26, 16 * (6 * 25 + 1), 120 * (16 * 25 + 1), 10 * 85
    assert parameters["max"] == parameters["average"] == c1 + c3 + c5 + 84 * 121 + out == 61_706
    # 32 - 4 - 4 - 4 = 20: F6 sees 120 maps of 20x20.
    assert parameters["none"] == c1 + c3 + c5 + 84 * (120 * 20 * 20 + 1) + out == 4_083_626
    macs = 28**2 * 6 * 25 + 24**2 * 16 * 150 + 20**2 * 120 * 400 + 48_000 * 84 + 840
    assert summarize(variants["none"]).total.macs == macs


def test_subsampling_loses_its_coefficients_and_keeps_its_activation():
    table = load_table("lenet5")
    variants = pooling_variants(table)
    assert variants["max"].rows[1] == MaxPool("S2", kernel=2, stride=2, activation="scaled_tanh")
    assert variants["average"].rows[3] == AveragePool("S4", kernel=2, stride=2, activation="scaled_tanh")
    assert summarize(variants["average"]).total.parameters == 60_000 - 2 * 6 - 2 * 16
    assert variants["none"].recipe == table.recipe


@pytest.mark.parametrize("name", ["googlenet:tiny", "alexnet:tiny", "resnet18", "minivggnet", "googlenet:torchvision"])
def test_pools_are_replaced_wherever_they_stand(name):
    table = load_table(name)
    variants = pooling_variants(table)
    rows = {kind: {step.path: step for step in t.plan().flat_with_heads} for kind, t in variants.items()}
    own = {step.path: step for step in table.plan().flat_with_heads}
    pools = {path for path, step in own.items() if isinstance(step.row, MaxPool | AveragePool | Subsample)}
    assert pools >= set(pooling_rows(table.plan())) > set()
    assert set(rows["none"]) == set(own) - pools
    for kind, row in (("max", MaxPool), ("average", AveragePool)):
        assert set(rows[kind]) == set(own)
        for path, step in own.items():
            assert isinstance(rows[kind][path].row, row if path in pools else type(step.row))
            assert rows[kind][path].output == step.output


def test_only_a_network_that_averages_over_places_keeps_its_parameters_without_pooling():
    variants = pooling_variants(load_table("resnet18"))
    assert len({summarize(table).total.parameters for table in variants.values()}) == 1


def test_what_has_no_variant():
    table = Table("bare", (1, 8, 8), (Conv("C1", maps=2, kernel=3), Dense("Out", units=2)))
    with pytest.raises(TableError, match="table bare: has no pooling row"):
        pooling_variants(table)
    only = Concat(
        "both", branches=((MaxPool("pool", kernel=3, stride=1, padding="same"),), (Conv("c", maps=2, kernel=1),))
    )
    with pytest.raises(TableError, match=r"table forked, no pooling: row both \(Concat\): needs branches"):
        pooling_variants(replace(table, name="forked", rows=(only, Dense("Out", units=2))))


def test_every_table_with_pools_has_variants():
    with_pools = [table for table in ARCHITECTURES.values() if pooling_rows(table.plan())]
    assert len(with_pools) > 20
    for table in with_pools:
        assert set(pooling_variants(table)) == set(POOLING_KINDS)
