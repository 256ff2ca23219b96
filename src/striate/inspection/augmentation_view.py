"""The picture and the words of augmentation: a picture as training would vary it, with the answers."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from torch import Tensor

from striate.inspection.augmentation import AugmentedPictures
from striate.inspection.image_grid import caption, new_image_grid, shorten
from striate.inspection.plotting import show_picture
from striate.inspection.view import View

_COLUMNS = 9
_TITLE = "Augmentation: the picture as training varies it"


def augmentation_view(made: AugmentedPictures, answers: Tensor, unchanged: int, classes: Sequence[str]) -> View:
    """The draws of a picture; `answers` are the classes of each (N,), `unchanged` that of the picture itself."""
    same, draws = int((answers == unchanged).sum()), len(answers)
    kinds = ", ".join(dict.fromkeys(step.kind for steps in made.steps for step in steps))
    paragraphs = (
        f"The recipe of this table varies pictures by {kinds}. {same} of {draws} draws get the same answer as the"
        f" unchanged picture: “{classes[unchanged]}”.",
    )
    numbers = {"steps": kinds.split(", "), "draws": draws, "class": classes[unchanged], "same": same}
    figure = augmentation_figure(made, [classes[index] for index in (unchanged, *answers.tolist())])
    return View("augmentation", _TITLE, paragraphs, figure, numbers)


def augmentation_figure(made: AugmentedPictures, answers: Sequence[str]) -> Figure:
    """The unchanged picture and the draws, each with the network's answer."""
    pictures = [made.unchanged_CHW, *made.pictures_NCHW]
    figure, axes = new_image_grid(-(-len(pictures) // _COLUMNS), _COLUMNS, _TITLE)
    for place, (picture, answer) in enumerate(zip(pictures, answers, strict=True)):
        axis = axes.flat[place]
        show_picture(axis, picture.numpy())
        caption(axis, shorten(answer) if place else f"unchanged\n{shorten(answer)}")
    return figure
