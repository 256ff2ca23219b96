"""One picture as a recipe's augmentation varies it in training: draw by draw, with what was drawn, and the answers.

The draws are those of `striate.data.Batches`, with which networks are trained. Source of AlexNet's: Krizhevsky et al.
2012, section 4.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
import torch
from torch import Tensor

from striate.data import (
    ArrayPictures,
    Batches,
    Bytes,
    ImageSet,
    ImageSource,
    Reals,
    Variation,
    as_training_images,
    decode_input,
    preprocess,
    principal_components,
)
from striate.errors import StriateError
from striate.inspection.hooks import eval_without_grad
from striate.nn import Network, check_logits, device_of
from striate.tables import (
    Affine,
    Augmentation,
    Brightness,
    HorizontalFlip,
    PCAColour,
    RandomCrop,
    RandomResizedCrop,
    RandomTranslation,
    Rotation,
    Table,
    load_table,
)

AUGMENTATION_DRAWS = 64
"""Draws at most."""
AUGMENTATION_RECIPES = ("alexnet", "googlenet", "resnet34", "resnet20", "lenet5:distorted")
"""Networks whose recipes each vary pictures in another way."""


@dataclass(frozen=True)
class AugmentationStep:
    """What one step of the augmentation drew for a picture: its kind, and its numbers by name.

    RandomCrop, RandomResizedCrop: `top`, `left`, `height`, `width` of the part, in pixels of the picture.
    RandomTranslation: `down`, `right`, in pixels of the input. HorizontalFlip: `flipped`, 0 or 1. Rotation: `degrees`,
    counterclockwise. Affine: `width`, `height`, by which factors the picture becomes wider and higher, and `shear`, by
    how much of its distance below the middle a row moves to the right. Brightness: `factor`. PCAColour: for each colour
    what is added to values of 0 to 255; without any for a gray picture, which has no colours to shift.
    """

    kind: str
    numbers: Mapping[str, float]


@dataclass(frozen=True)
class AugmentedPictures:
    """N draws of one picture.

    `unchanged_CHW` is the picture without augmentation, uint8 (channels, height, width); `pictures_NCHW` are the draws
    (N, ...), and `inputs_NCHW` the same normalized, float32. `steps` is what was drawn for each, step by step; `size`
    the (height, width) of the stored picture, from which parts are cut.
    """

    unchanged_CHW: Tensor
    pictures_NCHW: Tensor
    inputs_NCHW: Tensor
    steps: tuple[tuple[AugmentationStep, ...], ...]
    size: tuple[int, int]


def augment_picture(
    source: ImageSource,
    table: Table,
    augmentation: Sequence[Augmentation] | None = None,
    *,
    draws: int = 8,
    seed: int = 0,
) -> AugmentedPictures:
    """A picture as training varies it, `draws` times: by this augmentation, by default that of the table's recipe.

    The principal components of PCA colour are those of this picture: those of the training set are not in a model. A
    crop cuts from the whole input where the table frames its pictures (`Preprocessing.content`). StriateError if the
    draws are not in 1 to `AUGMENTATION_DRAWS`; DataError if the picture cannot be read.

        >>> from striate.tables import load_table
        >>> made = augment_picture(np.zeros((32, 32, 3), np.uint8), load_table("resnet20"), draws=2)
        >>> made.pictures_NCHW.shape, [step.kind for step in made.steps[0]]
        (torch.Size([2, 3, 32, 32]), ['RandomTranslation', 'HorizontalFlip'])
    """
    if not 1 <= draws <= AUGMENTATION_DRAWS:
        raise StriateError(f"draws: expected a whole number from 1 to {AUGMENTATION_DRAWS}, got {draws}")
    steps = table.recipe.augmentation if augmentation is None else tuple(augmentation)
    table = replace(table, recipe=replace(table.recipe, augmentation=steps, batch_size=draws, seed=seed))
    decoded_NCHW = decode_input(source, table)[0].unsqueeze(0)
    fitted_CHW = preprocess(decoded_NCHW, table)[0]
    if table.preprocessing.content and any(isinstance(step, RandomCrop | RandomResizedCrop) for step in steps):
        stored_CHW = fitted_CHW
        table = replace(table, preprocessing=replace(table.preprocessing, content=None, figure=None))
    else:
        stored_CHW = as_training_images(decoded_NCHW, table)[0]
    stored_HWC: Bytes = stored_CHW.permute(1, 2, 0).numpy()
    images = ImageSet(ArrayPictures(np.repeat(stored_HWC[None], draws, axis=0)), torch.zeros(draws, dtype=torch.int64))
    with_pca = len(stored_CHW) == 3 and any(isinstance(step, PCAColour) for step in steps)
    batches = Batches(images, table, workers=0, components=_components(images) if with_pca else None)
    (batch,) = batches.epoch(1)
    inputs_NCHW = torch.empty_like(batch.images)
    inputs_NCHW[batch.indices] = batch.images
    variations = batches.variations(1)
    return AugmentedPictures(
        unchanged_CHW=fitted_CHW,
        pictures_NCHW=_as_bytes(inputs_NCHW, table),
        inputs_NCHW=inputs_NCHW,
        steps=tuple(tuple(_describe(variation, index) for variation in variations) for index in range(draws)),
        size=(stored_HWC.shape[0], stored_HWC.shape[1]),
    )


def augmentation_of(name: str, table: Table) -> tuple[Augmentation, ...]:
    """The augmentation of a network's recipe, its numbers of pixels scaled to the input of `table`.

    >>> from striate.tables import load_table
    >>> augmentation_of("alexnet", load_table("lenet5"))
    (RandomCrop(of=37), HorizontalFlip(), PCAColour(sigma=0.1))
    """
    other = load_table(name)
    share = min(table.input[1:]) / min(other.input[1:])
    return tuple(_scale(step, share) for step in other.recipe.augmentation)


def class_probabilities(network: Network, inputs_NCHW: Tensor, *, temperature: float = 1.0) -> Tensor:
    """The probabilities of normalized pictures, double (N, classes), on the CPU. `temperature` is that of the model
    (`Model.temperature`). ModelError if a logit is not finite."""
    with torch.no_grad(), eval_without_grad(network):
        logits = check_logits(network(inputs_NCHW.to(device_of(network))))
    return (logits.double() / temperature).softmax(dim=1).cpu()


def _scale(step: Augmentation, share: float) -> Augmentation:
    match step:
        case RandomCrop(of=int(of)):
            return replace(step, of=round(of * share))
        case RandomCrop(of=(least, most)):
            return replace(step, of=(round(least * share), round(most * share)))
        case RandomTranslation(cells=cells):
            return replace(step, cells=max(1, round(cells * share)))
        case _:
            return step


def _as_bytes(inputs_NCHW: Tensor, table: Table) -> Tensor:
    """Normalized pictures as values from 0 to 255 again."""
    mean, std = (
        torch.tensor(numbers).view(-1, 1, 1) for numbers in (table.preprocessing.mean, table.preprocessing.std)
    )
    return ((inputs_NCHW * std + mean) * 255).round().clamp(0, 255).to(torch.uint8).contiguous()


def _components(images: ImageSet) -> Reals:
    """The principal components, each or its negative, which is as good: that whose largest number is positive. The
    linear algebra of another machine, or of a browser, may find the other."""
    found = principal_components(images.pictures)
    largest = np.take_along_axis(found, np.abs(found).argmax(axis=1)[:, None], axis=1)
    upright: Reals = found * np.sign(largest)
    return upright


def _describe(variation: Variation, index: int) -> AugmentationStep:
    """What one step drew for the picture with this index, read from what it does by itself."""
    geometry, jitter = variation.geometry, variation.jitter
    numbers: dict[str, float] = {}
    match variation.step:
        case RandomCrop() | RandomResizedCrop():
            numbers = dict(zip(("top", "left", "height", "width"), geometry.window(index), strict=True))
        case RandomTranslation():
            (y, x, *_), (top, left, *_) = geometry.place(index), variation.fixed.place(index)
            numbers = {"down": y - top, "right": x - left}
        case HorizontalFlip():
            numbers = {"flipped": int(geometry.flipped[index])}
        case Rotation():
            (cosine, _), (sine, _) = geometry.warp[index]
            numbers = {"degrees": math.degrees(math.atan2(sine, cosine))}
        case Affine():
            (narrower, shear), (_, lower) = geometry.warp[index]
            numbers = {"width": float(1 / narrower), "height": float(1 / lower), "shear": float(-shear / narrower)}
        case Brightness():
            assert jitter is not None
            numbers = {"factor": float(jitter.gains[index, 0])}
        case PCAColour():
            assert jitter is not None
            if len(jitter.offsets[index]) == 3:
                numbers = dict(zip(("red", "green", "blue"), map(float, jitter.offsets[index]), strict=True))
        case step:
            assert_never(step)
    return AugmentationStep(type(variation.step).__name__, numbers)
