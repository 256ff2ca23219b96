"""What a model says of one image; in a notebook it shows itself: the image, and its classes with bars."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from striate.data import encode_png
from striate.markup import escape_html, html_picture

_PICTURE = "width: 8rem; image-rendering: pixelated"
_BAR = "height: 0.7rem; background: currentColor; opacity: 0.6"  # of the text's colour, which its ground suits
_WIDEST = 12  # rem


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image: (class, probability) from the likeliest down; or why the image cannot be read.

    `name` is the image's path, or its number among the images ("image 3") where it has none; `path` is None then.
    `note` is what is to be said of an image that can be read: that it is blank, how its values are understood.
    `none_of_these` is whether it is less like the training data than the model's threshold allows; None of a model
    without a threshold. `set` are the classes, likeliest first, that hold the true one at the coverage that was asked
    for.
    `input_CHW`, uint8, is the image as the network takes it; of many images it is not kept.
    """

    name: str
    path: Path | None = None
    top: tuple[tuple[str, float], ...] = ()
    error: str | None = None
    note: str = ""
    none_of_these: bool | None = None
    set: tuple[str, ...] | None = None
    input_CHW: Tensor | None = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str:
        if self.error is not None:
            return f"<p>{escape_html(self.error)}</p>"
        name = self.path.name if self.path else self.name
        said = [words for words in (self.note, "none of these" if self.none_of_these else "") if words]
        words = f"{name}: {'; '.join(said)}" if said else name
        rows = [_row(name, share) for name, share in self.top]
        if self.input_CHW is not None and rows:
            picture = html_picture(encode_png(self.input_CHW.permute(1, 2, 0).numpy()), name, _PICTURE)
            rows[0] = f'<td rowspan="{len(rows)}">{picture}</td>{rows[0]}'
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        return f"<table><caption>{escape_html(words)}</caption><tbody>{body}</tbody></table>"


def _row(name: str, share: float) -> str:
    bar = f'<div style="{_BAR}; width: {_WIDEST * share:.2f}rem"></div>'
    return f'<td>{escape_html(name)}</td><td>{share:.1%}</td><td style="min-width: {_WIDEST}rem">{bar}</td>'
