"""Sphinx settings of the documentation's site."""

from importlib import metadata

project = "Striate"
author = "Striate's authors"
release = metadata.version("striate")
extensions = ["myst_parser"]
html_theme = "furo"
html_title = f"Striate {release}"
templates_path = ["templates"]
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "sidebar/search.html", "versions.html", "sidebar/scroll-start.html"),
        *("sidebar/navigation.html", "sidebar/scroll-end.html"),
    ]
}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "../../src/striate/web/static/icon.svg"
highlight_language = "none"  # blocks without a language are commands and their output
html_show_copyright = False
myst_heading_anchors = 4
html_copy_source = False  # its link would offer the assembled page
