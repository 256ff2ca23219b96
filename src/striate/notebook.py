"""A network's diagram in a notebook, alive with a picture: the page's own code in a cell (the extra `notebooks`)."""

from __future__ import annotations

from pathlib import Path

from striate.data import ImageSource, decode_input, encode_png, ignore_metadata_warnings
from striate.errors import StriateError
from striate.inference import Predictor
from striate.models import samples_of
from striate.tables import Table
from striate.web import diagram_html, diagram_widget

try:
    import anywidget
    import traitlets
except ModuleNotFoundError:
    raise StriateError("a diagram in a notebook needs an extra: pip install 'striate[notebooks]'") from None

__all__ = ["NetworkDiagram"]


class NetworkDiagram(anywidget.AnyWidget):
    """The diagram of a trained network as a widget, from a picture through the maps to the classes.

    It works without a server and without this process: the weights are in it, and the browser computes. Pointing at a
    cell shows what it reads and what it feeds; a click opens its sum, and sets `row`, the path of the row, and `unit`:
    [map, row, column], or [number] of a unit without a place. They are "" and [] while no sum is open.

    Args:
        model: a `Predictor`, or what `striate.load` takes.
        picture: what `Predictor.predict` takes as an image; by default the first sample that ships for the model's
            classes, and where none does, no picture yet.

    Raises:
        ModelError: there is no such model, or it cannot predict.
        DataError: the picture cannot be read.

    >>> diagram = NetworkDiagram("lenet5")
    >>> diagram.row, diagram.unit
    ('', [])
    """

    row = traitlets.Unicode().tag(sync=True)
    unit = traitlets.List(traitlets.Int()).tag(sync=True)
    _page = traitlets.Unicode().tag(sync=True)
    _picture = traitlets.Bytes().tag(sync=True)
    _esm = diagram_widget()
    _css = ".striate-diagram { display: block; width: 100%; height: 600px; border: 0; }"

    def __init__(self, model: Predictor | Path | str, picture: ImageSource | None = None) -> None:
        predictor = model if isinstance(model, Predictor) else Predictor.load(model)
        super().__init__(_page=diagram_html(predictor.table.name, predictor))
        self._table = predictor.table
        samples = samples_of(predictor.classes)
        if picture is None and samples:
            picture = samples[0].path
        self.picture = picture

    @property
    def picture(self) -> ImageSource | None:
        """The picture that the network answers; another one can be set. DataError if it cannot be read."""
        return self._source

    @picture.setter
    def picture(self, picture: ImageSource | None) -> None:
        """Show another picture, or none."""
        self._picture = b"" if picture is None else _png(picture, self._table)
        self._source = picture


def _png(picture: ImageSource, table: Table) -> bytes:
    """A picture as every browser reads it, no larger than the table needs."""
    with ignore_metadata_warnings():
        pixels_CHW, _ = decode_input(picture, table)
    return encode_png(pixels_CHW.permute(1, 2, 0).numpy())
