"""The JSON of the API as types: FastAPI makes the OpenAPI document of them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ModelInfo(BaseModel):
    """A model that is served."""

    name: str
    table: str = Field(description="the network, as `striate list` names it")
    source: str = Field(description="where the network is from")
    input: tuple[int, int, int] = Field(description="channels, height, width")
    classes: list[str]
    scores: dict[str, Any] = Field(description="on held-out images, when it was trained")


class Models(BaseModel):
    """All models that are served."""

    models: list[ModelInfo]


class Likely(BaseModel):
    """A class and how likely it is."""

    class_: str = Field(alias="class")
    probability: float = Field(ge=0, le=1)


class Top(BaseModel):
    """What a picture shows, from the likeliest class down."""

    model_config = ConfigDict(extra="forbid")
    top: list[Likely]


class Unreadable(BaseModel):
    """Why one picture of several cannot be read."""

    model_config = ConfigDict(extra="forbid")
    error: str


class Predictions(BaseModel):
    """A prediction for each picture, in order."""

    model: str
    predictions: list[Top | Unreadable]


class Status(BaseModel):
    """Whether the server is alive, or ready."""

    status: str


TOP = {
    "name": "top",
    "in": "query",
    "description": "how many classes to tell, at most all",
    "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
}
NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
_FILE = {"type": "string", "format": "binary"}
IMAGES = {
    "required": True,
    "description": "an image (PNG, JPEG, BMP, GIF, WebP), or several as files of a form, under any names",
    "content": {
        "image/*": {"schema": _FILE},
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"image": {"type": "array", "items": _FILE, "minItems": 1}},
                "required": ["image"],
                "additionalProperties": False,
            }
        },
    },
}
