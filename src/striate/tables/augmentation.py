"""How training pictures are varied, as data: a recipe states it, `striate.data.batches` carries it out.

Each picture draws for itself. What moves pixels is carried out first, as one resampling; then what changes colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from striate.errors import TableError
from striate.tables.schema import TaggedUnion


class _Augmentation(TaggedUnion):
    def check(self, size: tuple[int, int]) -> None:
        """TableError if a number is impossible for an input of this (height, width)."""


_LARGEST = 4


@dataclass(frozen=True, kw_only=True)
class RandomCrop(_Augmentation):
    """The picture with its shorter side at `of` pixels, or at any number in a range, and a random part of it cut out.

    Sources: Krizhevsky et al. 2012, section 4.1 (224 of 256); He et al. 2016, section 3.4 (224 of 256 to 480).
    """

    of: int | tuple[int, int]

    @property
    def range(self) -> tuple[int, int]:
        """The least and the largest shorter side."""
        return (self.of, self.of) if isinstance(self.of, int) else self.of

    def check(self, size: tuple[int, int]) -> None:
        """TableError if the range is empty, or its pictures do not hold the input, or are many times as large."""
        least, most = self.range
        if not min(size) <= least <= most <= _LARGEST * min(size):
            raise TableError(
                f"recipe: RandomCrop: of must lie between the input's {min(size)} pixels and {_LARGEST} times as many,"
                f" from less to more: {self.of}"
            )


@dataclass(frozen=True, kw_only=True)
class RandomResizedCrop(_Augmentation):
    """A random part of the picture, of an area and an aspect ratio drawn from ranges, scaled to the input.

    Source: Szegedy et al. 2015, section 6 (8 % to 100 %, 3/4 to 4/3).
    """

    former_name = "ScaleAndAspect"

    area: tuple[float, float] = (0.08, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)

    def check(self, size: tuple[int, int]) -> None:  # noqa: ARG002
        """TableError if a range is empty or reaches outside the picture."""
        if not (0 < self.area[0] <= self.area[1] <= 1 and 0 < self.aspect[0] <= self.aspect[1] < inf):
            raise TableError(
                f"recipe: RandomResizedCrop: area must be a range within (0, 1], aspect one above 0: {self.area},"
                f" {self.aspect}"
            )


@dataclass(frozen=True, kw_only=True)
class RandomTranslation(_Augmentation):
    """Moved by up to `cells` pixels in each direction, zeros coming in: a crop of the picture padded as much.

    Source: He et al. 2016, section 4.2 (4 pixels).
    """

    former_name = "Shift"

    cells: int = 4

    def check(self, size: tuple[int, int]) -> None:
        """TableError if it is negative, or moves a picture further than out of the input."""
        if not 0 <= self.cells <= max(size):
            raise TableError(
                f"recipe: RandomTranslation: cells must be from 0 to the input's {max(size)}: {self.cells}"
            )


@dataclass(frozen=True)
class HorizontalFlip(_Augmentation):
    """Left and right changed in half of the pictures."""


@dataclass(frozen=True, kw_only=True)
class Rotation(_Augmentation):
    """Turned about its middle by up to `degrees` to either side, zeros coming in at the corners."""

    degrees: float = 10.0

    def check(self, size: tuple[int, int]) -> None:  # noqa: ARG002
        """TableError if the angle is negative, or more than half a turn."""
        if not 0 <= self.degrees <= 180:
            raise TableError(f"recipe: Rotation: degrees must be in [0, 180]: {self.degrees}")


@dataclass(frozen=True, kw_only=True)
class Affine(_Augmentation):
    """Scaled, squeezed and sheared about its middle, zeros coming in where it shrinks.

    Each size is multiplied or divided by up to 1 + `scale`; its width by up to 1 + `squeeze` more, and its height the
    other way round; a row is moved sideways by up to `shear` times its distance from the middle.
    Source: LeCun et al. 1998, section III.B, which states no ranges.
    """

    scale: float = 0.0
    squeeze: float = 0.0
    shear: float = 0.0

    def check(self, size: tuple[int, int]) -> None:  # noqa: ARG002
        """TableError if a range is negative, or would change a picture beyond knowing."""
        if not all(0 <= number <= 1 for number in (self.scale, self.squeeze, self.shear)):
            raise TableError(
                f"recipe: Affine: scale, squeeze and shear must be in [0, 1]: {self.scale}, {self.squeeze},"
                f" {self.shear}"
            )


@dataclass(frozen=True, kw_only=True)
class Brightness(_Augmentation):
    """Every value times a number between 1 - `by` and 1 + `by`. Source: the notes, "data augmentation"."""

    by: float = 0.2

    def check(self, size: tuple[int, int]) -> None:  # noqa: ARG002
        """TableError if a picture could become negative."""
        if not 0 <= self.by <= 1:
            raise TableError(f"recipe: Brightness: by must be in [0, 1]: {self.by}")


@dataclass(frozen=True, kw_only=True)
class PCAColour(_Augmentation):
    """Along each principal component of the training set's RGB values a shift of its eigenvalue times a normal number.

    The components are those of values between 0 and 1. Source: Krizhevsky et al. 2012, section 4.1 (sigma 0.1).
    """

    sigma: float = 0.1

    def check(self, size: tuple[int, int]) -> None:  # noqa: ARG002
        """TableError if the spread is negative."""
        if not 0 <= self.sigma < inf:
            raise TableError(f"recipe: PCAColour: sigma must not be negative: {self.sigma}")


CROPS = (RandomCrop, RandomResizedCrop)
"""Those that choose a part of the picture: at most one, and first, for they do not look at what moved before them."""
Augmentation = (
    RandomCrop | RandomResizedCrop | RandomTranslation | HorizontalFlip | Rotation | Affine | Brightness | PCAColour
)
