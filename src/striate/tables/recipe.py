"""How a network is trained, as data: a table states it, `striate.training` carries it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from striate.errors import TableError
from striate.tables.augmentation import CROPS, Augmentation, HorizontalFlip, RandomResizedCrop, RandomTranslation
from striate.tables.schema import TaggedUnion

Loss = Literal["cross_entropy", "rbf_mse", "rbf_map"]


@dataclass(frozen=True, kw_only=True)
class SGD(TaggedUnion):
    """Stochastic gradient descent with momentum, Nesterov's if `nesterov`."""

    momentum: float = 0.9
    nesterov: bool = False

    def check(self) -> None:
        """TableError if the momentum is impossible."""
        if not 0 <= self.momentum < 1 or (self.nesterov and self.momentum == 0):
            raise TableError(f"recipe: momentum must be in [0, 1), and above 0 for Nesterov's: {self.momentum}")


@dataclass(frozen=True)
class AdamW(TaggedUnion):
    """Adam with its usual betas and decoupled weight decay. Source: Loshchilov and Hutter 2019."""

    def check(self) -> None:
        """Nothing can be wrong."""


class _Schedule(TaggedUnion):
    def check(self) -> None:
        """TableError if a number is impossible."""


@dataclass(frozen=True)
class Constant(_Schedule):
    """The recipe's learning rate throughout."""


@dataclass(frozen=True)
class OneCycle(_Schedule):
    """From a 25th of the rate straight up over the first fifth of the steps, then down to zero along a cosine.

    Source: Smith and Topin, "Super-Convergence", 2017.
    """


@dataclass(frozen=True)
class Cosine(_Schedule):
    """From the recipe's rate down to zero along half a cosine. Source: Loshchilov and Hutter, "SGDR", 2017."""


@dataclass(frozen=True, kw_only=True)
class StepDecay(_Schedule):
    """The rate times `factor` after every so many epochs. Source: Szegedy et al. 2015, section 6 (8, 0.96)."""

    every: int
    factor: float = 0.1

    def check(self) -> None:
        """TableError if it never comes, or the rate would grow."""
        if self.every < 1:
            raise TableError(f"recipe: StepDecay: every must be at least 1 epoch: {self.every}")
        _check_factor(self.factor)


@dataclass(frozen=True, kw_only=True)
class Milestones(_Schedule):
    """The rate times `factor` at each share of the whole training, and a tenth of the rate for the first epochs.

    Source: He et al. 2016, section 4.2 (at 32k and 48k of 64k steps; ResNet-110 warms up for about an epoch).
    """

    at: tuple[float, ...] = (0.5, 0.75)
    factor: float = 0.1
    warm_up: int = 0

    def check(self) -> None:
        """TableError if a share lies outside the training."""
        if not all(0 < share < 1 for share in self.at) or self.warm_up < 0:
            raise TableError(
                f"recipe: Milestones: at must be shares between 0 and 1, warm_up not negative:"
                f" {list(self.at)}, {self.warm_up}"
            )
        _check_factor(self.factor)


@dataclass(frozen=True, kw_only=True)
class Plateau(_Schedule):
    """The rate times `factor` whenever the validation accuracy has not risen for `patience` epochs.

    Sources: Krizhevsky et al. 2012, section 5, and He et al. 2016, section 3.4, who did it by hand.
    """

    factor: float = 0.1
    patience: int = 5

    def check(self) -> None:
        """TableError if a number is impossible."""
        if self.patience < 1:
            raise TableError(f"recipe: Plateau: patience must be at least 1 epoch: {self.patience}")
        _check_factor(self.factor)


@dataclass(frozen=True, kw_only=True)
class InverseTime(_Schedule):
    """The rate over (1 + decay * share of the training that is done): `decay` 1 halves it to the end.

    Keras' former `decay=d` is this with decay = d * steps of the training.
    """

    decay: float = 1.0

    def check(self) -> None:
        """TableError if it is negative."""
        if not 0 <= self.decay < inf:
            raise TableError(f"recipe: InverseTime: decay must not be negative: {self.decay}")


def _check_factor(factor: float) -> None:
    if not 0 < factor <= 1:
        raise TableError(f"recipe: factor must be above 0 and at most 1: {factor}")


Optimizer = SGD | AdamW
Schedule = Constant | OneCycle | Cosine | StepDecay | Milestones | Plateau | InverseTime


@dataclass(frozen=True)
class Recipe:
    """A training recipe. The defaults suit small networks on small data sets.

    `loss` is "cross_entropy", or LeCun et al. 1998's equation 8 ("rbf_mse") or 9 ("rbf_map") for an RBF output;
    `rubbish` is equation 9's j, the penalty of its rubbish class, for which the paper gives no value but that it is
    positive.
    `schedule` moves the learning rate, step by step. Weight decay acts on what `decayed` names: "weights" leaves out
    biases and batch normalization, "all" does not. What is None is off: `label_smoothing` shares so much of each
    label among all classes, `gradient_clip` bounds the norm of the gradient, `ema` is the share of the old in an
    exponential mean of the weights, which is then evaluated and saved, `patience` stops the training when the
    validation accuracy has not risen for so many epochs, and keeps the best. `class_weights` "balanced" weighs each
    class inversely to its number of training images.
    """

    optimizer: Optimizer = AdamW()
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    decayed: Literal["weights", "all"] = "weights"
    batch_size: int = 64
    epochs: int = 20
    schedule: Schedule = OneCycle()
    augmentation: tuple[Augmentation, ...] = ()
    loss: Loss = "cross_entropy"
    rubbish: float = 1.0
    label_smoothing: float | None = None
    class_weights: Literal["equal", "balanced"] = "equal"
    gradient_clip: float | None = None
    ema: float | None = None
    patience: int | None = None
    seed: int = 0
    source: str = ""

    def check(self, input: tuple[int, int, int]) -> None:
        """TableError if a number is impossible for a network of this input (channels, height, width)."""
        for field, least in (("epochs", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, field) < least:
                raise TableError(f"recipe: {field} must be at least {least}: {getattr(self, field)}")
        if self.seed >= 2**63:
            raise TableError(f"recipe: seed must be less than 2^63: {self.seed}")
        if not 0 < self.learning_rate < inf:
            raise TableError(f"recipe: learning_rate must be above 0: {self.learning_rate}")
        if not 0 <= self.weight_decay < inf:
            raise TableError(f"recipe: weight_decay must not be negative: {self.weight_decay}")
        if not 0 < self.rubbish < inf:
            raise TableError(f"recipe: rubbish must be above 0: {self.rubbish}")
        self._check_what_is_off()
        self.optimizer.check()
        self.schedule.check()
        for place, part in enumerate(self.augmentation):
            part.check((input[1], input[2]))
            if isinstance(part, CROPS) and place > 0:
                raise TableError(
                    f"recipe: {type(part).__name__} must come first in the augmentation, and only one crop"
                )

    def _check_what_is_off(self) -> None:
        for field in ("label_smoothing", "ema"):
            if (value := getattr(self, field)) is not None and not 0 < value < 1:
                raise TableError(f"recipe: {field} must lie between 0 and 1: {value}")
        if self.gradient_clip is not None and not 0 < self.gradient_clip < inf:
            raise TableError(f"recipe: gradient_clip must be above 0: {self.gradient_clip}")
        if self.patience is not None and self.patience < 1:
            raise TableError(f"recipe: patience must be at least 1 epoch: {self.patience}")
        if self.loss != "cross_entropy" and (self.label_smoothing or self.class_weights != "equal"):
            raise TableError(f"recipe: label_smoothing and class_weights belong to cross_entropy, not to {self.loss}")


FINE_TUNING = Recipe(
    optimizer=SGD(momentum=0.9),
    learning_rate=0.01,
    weight_decay=1e-4,
    batch_size=32,
    epochs=10,
    augmentation=(RandomResizedCrop(area=(0.35, 1.0)), HorizontalFlip()),
    source="Ours, for weights that are trained already",
)
"""For pretrained weights: a low rate, a few epochs, gentler crops."""

SHORT = Recipe(
    optimizer=SGD(momentum=0.9, nesterov=True),
    learning_rate=0.1,
    weight_decay=5e-4,
    batch_size=64,
    epochs=20,
    augmentation=(RandomTranslation(cells=4), HorizontalFlip()),
    source="Ours, one budget for all networks of 32x32. The augmentation is that of He et al. 2016, section 4.2.",
)
"""For networks of 32x32 with batch normalization, to compare them by: papers' own recipes differ, and take longer."""

SHORT_UNNORMALIZED = replace(SHORT, learning_rate=0.05)
"""The same at half the rate, for networks without batch normalization."""
