"""The plan: shapes, and one clear line for every impossible table."""

import re
from dataclasses import replace

import pytest
import torch

from striate import equations
from striate.errors import TableError
from striate.tables import (
    ABLATIONS,
    ARCHITECTURES,
    EXAMPLES,
    LRN,
    RBF,
    AdaptiveAveragePool,
    Add,
    AveragePool,
    BatchNorm,
    Concat,
    Conv,
    Dense,
    Dropout,
    Head,
    Identity,
    MaxPool,
    Preprocessing,
    Recipe,
    Subsample,
    Table,
    load_plan,
    load_table,
)
from striate.tables.augmentation import Brightness, HorizontalFlip, PCAColour, RandomCrop, RandomResizedCrop

CONV = Conv("a", maps=2, kernel=3, padding="same")


def refused(*rows, input=(2, 8, 8)):
    with pytest.raises(TableError) as caught:
        Table("t", input, rows).plan()
    return str(caught.value)


def test_shapes_of_table_13_1():
    shapes = [step.output for step in load_plan("lenet5:notes").steps]
    assert shapes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,), (10,)]


def test_every_step_gives_paths_inside_combinators_first():
    table = Table("t", (2, 8, 8), (Concat("mix", branches=((CONV,), (Add("skip", body=(CONV,)),))),))
    paths = [step.path for step in table.plan().flat]
    assert paths == ["mix.branch1.a", "mix.branch2.skip.body.a", "mix.branch2.skip", "mix"]
    assert table.plan().steps[0].output == (4, 8, 8)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((Conv("C1", maps=1, kernel=9),), "table t: row C1 (Conv): a kernel of 9x9 does not fit into an input of 8x8"
         " with no padding"),
        ((Conv("C1", maps=1, kernel=(5, 1), dilation=3),), "table t: row C1 (Conv): a kernel of 13x1 does not fit"
         " into an input of 8x8 with no padding"),
        ((Conv("C1", maps=3, kernel=1, groups=2),), "groups must divide the maps: 2 groups, 2 maps in, 3 maps out"),
        ((Conv("C1", maps=2, kernel=1, connections=((0,),)),), "must list the inputs of each map: 1 lists, 2 maps"),
        ((Conv("C1", maps=1, kernel=1, connections=((0, 2),)),), "map 0 must be different input maps from 0 to 1: [0, 2]"),
        ((Conv("C1", maps=1, kernel=1, connections=((),)),), "map 0 must be different input maps from 0 to 1: []"),
        ((Conv("C1", maps=2, kernel=1, groups=2, connections=((0,), (1,))),), "connections and groups exclude each other"),
        ((MaxPool("S2", kernel=2, stride=2, padding=2),), "row S2 (MaxPool): padding must be smaller than the window"),
        ((AveragePool("S2", kernel=9, stride=2),), "a kernel of 9x9 does not fit"),
        ((LRN("N", groups=3),), "row N (LRN): groups must divide the maps: 3 groups, 2 maps"),
        ((AdaptiveAveragePool("A", size=9),), "row A (AdaptiveAveragePool): size must not exceed the input's: 9x9, 8x8"),
        ((Dense("F", units=2), AdaptiveAveragePool("A", size=1)), "needs maps"),
        ((Identity("I", maps=1),), "row I (Identity): maps must be at least those of the input: 1, 2"),
        ((Dropout("_modules"),), "row '_modules': a name is letters"),
        ((Dense("F", units=2), CONV), "row a (Conv): needs maps, but a fully connected row before it left 2 units"),
        ((Dense("F", units=2), Subsample("S", kernel=1, stride=1)), "needs maps"),
        ((Dense("F", units=2), LRN("N")), "needs maps"),
        ((Dense("F", units=3), RBF("O", prototypes=(("#.",), ("..",)))), "prototype 0 has 2 cells, the input is 3"),
        ((CONV, CONV), "row a: two rows have this name"),
        ((Conv("a.b", maps=1, kernel=1),), "row 'a.b': a name is letters, digits and underscores, none of these in front"),
        ((Conv("a", maps=1, kernel=1, activation="softmax"), Dense("F", units=2)), "softmax belongs to the last row"),
        ((Concat("mix", branches=()),), "row mix (Concat): needs branches"),
        ((Concat("mix", branches=((CONV,), ())),), "row mix (Concat): needs branches, each with at least one row"),
        ((Concat("mix", branches=((CONV,), (MaxPool("p", kernel=2, stride=2),))),), "branches must end in maps of one"
         " size: 2x8x8 and 2x4x4"),
        ((Add("skip", body=()),), "row skip (Add): needs a body with at least one row"),
        ((Add("skip", body=(Conv("a", maps=3, kernel=1),)),), "body and shortcut must end in one shape: 3x8x8 and 2x8x8"),
        ((Add("skip", body=(Conv("a", maps=3, kernel=9),)),), "row skip.body.a (Conv): a kernel of 9x9"),
        ((), "table t: has no rows"),
    ],
)  # fmt: skip
def test_an_impossible_table_names_row_rule_and_numbers(rows, message):
    assert message in refused(*rows)


def test_a_plan_is_looked_up_by_path():
    plan = load_plan("resnet20")
    assert [plan.step(step.path) for step in plan.flat] == list(plan.flat)
    with pytest.raises(TableError, match=r"table resnet20: there is no row 'conv2_9': did you mean 'conv2_\d'\?"):
        plan.step("conv2_9")


def test_heads_stay_in_the_tables_order():
    table = load_table("googlenet")
    plan = replace(table, heads=table.heads[::-1]).plan()
    assert [head.head.name for head in plan.heads] == ["aux2", "aux1"]
    assert plan.flat_with_heads[len(plan.flat)].path.startswith("aux2.")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (lambda: Conv("C1", maps=0, kernel=1), "row C1 (Conv): maps must be at least 1: 0"),
        (lambda: Conv("C1", maps=1, kernel=1, stride=0), "row C1 (Conv): stride must be at least 1: 0x0"),
        (lambda: Conv("C1", maps=1, kernel=1, padding=-1), "row C1 (Conv): padding must not be negative: -1"),
        (lambda: AdaptiveAveragePool("A", size=(1, 0)), "size must be at least 1: 1x0"),
        (lambda: Identity("I", maps=2, stride=0), "stride must be at least 1"),
        (lambda: LRN("N", size=0), "row N (LRN): size must be at least 1: 0"),
        (lambda: LRN("N", k=-5.0), "row N (LRN): k must be above 0"),
        (lambda: LRN("N", alpha=float("nan")), "alpha nan"),
        (lambda: BatchNorm("B", epsilon=float("nan")), "epsilon must be above 0"),
        (lambda: BatchNorm("B", epsilon=0.0), "epsilon must be above 0"),
        (lambda: Dropout("D", rate=1.0), "row D (Dropout): rate must be at least 0 and less than 1: 1.0"),
        (lambda: Dense("F", units=0), "units must be at least 1: 0"),
        (lambda: RBF("O", prototypes=(("#.",),)), "at least two prototypes: 1 given"),
        (lambda: RBF("O", prototypes=(("#.",), ("x.",))), 'prototype 1 must be drawn with "#" and "." only'),
    ],
)  # fmt: skip
def test_a_row_with_an_impossible_number_is_refused_when_it_is_made(row, message):
    with pytest.raises(TableError, match=re.escape(message)):
        row()


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31m"])
def test_a_name_is_printable(name):
    with pytest.raises(TableError, match="a name is at least one printable letter"):
        Table(name, (2, 8, 8), (CONV,)).plan()


def test_an_impossible_input():
    assert "input must be (channels, height, width), each at least 1: (0, 8, 8)" in refused(CONV, input=(0, 8, 8))


def test_load_table_suggests_a_near_name():
    with pytest.raises(TableError, match=r"unknown network 'lenet' .* did you mean 'lenet5'"):
        load_table("lenet")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_names_are_keys_and_sources_are_given(name):
    table = ARCHITECTURES[name]
    assert table.name == name
    assert table.source
    assert table.classes in (10, 1000)


def test_every_table_of_a_familys_file_is_listed_and_the_other_way_round():
    from striate.tables import ablations, alexnet, googlenet, lenet5, minivggnet, notes, resnet

    families = (lenet5, alexnet, googlenet, resnet, minivggnet)
    assert [table.name for family in families for table in family.TABLES] == list(ARCHITECTURES)
    assert [table.name for table in notes.TABLES] == list(EXAMPLES)
    assert [table.name for table in ablations.TABLES] == list(ABLATIONS)


def test_classes_need_a_last_row_that_names_them():
    with pytest.raises(TableError, match="the last row must be a Dense or an RBF"):
        _ = Table("t", (2, 8, 8), (CONV,)).classes


OUT = Dense("out", units=3)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (Head("out", "a", (OUT,)), "head out: a row or another head has this name"),
        (Head("aux", "b", (OUT,)), "head aux: there is no row b at the table's top level"),
        (Head("aux", "a", ()), "head aux: needs rows, and a weight above 0: 0.3"),
        (Head("aux", "a", (OUT,), weight=0.0), "head aux: needs rows, and a weight above 0: 0.0"),
        (Head("aux", "a", (OUT,), weight=float("inf")), "a weight above 0: inf"),
        (Head("a.b", "a", (OUT,)), "row 'a.b': a name is letters"),
        (Head("aux", "a", (Dense("out", units=2),)), "head aux: must end as the table does: 2 and 3"),
        (Head("aux", "a", (Conv("c", maps=1, kernel=9), OUT)), "row aux.c (Conv): a kernel of 9x9 does not fit"),
    ],
)
def test_an_impossible_head(head, message):
    with pytest.raises(TableError, match=re.escape(message)):
        Table("t", (2, 8, 8), (CONV, OUT), heads=(head,)).plan()


TOWERS = (Conv("c", maps=4, kernel=1), LRN("n", groups=2), Conv("d", maps=4, kernel=1, groups=2), OUT)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((LRN("m"), *TOWERS), "2 towers need a Conv of all channels first"),
        ((TOWERS[0], LRN("n"), OUT), "row n (LRN): does not divide into 2 towers"),
        ((TOWERS[0], Conv("d", maps=3, kernel=1), OUT), "row d (Conv): does not divide into 2 towers"),
        ((TOWERS[0], Conv("d", maps=4, kernel=1, groups=4), OUT), "row d (Conv): does not divide"),
        ((TOWERS[0], Dense("f", units=5), OUT), "row f (Dense): does not divide"),
        ((TOWERS[0], Concat("mix", branches=((CONV,),)), OUT), "row mix (Concat): does not divide"),
        ((TOWERS[0],), "2 towers need a Conv of all channels first, a Dense last"),
    ],
)
def test_rows_that_do_not_divide_into_towers(rows, message):
    with pytest.raises(TableError, match=re.escape(message)):
        Table("t", (2, 8, 8), rows, towers=2).plan()
    Table("t", (2, 8, 8), TOWERS, towers=2).plan()


def test_the_first_row_of_towers_sees_every_channel():
    with pytest.raises(TableError, match="2 towers need a Conv of all channels first"):
        Table("t", (2, 8, 8), (Conv("c", maps=4, kernel=1, groups=2), OUT), towers=2).plan()


@pytest.mark.parametrize(
    ("augmentation", "message"),
    [
        ((RandomCrop(of=7),), "RandomCrop: of must lie between the input's 8 pixels and 4 times as many"),
        ((RandomCrop(of=33),), "RandomCrop: of must lie"),
        ((RandomCrop(of=(16, 9)),), "from less to more: (16, 9)"),
        ((HorizontalFlip(), RandomResizedCrop()), "RandomResizedCrop must come first in the augmentation"),
        ((RandomCrop(of=9), RandomResizedCrop()), "and only one crop"),
        ((RandomResizedCrop(area=(0.0, 1.0)),), "area must be a range within (0, 1]"),
        ((Brightness(by=1.5),), "by must be in [0, 1]"),
        ((PCAColour(sigma=-1.0),), "sigma must not be negative"),
    ],
)
def test_augmentation_that_cannot_be(augmentation, message):
    with pytest.raises(TableError, match=re.escape(message)):
        Table("t", (2, 8, 8), (CONV, OUT), recipe=Recipe(augmentation=augmentation)).plan()


def test_a_crop_fills_the_input():
    part = Preprocessing(content=(6, 6))
    with pytest.raises(TableError, match=r"a crop fills the whole input, so it excludes preprocessing\.content"):
        Table("t", (2, 8, 8), (CONV, OUT), preprocessing=part, recipe=Recipe(augmentation=(RandomCrop(of=9),))).plan()


def test_an_rbf_loss_needs_every_head_to_end_in_one():
    rows = (Dense("f", units=2), RBF("out", prototypes=(("#.",), ("..",))))
    head = Head("aux", "f", (Dense("out", units=2),))
    with pytest.raises(TableError, match="the loss rbf_map needs an RBF as the last row"):
        Table("t", (2, 8, 8), rows, heads=(head,), recipe=Recipe(loss="rbf_map")).plan()


def test_adaptive_windows_are_torchs():
    """Every window of `adaptive_windows` is the pixels whose gradient torch's layer gives its unit."""
    for size in range(1, 16):
        for outputs in range(1, size + 1):
            x = torch.zeros(1, 1, size, 1, requires_grad=True)
            pooled = torch.nn.functional.adaptive_avg_pool2d(x, (outputs, 1))
            kernel, stride = equations.adaptive_window(size, outputs)
            for unit, (start, end) in enumerate(equations.adaptive_windows(size, outputs)):
                (gradient,) = torch.autograd.grad(pooled[0, 0, unit, 0], x, retain_graph=True)
                assert gradient.flatten().nonzero().flatten().tolist() == list(range(start, end))
                assert unit * stride <= start
                assert end <= unit * stride + kernel
