"""The patches are those at which the row's own values are largest, and nothing outside of them makes them so."""

from pathlib import Path

import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.analysis import receptive_fields
from striate.data import ArrayPictures, ImageSet, preprocessed_batches, validation_batches
from striate.data import load_dataset as load_data
from striate.errors import StriateError
from striate.inspection.hooks import record_activations
from striate.inspection.top_patches import cut_out, top_patches
from striate.inspection.views.exciting import top_patches_view
from striate.nn import build, load_model

ROWS = [
    ("lenet5:tiny", "C1"),
    ("lenet5:tiny", "C3"),
    ("alexnet:tiny", "N3"),
    ("googlenet:tiny", "inception_3a.branch2.reduce"),
    ("googlenet:tiny", "inception_3a"),
    ("resnet50:tiny", "conv2_1.body.conv2"),
    ("resnet50:tiny", "conv3_1"),
    ("minivggnet:tiny", "conv2_1"),
]


def noise(table, count, seed=0):
    channels, height, width = table.input
    array = np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)
    return ImageSet(ArrayPictures(array), torch.arange(count) % 3)


def literal(network, images, path, number, patches):
    """The largest value of each picture's map with its place, the largest pictures first; without zeros."""
    (output,) = (record_activations(network, x, [path])[path].output for x in validation_batches(images, network.table))
    found = []
    for picture, maps in enumerate(output.detach().numpy()):
        values = dict(np.ndenumerate(maps[number]))
        place = max(values, key=values.__getitem__)
        found.append((values[place], picture, place))
    return [entry for entry in sorted(found, key=lambda entry: -entry[0])[:patches] if entry[0] != 0]


@pytest.mark.parametrize("name, path", ROWS)
def test_patches_are_where_the_maps_are_largest(name, path):
    network = with_statistics(build(name, seed=0))
    images = noise(network.table, 7)
    with untouched(network):
        found = top_patches(network, images, path, maps=[0, 3], patches=4)
    field = receptive_fields(network.plan)[path]
    assert found.field == (field.height[0], field.width[0])
    assert found.unit == "map"
    lines = {line.number: line for line in found.maps}
    for number in (0, 3):
        expected = literal(network, images, path, number, 4)
        assert (number in lines) == bool(expected)
        if not expected:
            continue
        assert [(p.value, p.picture, p.position) for p in lines[number].patches] == expected
        assert found.peaks[number] == expected[0][0]
        for patch in lines[number].patches:
            assert patch.label == patch.picture % 3
            top, left = (
                start + place * stride
                for place, (_, stride, start) in zip(patch.position, (field.height, field.width), strict=True)
            )
            assert patch.box == (top, left, top + field.height[0], left + field.width[0])


@pytest.mark.parametrize("name, path", ROWS)
def test_what_is_outside_of_a_patch_does_not_change_its_value(name, path):
    network = with_statistics(build(name, seed=0))
    images = noise(network.table, 3)
    (x,) = validation_batches(images, network.table)
    for line in top_patches(network, images, path, patches=2).maps[:3]:
        for patch in line.patches:
            top, left, bottom, right = patch.box
            other = torch.randn(x[:1].shape, generator=torch.Generator().manual_seed(1))
            seen = (slice(None), slice(None), slice(max(top, 0), bottom), slice(max(left, 0), right))
            other[seen] = x[patch.picture : patch.picture + 1][seen]
            output = record_activations(network, other, [path])[path].output[0, line.number]
            assert output[patch.position].item() == pytest.approx(patch.value, rel=1e-4, abs=1e-5)


def test_many_batches_give_the_same_as_one(monkeypatch):
    network = build("lenet5:tiny", seed=0)
    images, told = noise(network.table, 50), []
    whole = top_patches(network, images, "C3", on_progress=lambda *progress: told.append(progress))
    assert told == [(50, 50)]
    told.clear()
    monkeypatch.setattr("striate.data.batches.evaluated_at_once", lambda _: 7)
    parts = top_patches(network, images, "C3", on_progress=lambda *progress: told.append(progress))
    assert told == [(min(7 * n, 50), 50) for n in range(1, 9)]
    np.testing.assert_allclose(parts.peaks, whole.peaks, rtol=1e-5)
    assert [line.number for line in parts.maps] == [line.number for line in whole.maps]
    for one, other in zip(parts.maps, whole.maps, strict=True):
        assert [(p.picture, p.position) for p in one.patches] == [(p.picture, p.position) for p in other.patches]


def test_the_pixels_are_the_fitted_picture_inside_the_box():
    """A field that hangs over the border, one inside, and one larger than the picture."""
    network = with_statistics(build("googlenet:tiny", seed=0))
    images = noise(network.table, 4)
    (fitted,) = preprocessed_batches(images, network.table)
    height, width = network.table.input[1:]
    hanging = larger = False
    for path in ("conv2", "inception_3a", "inception_5b"):
        for line in top_patches(network, images, path, maps=[0, 1], patches=2).maps:
            np.testing.assert_array_equal(line.fitted_CHW, fitted[line.patches[0].picture])
            for patch in line.patches:
                top, left, bottom, right = patch.box
                large = bottom - top > height
                first_row, first_column = (0, 0) if large else (top, left)
                assert patch.seen_HW.shape == ((height, width) if large else (bottom - top, right - left))
                for (row, column), seen in np.ndenumerate(patch.seen_HW):
                    y, x = first_row + row, first_column + column
                    inside = max(top, 0) <= y < min(bottom, height) and max(left, 0) <= x < min(right, width)
                    assert seen == inside
                    expected = fitted[patch.picture, :, y, x].tolist() if inside else [0, 0, 0]
                    assert patch.pixels_CHW[:, row, column].tolist() == expected
                hanging, larger = hanging or not (large or patch.seen_HW.all()), larger or large
    assert hanging
    assert larger


def test_a_box_larger_in_one_direction_only():
    pixels, seen = cut_out(np.arange(12, dtype=np.uint8).reshape(1, 3, 4), (1, -1, 9, 2))
    assert pixels[0].tolist() == [[0, 0, 0], [0, 4, 5], [0, 8, 9]]
    assert seen.tolist() == [[False] * 3, [False, True, True], [False, True, True]]


def test_a_dense_row_has_whole_pictures():
    model = load_model(Path("lenet5"))
    data = load_data("digits", table=model.network.table)
    images = data.validation.subset(list(range(60)))
    with untouched(model.network):
        found = top_patches(model.network, images, "Out")
    (output,) = (
        record_activations(model.network, x, ["Out"])["Out"].output
        for x in validation_batches(images, model.network.table)
    )
    assert found.unit == "unit"
    assert len(found.maps) == 10
    for line in found.maps:
        order = output[:, line.number].argsort(descending=True, stable=True)[:8]
        assert [patch.picture for patch in line.patches] == order.tolist()
        assert all(patch.seen_HW.all() and patch.pixels_CHW.shape == (1, 32, 32) for patch in line.patches)
    own = [patch.label == line.number for line in found.maps for patch in line.patches[:1]]
    assert sum(own) >= 8, "a class's unit is excited by its class"
    view = top_patches_view(found, data.classes)
    assert view.words[0].startswith("All 10 units of row Out are shown.")
    assert "place" not in {axis.get_title() for axis in view.figure.axes}


def test_the_maps_shown_are_those_whose_patches_stand_out():
    """Map 0 is large in every picture, map 1 negative, map 2 answers to three of forty; the rest are silent."""
    network = build("lenet5:modern", seed=0)
    array = np.zeros((40, 28, 28, 1), np.uint8)
    array[5:8, 10, 10] = 255
    images = ImageSet(ArrayPictures(array), torch.zeros(40, dtype=torch.int64))
    network.C1.weight.data.zero_()
    network.C1.bias.data.copy_(torch.tensor([5.0, -1, -0.5, -1, -1, -1]))
    network.C1.weight.data[2, 0, 2, 2] = 1
    found = top_patches(network, images, "C1", patches=3)
    assert [line.number for line in found.maps] == [0, 2]
    assert [patch.picture for patch in found.maps[1].patches] == [5, 6, 7]
    assert {patch.position for patch in found.maps[1].patches} == {(10, 10)}
    assert len(top_patches(network, images, "C1", patches=5).maps[1].patches) == 3, "what a ReLU left at 0 is left out"
    view = top_patches_view(found, ["one"])
    assert "4 of the 6 maps are 0 for every picture" in view.words[2]
    assert "All patches of map 0, 2 have one value" in view.words[3]
    network.C1.bias.data.fill_(-9)
    nothing = top_patches_view(top_patches(network, images, "C1"), ["one"])
    assert nothing.words[0].startswith("Of the 6 maps of row C1, 0 are shown, counted from 0: none.")
    nothing.figure.canvas.draw()


def test_of_many_maps_ten_are_shown_by_number():
    network = with_statistics(build("resnet50:tiny", seed=0))
    found = top_patches(network, noise(network.table, 12), "conv3_1", patches=3)
    numbers = [line.number for line in found.maps]
    assert len(numbers) == 10
    assert numbers == sorted(numbers)
    view = top_patches_view(found, ["a", "b", "c"])
    assert f"10 are shown, counted from 0: {numbers[0]}, " in view.words[0]
    assert [entry["map"] for entry in view.numbers["maps"]] == numbers
    view.figure.canvas.draw()


def test_errors():
    network = build("lenet5:tiny", seed=0)
    images = noise(network.table, 1)
    with pytest.raises(StriateError, match="there is no row 'C9'"):
        top_patches(network, images, "C9")
    with pytest.raises(StriateError, match="row C1: there is no map 6; it has 6, counted from 0"):
        top_patches(network, images, "C1", maps=[0, 6])
    with pytest.raises(StriateError, match="row C1: without a picture nothing excites it"):
        top_patches(network, images.subset([]), "C1")
    assert len(top_patches(network, images, "C1").maps) == 6, "one picture is enough"
