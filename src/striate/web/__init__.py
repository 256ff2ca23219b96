"""Models over HTTP: the API of `striate serve`, and the lab."""

from striate.web.lab.settings import LabSettings
from striate.web.server import serve
from striate.web.service import Service
from striate.web.settings import Settings

__all__ = [
    "LabSettings",
    "Service",
    "Settings",
    "serve",
]
