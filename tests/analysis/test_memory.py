"""Memory against what torch really keeps, and against the peak counted by hand."""

import pytest
import torch
from networks import SMALL

from striate.analysis import total_cost, trained_cost
from striate.analysis.memory import inference_memory, training_memory
from striate.nn import build
from striate.tables import Add, Concat, Conv, Table, load_table


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("batch", [2, 5])
def test_training_memory_is_three_times_the_weights_and_all_maps(name, batch):
    table = load_table(name)
    network = build(table)
    sizes = []
    plan = table.plan()
    for step in plan.flat_with_heads:
        network.get_submodule(step.path).register_forward_hook(lambda _m, _i, output: sizes.append(output.nbytes))
    x = torch.zeros(batch, *table.input)
    network(x)
    weights = sum(parameter.nbytes for parameter in network.parameters())
    assert training_memory(plan, batch) == 3 * weights + 4 * trained_cost(plan).buffers + x.nbytes + sum(sizes)


def test_inference_memory_of_a_chain_is_its_widest_pair():
    table = Table("t", (1, 8, 8), (Conv("a", maps=4, kernel=1), Conv("b", maps=2, kernel=1)))
    assert inference_memory(table.plan()) == 4 * (8 + 10 + (4 * 64 + 2 * 64))
    assert inference_memory(table.plan(), 3) == 4 * (8 + 10 + 3 * (4 * 64 + 2 * 64))


def test_branches_keep_their_input_and_their_neighbours_alive():
    wide, narrow = Conv("a", maps=8, kernel=1), Conv("b", maps=1, kernel=1)
    table = Table("t", (2, 4, 4), (Concat("mix", branches=((wide, narrow), (wide,))),))
    weights = total_cost(table.plan()).parameters
    # At the concatenation: both branches' outputs (1 + 8 maps) and the stack of them (9).
    # In the first branch: the input (2, shared), its first row's 2 + 8. The former is the wider.
    assert inference_memory(table.plan()) == 4 * (weights + 16 * 18)


EIGHT_TO_ONE = Conv("a", maps=1, kernel=1)


@pytest.mark.parametrize(
    ("row", "maps"),
    [
        (Concat("mix", branches=((EIGHT_TO_ONE,),)), 9),
        (Concat("mix", branches=((Concat("in", branches=((EIGHT_TO_ONE,),)),),)), 9),
        (Concat("mix", branches=((EIGHT_TO_ONE, Conv("b", maps=9, kernel=1), Conv("c", maps=1, kernel=1)),)), 10),
        # While the second branch's first row runs: the first's output 1, the input 8, its own output 1.
        (Concat("mix", branches=((EIGHT_TO_ONE,), (EIGHT_TO_ONE,))), 10),
        # While the first branch's second row runs: the input 8 for the branch after it, and 1 + 9.
        (Concat("mix", branches=((EIGHT_TO_ONE, Conv("b", maps=9, kernel=1)), (EIGHT_TO_ONE,))), 20),
        # The sum: body, input, result.
        (Add("skip", body=(Conv("a", maps=8, kernel=1),)), 24),
        # The projection's input 8 is done with once it has run: body 8, projection 8, result 8.
        (Add("skip", body=(Conv("a", maps=8, kernel=1),), shortcut=(Conv("p", maps=8, kernel=1),)), 24),
    ],
)
def test_what_is_alive_inside_combinators(row, maps):
    table = Table("t", (8, 4, 4), (row,))
    assert inference_memory(table.plan()) == 4 * (total_cost(table.plan()).parameters + 16 * maps)


def test_an_identity_shortcut_keeps_its_input_alive():
    table = Table("t", (2, 4, 4), (Add("skip", body=(Conv("a", maps=8, kernel=1), Conv("b", maps=2, kernel=1))),))
    # While b runs: the input 2, b's input 8, b's output 2.
    assert inference_memory(table.plan()) == 4 * (total_cost(table.plan()).parameters + 16 * 12)
