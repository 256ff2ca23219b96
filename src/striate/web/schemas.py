"""The JSON of the API as types: FastAPI makes the OpenAPI document of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ModelInfo(BaseModel):
    """A model that is served."""

    name: str
    table: str = Field(description="the network, as `striate list` names it")
    source: str = Field(description="where the network is from")
    input: list[int] = Field(description="channels, height, width", min_length=3, max_length=3)
    classes: list[str]
    scores: dict[str, Any] = Field(description="on validation images, when it was trained")


class Models(BaseModel):
    """All models that are served."""

    models: list[ModelInfo]


class ClassProbability(BaseModel):
    """A class and its probability."""

    class_: str = Field(alias="class")
    probability: float = Field(ge=0, le=1)


class TopClasses(BaseModel):
    """The most probable classes of a picture, the most probable first."""

    model_config = ConfigDict(extra="forbid")
    top: list[ClassProbability]
    note: str = Field(
        default="", description="that there is nothing in the picture, or how its values are understood; else missing"
    )
    none_of_these: bool | None = Field(
        default=None,
        description="whether the picture is less like the training data than nearly all of it; of a model without a"
        " threshold missing",
    )


class UnreadableImage(BaseModel):
    """Why one picture of several cannot be read."""

    model_config = ConfigDict(extra="forbid")
    error: str


class Predictions(BaseModel):
    """A prediction for each picture, in order."""

    model: str
    predictions: list[TopClasses | UnreadableImage]


class Status(BaseModel):
    """Whether the server is alive, or ready."""

    status: str


_TOP = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5}
TOP = {
    "name": "top",
    "in": "query",
    "description": "how many classes to return, at most all",
    "schema": _TOP,
}


def name_parameter(models: Iterable[str]) -> dict[str, Any]:
    """The parameter that names one of these models."""
    return {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": list(models)}}


_FILE = {"type": "string", "format": "binary"}


def image_body(limit: int) -> dict[str, Any]:
    """The body of a request: an image, or a form with so many at most."""
    form = {
        "type": "object",
        "properties": {
            "image": {"type": "array", "items": _FILE, "minItems": 1, "maxItems": limit},
            "top": {**_TOP, "description": "as in the query, which takes precedence"},
        },
        "required": ["image"],
        "additionalProperties": False,
    }
    return {
        "required": True,
        "description": "an image (PNG, JPEG, BMP, GIF, WebP, TIFF, AVIF), or several as parts of a form, called image",
        "content": {
            "image/*": {"schema": _FILE},
            "application/octet-stream": {"schema": _FILE},
            "multipart/form-data": {"schema": form, "encoding": {"image": {"contentType": "image/*"}}},
        },
    }
