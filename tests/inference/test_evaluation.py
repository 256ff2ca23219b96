"""Evaluation: scores of the predictions, with one crop or ten, in one process or two."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from striate.data import ArrayPictures, Dataset, ImageSet, load_named, preprocess, ten_crops
from striate.errors import ModelError, TableError
from striate.inference.evaluation import evaluate
from striate.inference.predictor import Predictor
from striate.nn import Model, build
from striate.runtime import ProcessGroup
from striate.tables import Preprocessing, load_table
from striate.training import calibration

TABLE = replace(load_table("minivggnet:tiny"), preprocessing=Preprocessing(crop=0.75)).with_classes(3)
CLASSES = ("ant", "bee", "cat")


def pictures(count, size=(48, 64), names=None):
    generator = np.random.default_rng(0)
    array = generator.integers(0, 256, (count, *size, 3), dtype=np.uint8)
    return ImageSet(ArrayPictures(array), torch.arange(count) % 3, names)


def data(validation):
    return Dataset("insects", "", CLASSES, validation, validation)


@pytest.fixture(scope="module")
def predictor():
    return Predictor(Model(build(TABLE, seed=0).eval(), CLASSES, {}, {}))


def batch(images):
    return torch.stack([torch.from_numpy(images.pictures[i]) for i in range(len(images))]).permute(0, 3, 1, 2)


def test_with_one_crop_the_scores_are_those_of_the_predictions(predictor):
    images = pictures(40)
    probabilities = predictor.probabilities(batch(images))
    evaluation = predictor.evaluate(data(images))
    certainty, taken = probabilities.max(dim=1)
    right = (taken == images.labels).double().mean().item()
    assert evaluation.scores.top1 == pytest.approx(right)
    bins, error = calibration(probabilities, images.labels)
    assert evaluation.calibration_error == pytest.approx(error, abs=1e-6)
    assert sum(part.images for part in evaluation.bins) == sum(part.images for part in bins) == 40
    assert len(evaluation.mistakes) == int((taken != images.labels).sum())
    surest = [mistake.probability for mistake in evaluation.mistakes]
    assert surest == sorted(surest, reverse=True)
    for mistake in evaluation.mistakes:
        assert mistake.true == CLASSES[mistake.image % 3]
        assert mistake.predicted == CLASSES[taken[mistake.image]]
        assert mistake.probability == pytest.approx(certainty[mistake.image].item(), abs=1e-5)


def test_ten_crops_average_the_probabilities(predictor):
    """Krizhevsky et al. 2012, section 4.1: "averaging the predictions made by the network's softmax layer"."""
    images = pictures(40)
    crops = ten_crops(batch(images), TABLE)
    mean = torch.stack([predictor.forward(crops[:, k]).softmax(dim=1) for k in range(10)]).mean(dim=0)
    evaluation = predictor.evaluate(data(images), crops=10)
    assert evaluation.crops == 10
    assert evaluation.scores.top1 == pytest.approx((mean.argmax(dim=1) == images.labels).double().mean().item())
    loss = -mean.gather(1, images.labels.unsqueeze(1)).log().mean().item()
    assert evaluation.scores.loss == pytest.approx(loss, rel=1e-4)
    assert evaluation.scores.loss != pytest.approx(predictor.evaluate(data(images)).scores.loss, rel=1e-3)


def test_a_class_of_probability_zero_in_all_crops():
    def answer(fitted_NCHW):
        return torch.tensor([[300.0, 0.0, -300.0]]).expand(len(fitted_NCHW), 3)

    scores = evaluate(answer, TABLE, data(pictures(3)), crops=10).scores
    assert scores.loss == pytest.approx((0 + 300 + 600) / 3)


def test_crops_are_computed_in_batches_of_eval_batch_size():
    asked = []

    def answer(fitted_NCHW):
        asked.append(tuple(fitted_NCHW.shape))
        assert fitted_NCHW.dtype == torch.uint8
        return torch.zeros(len(fitted_NCHW), 3)

    large = replace(TABLE, input=(3, 224, 224))
    for crops in (1, 10):
        asked.clear()
        evaluate(answer, large, data(pictures(33)), crops=crops)
        assert max(shape[0] for shape in asked) == 32
        assert sum(shape[0] for shape in asked) == 33 * crops
        assert {shape[1:] for shape in asked} == {(3, 224, 224)}


def test_progress_is_reported_up_to_the_end(predictor):
    told = []
    predictor.evaluate(data(pictures(40)), on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (40, 40)


def test_processes_share_the_images():
    """Each sees its part alone; put together they are what one sees."""
    large, seen = replace(TABLE, input=(3, 224, 224)), {0: [], 1: []}

    class Both(ProcessGroup):
        def all_gather(self, rows):
            return rows.new_zeros(len(images), 3)

    images = pictures(100)
    for rank in (0, 1):
        evaluate(
            lambda fitted, rank=rank: seen[rank].append(fitted) or torch.zeros(len(fitted), 3),
            large, data(images), group=Both(rank=rank, world_size=2),
        )  # fmt: skip
    assert 0 < len(torch.cat(seen[0])) < 100
    assert torch.equal(torch.cat(seen[0] + seen[1]), preprocess(batch(images), large))


def test_logits_that_are_not_finite_are_an_error():
    with pytest.raises(ModelError, match="the model's logits for 3 images are not finite"):
        evaluate(lambda fitted: torch.full((len(fitted), 3), math.nan), TABLE, data(pictures(3)))


def test_mistakes_of_a_folder_have_paths(predictor):
    images = pictures(6, names=tuple(f"{i}.png" for i in range(6)))
    mistakes = predictor.evaluate(data(images), part="validation").mistakes
    assert mistakes
    assert [mistake.path for mistake in mistakes] == [f"{mistake.image}.png" for mistake in mistakes]


def test_a_network_that_pads_has_no_ten_crops():
    padded = Predictor(Model(build("lenet5", seed=0).eval(), tuple("0123456789"), {}, {}))
    with pytest.raises(TableError, match="table lenet5: has no ten crops"):
        padded.evaluate(load_named("digits"), crops=10)
