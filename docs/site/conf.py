"""Sphinx settings of the documentation's site."""

from importlib import metadata

project = "Striate"
author = "Striate's authors"
release = metadata.version("striate")
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"Striate {release}"
html_static_path: list[str] = []
html_show_copyright = False
myst_heading_anchors = 4
html_copy_source = False  # its link would offer the assembled page
