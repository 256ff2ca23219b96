"""Models over HTTP: the API of `striate serve`, and the lab."""

from striate.web.app import create_app
from striate.web.hosts import is_host, is_origin
from striate.web.server import Server, serve
from striate.web.service import Service
from striate.web.settings import LabSettings, Settings

__all__ = [
    "LabSettings",
    "Server",
    "Service",
    "Settings",
    "create_app",
    "is_host",
    "is_origin",
    "serve",
]
