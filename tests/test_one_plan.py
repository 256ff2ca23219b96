"""A table is checked once: what the check yields is passed on."""

from pathlib import Path

import pytest
import torch

from striate.analysis import compare, summarize
from striate.drawing import draw_svg
from striate.inspection import receptive_field_map, record_activations, unit_arithmetic
from striate.nn import build, load_model
from striate.tables import Table, load_plan


@pytest.fixture
def checked(monkeypatch):
    """The names of the tables that are checked, in order."""
    names, check = [], Table.plan

    def counted(table):
        names.append(table.name)
        return check(table)

    monkeypatch.setattr(Table, "plan", counted)
    return names


@pytest.mark.parametrize("use", [summarize, draw_svg, build], ids=lambda use: use.__name__)
def test_by_its_name_a_table_is_checked_once(checked, use):
    use("googlenet:tiny")
    assert checked == ["googlenet:tiny"]


@pytest.mark.parametrize("use", [summarize, draw_svg, build], ids=lambda use: use.__name__)
def test_a_plan_is_not_checked_again(checked, use):
    plan = load_plan("googlenet:tiny")
    use(plan)
    assert checked == ["googlenet:tiny"]


def test_a_comparison_checks_each_of_two(checked):
    compare("notes:direct", "notes:bottleneck")
    assert checked == ["notes:direct", "notes:bottleneck"]


def test_a_network_is_looked_into_by_its_own_plan(checked):
    network = load_model(Path("lenet5")).network
    assert checked == [network.table.name]
    image_NCHW = torch.zeros(1, 1, 32, 32)
    record_activations(network, image_NCHW, [step.path for step in network.plan.flat])
    unit_arithmetic(network, image_NCHW, "C1", (0, 0, 0))
    receptive_field_map(network, image_NCHW, "S2", (0, 0))
    assert checked == [network.table.name]
