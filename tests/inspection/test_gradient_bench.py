"""The gradient by the maps against torch, row by row; without normalization it vanishes, keeps or explodes as the theory says."""

import numpy as np
import pytest
import torch

from striate.errors import StriateError
from striate.inspection import (
    BENCH_DEPTHS,
    BENCH_INITIALIZATIONS,
    SMALLEST_FLOAT32,
    BenchSetting,
    GradientCourse,
    gradient_course,
)
from striate.nn import build
from striate.tables import Add, BatchNorm, Conv, Gaussian, cifar


def setting(**changes):
    return BenchSetting(**{"depth": 8, "shortcut": False, "initialization": "he", "batch_norm": False, **changes})


@pytest.mark.parametrize("shortcut", [False, True])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_norms_are_torch_s_row_by_row(shortcut, batch_norm):
    """The network run by hand, row after row, each output a leaf whose gradient torch keeps."""
    table = setting(shortcut=shortcut, batch_norm=batch_norm).table()
    course = gradient_course(table, seeds=[5], images=3)
    network = build(table, seed=5).double().train()
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(3, *table.input, generator=generator).double()
    labels = torch.randint(0, 10, (3,), generator=generator)
    kept = {}
    for row in table.rows:
        x = kept[row.name] = network.get_submodule(row.name)(x)
        x.retain_grad()
    torch.nn.functional.cross_entropy(x, labels).backward()
    assert course.gradients[0].tolist() == pytest.approx([kept[path].grad.norm().item() for path in course.paths])
    assert course.depths == ((1, 3, 5, 7) if shortcut else (1, 2, 3, 4, 5, 6, 7))
    assert course.paths[0] == ("bn1" if batch_norm else "conv1")


@pytest.mark.parametrize("shortcut", [False, True])
def test_the_table_is_the_paper_s_but_for_its_switches(shortcut):
    for depth in BENCH_DEPTHS:
        with_norm, without = (setting(depth=depth, shortcut=shortcut, batch_norm=on).table() for on in (True, False))
        assert with_norm.rows == cifar(depth, "A" if shortcut else None).rows
        plan = without.plan()
        assert not any(isinstance(step.row, BatchNorm) for step in plan.flat)
        convolutions = [step.row for step in plan.flat if isinstance(step.row, Conv)]
        assert len(convolutions) == depth - 1
        assert all(row.bias for row in convolutions)
        assert any(isinstance(row, Add) for row in without.rows) is shortcut
        before_a_sum = {"conv2"} if shortcut else set()
        assert {row.name for row in convolutions if row.activation is None} == before_a_sum


def test_each_seed_is_another_network_and_repeats():
    several, alone = gradient_course(setting().table(), seeds=[0, 1]), gradient_course(setting().table(), seeds=[1])
    assert several.gradients.shape == (2, 7)
    assert several.gradients[1].tolist() == alone.gradients[0].tolist()
    assert several.gradients[0].tolist() != several.gradients[1].tolist()


@pytest.mark.parametrize(
    ("changes", "course"),
    [
        ({"depth": 20, "initialization": "small"}, "vanishes"),
        ({"depth": 20, "initialization": "he"}, "keeps"),
        ({"depth": 20, "initialization": "huge"}, "explodes"),
        ({"depth": 20, "initialization": "small", "shortcut": True}, "keeps"),
        ({"depth": 20, "initialization": "small", "batch_norm": True}, "keeps"),
    ],
)
def test_small_weights_make_it_vanish_and_large_ones_explode(changes, course):
    measured = gradient_course(setting(**changes).table(), seeds=[0, 1])
    assert measured.course == course
    assert measured.ratios.tolist() == (measured.gradients[:, 0] / measured.gradients[:, -1]).tolist()


def test_in_56_layers_small_weights_leave_nothing_that_float32_stores():
    """The lesson's sentence. In double precision the ratio is a number; in single precision it would be 0."""
    (gradients,) = gradient_course(setting(depth=56, initialization="small").table(), seeds=[0]).gradients
    assert 0 < gradients[0] < SMALLEST_FLOAT32
    assert np.float32(gradients[0]) == 0


@pytest.mark.parametrize(
    ("ratio", "course"),
    [(1e-9, "vanishes"), (1e-3, "shrinks"), (0.02, "keeps"), (50, "keeps"), (1e3, "grows"), (1e5, "explodes")],
)
def test_the_word_is_by_the_median_of_the_seeds(ratio, course):
    gradients = np.array([[ratio, 1.0], [1e-30, 1.0], [1e30, 1.0]])
    assert GradientCourse(setting().table().plan(), ("a", "b"), (1, 2), gradients).course == course


def test_the_initializations_are_those_of_the_papers():
    assert BENCH_INITIALIZATIONS["small"] == Gaussian(std=0.01)
    assert setting(initialization="large").table().initialization == Gaussian(std=0.1)


@pytest.mark.parametrize("changes", [{"depth": 9}, {"initialization": "tiny"}])
def test_an_unknown_switch_is_said(changes):
    with pytest.raises(StriateError, match=f"{next(iter(changes))}: expected one of"):
        setting(**changes)
