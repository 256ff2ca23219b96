"""The patches are those with the row's largest values, and nothing outside a patch changes its value."""

from pathlib import Path

import numpy as np
import pytest
import torch
from networks import with_statistics
from untouched import untouched

from striate.analysis import receptive_fields
from striate.data import ArrayPictures, ImageSet, load_dataset, preprocessed_batches, validation_batches
from striate.errors import StriateError
from striate.inspection.hooks import record_activations
from striate.inspection.receptive_field import Box, visible_field
from striate.inspection.top_patches import crop, top_patches
from striate.inspection.top_patches_view import top_patches_view
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


def literal(network, images, path, index, patches):
    """The largest value of each picture's map with its place, the largest pictures first; without zeros."""
    (output,) = (record_activations(network, x, [path])[path].output for x in validation_batches(images, network.table))
    largest = []
    for picture, maps in enumerate(output.detach().numpy()):
        values = dict(np.ndenumerate(maps[index]))
        place = max(values, key=values.__getitem__)
        largest.append((values[place], picture, place))
    return [entry for entry in sorted(largest, key=lambda entry: -entry[0])[:patches] if entry[0] != 0]


@pytest.mark.parametrize("name, path", ROWS)
def test_patches_are_where_the_maps_are_largest(name, path):
    network = with_statistics(build(name, seed=0))
    images = noise(network.table, 7)
    with untouched(network):
        result = top_patches(network, images, path, maps=[0, 3], patches=4)
    field = receptive_fields(network.plan)[path]
    assert result.field == (field.height[0], field.width[0])
    assert result.unit == "map"
    by_index = {top_map.index: top_map for top_map in result.maps}
    for index in (0, 3):
        expected = literal(network, images, path, index, 4)
        assert (index in by_index) == bool(expected)
        if not expected:
            continue
        assert [(p.value, p.image_index, p.position) for p in by_index[index].patches] == expected
        assert result.peaks[index] == expected[0][0]
        for patch in by_index[index].patches:
            assert patch.label == patch.image_index % 3
            top, left = (
                start + place * stride
                for place, (_, stride, start) in zip(patch.position, (field.height, field.width), strict=True)
            )
            assert patch.box == Box(top, left, field.height[0], field.width[0])


@pytest.mark.parametrize("name, path", ROWS)
def test_what_is_outside_of_a_patch_does_not_change_its_value(name, path):
    network = with_statistics(build(name, seed=0))
    images = noise(network.table, 3)
    (x,) = validation_batches(images, network.table)
    for top_map in top_patches(network, images, path, patches=2).maps[:3]:
        for patch in top_map.patches:
            box = patch.box
            other = torch.randn(x[:1].shape, generator=torch.Generator().manual_seed(1))
            visible = (slice(None), slice(None), slice(max(box.top, 0), box.bottom), slice(max(box.left, 0), box.right))
            other[visible] = x[patch.image_index : patch.image_index + 1][visible]
            output = record_activations(network, other, [path])[path].output[0, top_map.index]
            assert output[patch.position].item() == pytest.approx(patch.value, rel=1e-4, abs=1e-5)


def test_many_batches_give_the_same_as_one(monkeypatch):
    network = build("lenet5:tiny", seed=0)
    images, progress = noise(network.table, 50), []
    whole = top_patches(network, images, "C3", on_progress=lambda *counts: progress.append(counts))
    assert progress == [(50, 50)]
    progress.clear()
    monkeypatch.setattr("striate.data.batches.eval_batch_size", lambda _: 7)
    parts = top_patches(network, images, "C3", on_progress=lambda *counts: progress.append(counts))
    assert progress == [(min(7 * n, 50), 50) for n in range(1, 9)]
    np.testing.assert_allclose(parts.peaks, whole.peaks, rtol=1e-5)
    assert [top_map.index for top_map in parts.maps] == [top_map.index for top_map in whole.maps]
    for one, other in zip(parts.maps, whole.maps, strict=True):
        assert [(p.image_index, p.position) for p in one.patches] == [
            (p.image_index, p.position) for p in other.patches
        ]


def test_the_pixels_are_the_fitted_picture_inside_the_box():
    """A field that hangs over the border, one inside, and one larger than the picture."""
    network = with_statistics(build("googlenet:tiny", seed=0))
    images = noise(network.table, 4)
    (fitted,) = preprocessed_batches(images, network.table)
    height, width = network.table.input[1:]
    hanging = larger = False
    for path in ("conv2", "inception_3a", "inception_5b"):
        for top_map in top_patches(network, images, path, maps=[0, 1], patches=2).maps:
            np.testing.assert_array_equal(top_map.fitted_CHW, fitted[top_map.patches[0].image_index])
            for patch in top_map.patches:
                top, left, bottom, right = patch.box.top, patch.box.left, patch.box.bottom, patch.box.right
                large = bottom - top > height
                box = visible_field(network.plan, path, patch.position, map_index=top_map.index)
                assert patch.visible == box
                assert patch.box.contains(box)
                first_row, first_column = (0, 0) if large else (top, left)
                assert patch.visible_HW.shape == ((height, width) if large else (bottom - top, right - left))
                for (row, column), visible in np.ndenumerate(patch.visible_HW):
                    y, x = first_row + row, first_column + column
                    inside = box.top <= y < box.bottom and box.left <= x < box.right
                    assert visible == inside
                    expected = fitted[patch.image_index, :, y, x].tolist() if inside else [0, 0, 0]
                    assert patch.pixels_CHW[:, row, column].tolist() == expected
                hanging, larger = hanging or not (large or patch.visible_HW.all()), larger or large
    assert hanging
    assert larger


def test_a_box_larger_in_one_direction_only():
    pixels, visible = crop(np.arange(12, dtype=np.uint8).reshape(1, 3, 4), Box(1, -1, 8, 3), Box(1, 0, 2, 2))
    assert pixels[0].tolist() == [[0, 0, 0], [0, 4, 5], [0, 8, 9]]
    assert visible.tolist() == [[False] * 3, [False, True, True], [False, True, True]]


def test_a_dense_row_has_whole_pictures():
    model = load_model(Path("lenet5"))
    data = load_dataset("digits", table=model.network.table)
    images = data.validation.subset(list(range(60)))
    with untouched(model.network):
        top = top_patches(model.network, images, "Out")
    (output,) = (
        record_activations(model.network, x, ["Out"])["Out"].output
        for x in validation_batches(images, model.network.table)
    )
    assert top.unit == "unit"
    assert len(top.maps) == 10
    for top_map in top.maps:
        order = output[:, top_map.index].argsort(descending=True, stable=True)[:8]
        assert [patch.image_index for patch in top_map.patches] == order.tolist()
        assert all(patch.visible_HW.all() and patch.pixels_CHW.shape == (1, 32, 32) for patch in top_map.patches)
    own = [patch.label == top_map.index for top_map in top.maps for patch in top_map.patches[:1]]
    assert sum(own) >= 8, "the unit of a class responds to its class"
    view = top_patches_view(top, data.classes)
    assert view.paragraphs[0].startswith("All 10 units of row Out are shown.")
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
    top = top_patches(network, images, "C1", patches=3)
    assert [top_map.index for top_map in top.maps] == [0, 2]
    assert [patch.image_index for patch in top.maps[1].patches] == [5, 6, 7]
    assert {patch.position for patch in top.maps[1].patches} == {(10, 10)}
    assert len(top_patches(network, images, "C1", patches=5).maps[1].patches) == 3, "activations of 0 are left out"
    view = top_patches_view(top, ["one"])
    assert "4 of the 6 maps are 0 for every picture" in view.paragraphs[2]
    assert "All patches of map 0, 2 have the same value" in view.paragraphs[3]
    network.C1.bias.data.fill_(-9)
    nothing = top_patches_view(top_patches(network, images, "C1"), ["one"])
    assert nothing.paragraphs[0].startswith("Of the 6 maps of row C1, 0 are shown, counted from 0: none.")
    nothing.figure.canvas.draw()


def test_of_many_maps_ten_are_shown_by_number():
    network = with_statistics(build("resnet50:tiny", seed=0))
    top = top_patches(network, noise(network.table, 12), "conv3_1", patches=3)
    numbers = [top_map.index for top_map in top.maps]
    assert len(numbers) == 10
    assert numbers == sorted(numbers)
    view = top_patches_view(top, ["a", "b", "c"])
    assert f"10 are shown, counted from 0: {numbers[0]}, " in view.paragraphs[0]
    assert [entry["map"] for entry in view.numbers["maps"]] == numbers
    view.figure.canvas.draw()


def test_errors():
    network = build("lenet5:tiny", seed=0)
    images = noise(network.table, 1)
    with pytest.raises(StriateError, match="there is no row 'C9'"):
        top_patches(network, images, "C9")
    with pytest.raises(StriateError, match="row C1: there is no map 6; it has 6, counted from 0"):
        top_patches(network, images, "C1", maps=[0, 6])
    with pytest.raises(StriateError, match="row C1: there are no images to search"):
        top_patches(network, images.subset([]), "C1")
    assert len(top_patches(network, images, "C1").maps) == 6, "one picture is enough"
