"""The page that carries everything in itself: models, samples, documents, and code that answers in a server's place."""

from striate.web.page.write import WrittenPage, diagram_html, diagram_widget, write_page, write_site

__all__ = ["WrittenPage", "diagram_html", "diagram_widget", "write_page", "write_site"]
