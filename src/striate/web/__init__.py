"""Models over HTTP: the API of `striate serve`, and the lab; and the lab as a page that needs no server."""

from striate.web.addresses import page_addresses, with_token
from striate.web.app import create_app
from striate.web.classroom.service import ClassSettings
from striate.web.hosts import is_host, is_origin
from striate.web.page import WrittenPage, diagram_html, diagram_widget, write_page, write_site
from striate.web.server import Server, serve
from striate.web.service import Service
from striate.web.settings import LabSettings, Settings

__all__ = [
    "ClassSettings",
    "LabSettings",
    "Server",
    "Service",
    "Settings",
    "WrittenPage",
    "create_app",
    "diagram_html",
    "diagram_widget",
    "is_host",
    "is_origin",
    "page_addresses",
    "serve",
    "with_token",
    "write_page",
    "write_site",
]
