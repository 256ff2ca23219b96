"""Photos of cameras and phones in the page: sent small, and answered as the server answers the file itself."""

import base64
import contextlib
import io

import numpy as np
import pytest
from browser import visit
from handwriting import digit
from image_files import encode
from PIL import Image
from playwright.sync_api import expect
from serving import serving

from striate.inference import Predictor
from striate.models import load_samples
from striate.nn import Model, build
from striate.tables import load_table

MEAN, PROBABILITY = 1.0, 0.02
"""What the picture that the page sends may change: gray levels of the network's input in the mean, and a sure answer."""
SENT = 500_000  # bytes of a photo, at most: ten steps of a slider are 5 MB
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def photo(width=4000, height=3000, name="dog.jpg", **options):
    """A sample as a camera would have taken it, with grain."""
    (path,) = (sample.path for sample in load_samples("photos") if sample.path.name == name)
    image = Image.open(path).convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).normal(0, 6, (height // 4, width // 4, 1)).repeat(4, 0).repeat(4, 1)
    pixels = np.asarray(image).astype(np.float32)
    pixels[: grain.shape[0], : grain.shape[1]] += grain
    return encode(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)), "JPEG", quality=92, **options)


def page_of_paper(width=4000, height=3000, number=5, kind="JPEG", **options):
    """A digit on a sheet of paper, photographed."""
    paper = digit(number, size=(800, 600), height=240, middle=(420, 290), pen=14, falloff=60, noise=3)
    return encode(paper.convert("RGB").resize((width, height), Image.Resampling.BICUBIC), kind, **options)


def turned(orientation, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return page_of_paper(2400, 1800, exif=exif, **options)


def transparent(size):
    image = digit(4, size=size, height=size[1] * 3 // 4, middle=(size[0] // 2, size[1] // 2), pen=size[0] // 16)
    ink = Image.new("RGBA", size, (20, 20, 90, 0))
    ink.putalpha(Image.eval(image, lambda value: 235 - value if value < 235 else 0))
    return encode(ink, "PNG")


def twelve_bits(size):
    """A scan whose white is 4095."""
    values = np.asarray(digit(3, size=size, height=size[1] * 3 // 4, middle=(size[0] // 2, size[1] // 2), pen=16))
    return encode(Image.fromarray(values.astype(np.uint16) * 16), "PNG")


FILES = {
    "12 million pixels": ("lenet5", page_of_paper),
    "12 million pixels in colour": ("resnet20", photo),
    "a portrait": ("resnet20", lambda: photo(1500, 2600)),
    "a panorama": ("resnet20", lambda: photo(6000, 900)),
    **{f"turned, {number}": ("lenet5", lambda number=number: turned(number)) for number in range(2, 9)},
    "transparent": ("lenet5", lambda: transparent((1200, 1000))),
    "transparent, small": ("lenet5", lambda: transparent((120, 100))),
    "12 bits of 16": ("lenet5", lambda: twelve_bits((1200, 1000))),
    "small": ("resnet20", lambda: photo(300, 200)),
    "a large PNG": ("lenet5", lambda: page_of_paper(2000, 1500, kind="PNG")),
    "WebP": ("resnet20", lambda: encode(Image.open(io.BytesIO(photo(1600, 1200))), "WEBP", quality=90)),
    "AVIF": ("resnet20", lambda: encode(Image.open(io.BytesIO(photo(800, 600))), "AVIF", quality=90)),
    "inks (CMYK)": ("resnet20", lambda: encode(Image.open(io.BytesIO(photo(1000, 800))).convert("CMYK"), "JPEG")),
}


@pytest.fixture(scope="module")
def server():
    untrained = Predictor(Model(build(load_table("resnet20"), seed=0).eval(), CLASSES, {}, {}))
    with serving({"lenet5": Predictor.load("lenet5"), "resnet20": untrained}) as client:
        yield client


@pytest.fixture(scope="module")
def pages(chromium, server):
    """A page for each model, at rest."""
    with contextlib.ExitStack() as stack:
        opened = {}
        for model in ("lenet5", "resnet20"):
            page = stack.enter_context(visit(chromium, f"http://127.0.0.1:{server.port}/#draw?model={model}"))
            expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
            opened[model] = page
        yield opened


HEIC = {
    "en-US": "이고양이.heic: this browser cannot read HEIC; save the photo as JPEG, or open this page in Safari",
    "ko": "이고양이.heic: 이 브라우저는 HEIC 파일을 읽지 못합니다. JPEG로 저장하거나 Safari에서 여세요",
}


def open_file(page, content, name="photo"):
    """Open a file; returns the bytes that the page sends for it, and the answer."""
    with page.expect_response(lambda response: "/lab/layers" in response.url) as response:
        page.locator("#photo").set_input_files({"name": name, "mimeType": media_type(content), "buffer": content})
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
    return int(response.value.request.header_value("content-length")), response.value.json()


def media_type(content):
    if content[4:12] == b"ftypavif":
        return "image/avif"
    return Image.open(io.BytesIO(content)).get_format_mimetype()


@pytest.mark.parametrize("model, make", FILES.values(), ids=list(FILES))
def test_a_photo_is_answered_as_its_file(pages, server, model, make):
    content = make()
    sent, answer = open_file(pages[model], content)
    told = server.ask(f"/lab/layers?model={model}&maps=16", content, media_type(content)).json
    shown, expected = (
        np.frombuffer(base64.b64decode(one["input"]["pixels"]), np.uint8).astype(int) for one in (answer, told)
    )
    shares = [{one["index"]: one["probability"] for one in each["top"]} for each in (answer, told)]
    apart = max(abs(shares[0][index] - shares[1][index]) for index in shares[1])
    assert np.abs(shown - expected).mean() <= MEAN
    assert apart <= PROBABILITY or max(shares[1].values()) < 0.99
    assert answer.get("note") == told.get("note")
    assert sent <= SENT


def test_a_photo_of_108_million_pixels_is_sent_small_and_answered(pages):
    sent, answer = open_file(pages["lenet5"], page_of_paper(12_000, 9_000))
    assert sent <= SENT  # the server itself refuses the file
    assert answer["top"][0]["class"] == "5"


@pytest.mark.parametrize("locale", HEIC)
def test_a_heic_that_the_browser_cannot_read_is_said(chromium, server, locale):
    with visit(chromium, f"http://127.0.0.1:{server.port}/", locale=locale, size="narrow") as page:
        expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
        before = page.locator("canvas.pad").evaluate("c => c.toDataURL()")
        content = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(1000)
        page.locator("#photo").set_input_files({"name": "이고양이.heic", "mimeType": "image/heic", "buffer": content})
        expect(page.locator("#notice")).to_have_text(HEIC[locale])
        assert page.locator("canvas.pad").evaluate("c => c.toDataURL()") == before


def test_a_file_that_is_read_when_another_view_is_shown_is_not_lost(chromium, server):
    address = f"http://127.0.0.1:{server.port}/"
    late = "const read = createImageBitmap; window.createImageBitmap = (...what) => what[0] instanceof File"
    late += " ? new Promise((done) => (window.go = () => done(read(...what)))) : read(...what);"
    with visit(chromium, address, init=late) as page:
        expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()
        content = page_of_paper(400, 300, number=7)
        for view, field in {"layers": "#layers-row", "stress": "#stress-rotation"}.items():
            page.goto(f"{address}#draw")
            page.get_by_role("button", name="Draw a 3").click()
            page.locator("#photo").set_input_files({"name": "late.jpg", "mimeType": "image/jpeg", "buffer": content})
            page.wait_for_function("() => Boolean(window.go)")
            page.goto(f"{address}#{view}")
            expect(page.locator(field)).to_be_visible()
            expect(page.locator("[data-behind], [aria-busy=true]")).to_have_count(0)
            with page.expect_request(lambda request: request.method == "POST"):
                page.evaluate("() => { window.go(); delete window.go; }")  # the view looks at the file
            page.goto(f"{address}#draw")
            expect(page.locator(".prediction")).to_contain_text("7,")
