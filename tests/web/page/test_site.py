"""A page that is a folder: a web server hands it out, the browser keeps it, and opens it when the server is gone."""

import contextlib
import functools
import json
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from browser import visit
from playwright.sync_api import expect


class Quiet(SimpleHTTPRequestHandler):
    """Files of a folder, without a log."""

    def log_message(self, *_):
        """Say nothing."""


@contextlib.contextmanager
def handed_out(folder, port=0):
    """The address of a web server over a folder, as long as it runs."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


KEPT = """navigator.serviceWorker.ready.then(async () => {
    const [name] = await caches.keys();
    return (await (await caches.open(name)).keys()).length;
})"""


def test_the_page_opens_without_its_server(chromium, site):
    folder = site.path.parent
    context = contextlib.ExitStack()
    with handed_out(folder) as address:
        page = context.enter_context(visit(chromium, address))
        expect(page.locator(".bars .name").first).to_be_visible()
        files = sum(path.is_file() for path in folder.rglob("*")) - 1  # all but the service worker itself
        assert page.evaluate(KEPT) == files + 1  # and the folder
    with context:
        page.reload()
        expect(page.locator(".bars .name").first).to_be_visible()
        page.locator("#model").select_option("resnet20")  # which was not opened before
        expect(page.locator("#view.view-draw:not([data-behind]) .bars .name").first).to_have_text("cat")
        expect(page.locator("#proof button")).to_have_text("✓ As torch computes it")


def test_a_link_of_what_is_seen(chromium, site):
    with handed_out(site.path.parent) as address, visit(chromium, address) as page:
        expect(page.locator(".bars .name").first).to_be_visible()
        page.locator("#share").click()
        expect(page.get_by_role("dialog").locator("textarea")).to_have_value(
            f"{address}#draw?lang=en&model=lenet5&picture=digit:3"
        )


def test_the_manifest_is_one_that_browsers_install(chromium, site):
    folder = site.path.parent
    manifest = json.loads((folder / "manifest.webmanifest").read_text(encoding="utf-8"))
    assert manifest["display"] == "standalone"
    assert all((folder / icon["src"]).is_file() for icon in manifest["icons"])
    with handed_out(folder) as address, visit(chromium, address) as page:
        expect(page.locator(".bars .name").first).to_be_visible()
        found = page.context.new_cdp_session(page).send("Page.getAppManifest")
        assert found["errors"] == []


def test_a_changed_part_is_noticed(chromium, site, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(site.path.parent, folder)
    part = folder / "parts" / "model-0.txt"
    text = part.read_text(encoding="utf-8")
    part.write_text(text[:-9] + ("A" if text[-9] != "A" else "B") + text[-8:], encoding="utf-8")
    with handed_out(folder) as address, visit(chromium, address, allowed=("damaged",)) as page:
        expect(page.locator("#damaged")).to_be_visible()
