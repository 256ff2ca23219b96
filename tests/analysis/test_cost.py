"""Counts equal to the papers', row by row, and columns that sum."""

import pytest

from striate import equations
from striate.analysis import row_cost, total_cost, trained_cost
from striate.analysis.report import report_to_json, summarize
from striate.tables import ARCHITECTURES, EXAMPLES, AdaptiveAveragePool, Dense, Table, load_plan, load_table

# LeCun et al. 1998, section II.B: parameters, connections, multiply-adds.
LENET5 = {
    "C1": (156, 122_304, 117_600),
    "S2": (12, 5_880, 0),
    "C3": (1_516, 151_600, 150_000),
    "S4": (32, 2_000, 0),
    "C5": (48_120, 48_120, 48_000),
    "F6": (10_164, 10_164, 10_080),
    "Out": (0, 840, 0),
}


@pytest.mark.parametrize("step", load_plan("lenet5").steps, ids=lambda step: step.path)
def test_lenet5_row_by_row(step):
    counted = row_cost(step)
    assert (counted.parameters, counted.connections, counted.macs) == LENET5[step.path]


def test_lenet5_in_total():
    counted = total_cost(load_plan("lenet5"))
    assert (counted.parameters, counted.connections) == (60_000, 340_908)
    assert total_cost(load_plan("lenet5:modern")).parameters == 61_706


# Parameters and MACs from the papers, from torchvision, and counted by hand.
COUNTS = {
    "lenet5": (60_000, 325_680),
    "lenet5:modern": (61_706, 416_520),
    "alexnet": (60_965_224, 724_406_816),
    "alexnet:notes": (62_378_344, 1_135_256_096),
    "alexnet:torchvision": (61_100_840, 714_188_480),
    "googlenet": (6_998_552, 1_582_671_872),
    "googlenet:torchvision": (6_624_904, 1_498_376_192),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 3_857_973_248),
    "resnet18:torchvision": (11_689_512, 1_814_073_344),
    "resnet34:torchvision": (21_797_672, 3_663_761_408),
    "resnet50:torchvision": (25_557_032, 4_089_184_256),
    "resnet101:torchvision": (44_549_160, 7_801_405_440),
    "resnet152:torchvision": (60_192_808, 11_513_626_624),
    "minivggnet": (2_169_770, 26_579_968),
}


@pytest.mark.parametrize("name", COUNTS)
def test_counts_are_those_of_the_papers_and_libraries(name):
    counted = total_cost(load_plan(name))
    assert (counted.parameters, counted.macs) == COUNTS[name]


@pytest.mark.parametrize("name", [*ARCHITECTURES, *EXAMPLES])
def test_every_network_is_what_stands_beside_it(name):
    table = load_table(name)
    counted = total_cost(table.plan())
    if table.expected is None:
        return
    assert (counted.parameters, counted.macs) == (table.expected.parameters, table.expected.macs)
    if table.expected.connections is not None:
        assert counted.connections == table.expected.connections


def test_googlenet_with_both_heads():
    table = load_table("googlenet")
    assert table.expected.parameters_with_heads == 13_378_280
    assert trained_cost(table.plan()).parameters == 13_378_280
    report = summarize(table)
    assert report.total.parameters + sum(head.total.parameters for head in report.heads) == 13_378_280


def test_paper_and_torchvision_differ_in_the_stride_only():
    for depth in (101, 152):
        paper, theirs = (total_cost(load_plan(f"resnet{depth}{v}")) for v in ("", ":torchvision"))
        assert paper.parameters == theirs.parameters
        # The first 1x1 and the 3x3 of the first unit in conv3_x to conv5_x, on a quarter of the pixels or on all.
        sizes = ((56, 128, 256), (28, 256, 512), (14, 512, 1024))
        assert theirs.macs - paper.macs == sum(maps * maps_in * (n * n - n * n // 4) for n, maps, maps_in in sizes)


def test_plain_34_is_resnet_34_without_its_projections():
    residual, plain, identities = (total_cost(load_plan(name)) for name in ("resnet34", "plain34", "resnet34:A"))
    projections = sum(a * b for a, b in ((64, 128), (128, 256), (256, 512)))
    assert residual.parameters - plain.parameters == projections + 2 * (128 + 256 + 512)
    assert plain.parameters == identities.parameters == 21_623_848
    assert residual.macs - plain.macs == 64 * 128 * 28**2 + 128 * 256 * 14**2 + 256 * 512 * 7**2


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_cifar_networks_counted_by_hand(depth, millions):
    """He et al. 2016, table 6, to two digits; and the sum over n units in three stages."""
    counted, n = total_cost(load_plan(f"resnet{depth}")), (depth - 2) // 6
    weights = 27 * 16 + 9 * (2 * n * 16**2 + (16 * 32 + (2 * n - 1) * 32**2) + (32 * 64 + (2 * n - 1) * 64**2))
    normalization = 2 * (16 + 2 * n * (16 + 32 + 64))
    assert counted.parameters == weights + normalization + 64 * 10 + 10
    assert float(f"{counted.parameters / 1e6:.2g}") == millions
    if depth < 110:
        assert total_cost(load_plan(f"plain{depth}")).parameters == counted.parameters


def test_figure_2s_neurons_but_for_its_slip():
    """Krizhevsky et al. 2012, figure 2; its first number, 253,440, is a slip for 55 * 55 * 96."""
    figure = [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert [row_cost(step).neurons for step in load_plan("alexnet").steps if row_cost(step).neurons] == figure


def test_the_notes_bottleneck():
    counts = {name: total_cost(load_plan(f"notes:{name}")).parameters for name in ("direct", "bottleneck")}
    assert counts == {"direct": 4608, "bottleneck": 1520}
    assert total_cost(load_plan("notes:5x5")).parameters == 25
    assert total_cost(load_plan("notes:two-3x3")).parameters == 18
    assert [step.output[1] for step in load_plan("notes:9-5-3-1").steps] == [5, 3, 1]


def test_minivggnet_counted_by_hand():
    convolutions = (27 * 32 + 32) + (288 * 32 + 32) + (288 * 64 + 64) + (576 * 64 + 64)
    dense = (8 * 8 * 64 * 512 + 512) + (512 * 10 + 10)
    normalization = 2 * (32 + 32 + 64 + 64 + 512)
    assert total_cost(load_plan("minivggnet")).parameters == convolutions + dense + normalization


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("column", ["parameters", "macs", "connections", "neurons"])
def test_columns_sum_to_the_total(name, column):
    report = report_to_json(summarize(ARCHITECTURES[name]))
    assert sum(row[column] for row in report["rows"]) == report["total"][column]


@pytest.mark.parametrize("size", range(1, 16))
def test_connections_of_adaptive_pooling_are_the_cells_of_its_windows(size):
    for outputs in range(1, size + 1):
        rows = (AdaptiveAveragePool("S", size=(outputs, 1)), Dense("Out", units=2))
        cells = sum(end - start for start, end in equations.adaptive_windows(size, outputs))
        assert row_cost(Table("t", (3, size, 1), rows).plan().steps[0]).connections == 3 * cells
