"""A picture put under the lab's lens, as a person does: opened in Draw, then another view is chosen."""

_LOOKED_AT = """async (name) => {
  const { state, watch } = await import("/static/lib/state.js");
  if (state.picture?.name === name) return;
  await new Promise((done) => { const end = watch(() => state.picture?.name === name && (end(), done())); });
}"""

_PIXELS = """(canvas) => {
  const { height, width } = canvas;
  const context = Object.assign(document.createElement("canvas"), { height, width }).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  return [height, width, [...context.getImageData(0, 0, width, height).data]];
}"""


def open_picture(page, address, body, view, *, name="picture.png"):
    """Open these bytes of a PNG in Draw, wait until they are looked at, and go to a view."""
    page.goto(f"{address}/#draw")
    page.reload()  # a view that is only shown again would be replaced while the file is opened
    page.locator("#view:not([data-behind]) .bars .name").first.wait_for()
    page.locator("#photo").set_input_files({"name": name, "mimeType": "image/png", "buffer": body})
    page.evaluate(_LOOKED_AT, name)
    page.locator(f"#views a[href='#{view}']").click()


def pixels(locator):
    """What a canvas shows: its size, and its RGBA in rows, as a list of numbers."""
    return locator.evaluate(_PIXELS)


def overflows(page):
    """Whether the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")
