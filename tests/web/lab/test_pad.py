"""What draws on the pad and what does not, what the network says of nonsense, old answers, the camera."""

import pytest
from browser import CAMERA, visit
from playwright.sync_api import expect
from serving import serving


def settled(page):
    expect(page.locator("#view.view-draw:not([data-behind]) .bars li").first).to_be_visible()


def strokes(page):
    """The number of strokes on the pad, and their ends: on the link that the page makes of them."""
    return page.evaluate(
        """async () => {
            const { state } = await import(new URL("static/lib/state.js", location.href).href);
            return state.strokes.map((stroke) => [stroke[0], stroke[stroke.length - 1]]);
        }"""
    )


class Touch:
    """Fingers on the pad, as the browser's own input has them; places are shares of the pad."""

    def __init__(self, page):
        self._box = page.locator("canvas.pad").bounding_box()
        self._session = page.context.new_cdp_session(page)

    def __call__(self, kind, *fingers):
        points = [{"id": number, **self._place(x, y)} for number, x, y in fingers]
        self._session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    def pen(self, kind, x, y):
        self._session.send(
            "Input.dispatchMouseEvent",
            {"type": kind, "pointerType": "pen", "button": "left", "buttons": 1, "clickCount": 1, **self._place(x, y)},
        )

    def _place(self, x, y):
        return {"x": self._box["x"] + x * self._box["width"], "y": self._box["y"] + y * self._box["height"]}


@pytest.fixture
def page(chromium, lab):
    with visit(chromium, f"{lab.address}/", size="tablet") as opened:
        settled(opened)
        opened.locator("#clear").click()
        expect(opened.locator(".prediction")).to_have_text("Draw something.")
        yield opened


def test_a_second_finger_does_not_draw(page):
    touch = Touch(page)
    touch("Start", (1, 0.2, 0.2))
    touch("Move", (1, 0.3, 0.3))
    touch("Start", (1, 0.3, 0.3), (2, 0.8, 0.2))
    touch("Move", (1, 0.4, 0.4), (2, 0.8, 0.8))
    touch("End")
    settled(page)
    ((begin, end),) = strokes(page)
    assert begin == pytest.approx([0.2, 0.2], abs=0.01) and end == pytest.approx([0.4, 0.4], abs=0.01)


def test_a_palm_is_no_pen(page):
    touch = Touch(page)
    touch("Start", (1, 0.9, 0.9))  # the hand comes down first
    touch.pen("mousePressed", 0.3, 0.2)
    touch("Move", (1, 0.8, 0.9))
    touch.pen("mouseMoved", 0.3, 0.6)
    touch.pen("mouseReleased", 0.3, 0.6)
    touch("End")
    touch("Start", (1, 0.9, 0.8))  # and lies there still after the stroke
    touch("Move", (1, 0.7, 0.8))
    touch("End")
    settled(page)
    ((begin, end),) = strokes(page)
    assert begin == pytest.approx([0.3, 0.2], abs=0.01) and end == pytest.approx([0.3, 0.6], abs=0.01)


def test_nonsense_has_a_likeliest_class_and_the_page_says_why(page):
    for name in ("Scribble", "Dot", "ㄱ"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator(".nonsense")).to_contain_text("“none of these” is not among them")
    page.get_by_role("button", name="Draw a 4").click()
    expect(page.locator(".nonsense")).to_have_text("")


@pytest.mark.parametrize(
    "look, words",
    [
        ({"size": "wide"}, "None of these: less like the training data than 99% of it. Nearest: "),
        (
            {"size": "narrow", "locale": "ko"},
            "여기에 없는 것: 학습 데이터의 99%보다 학습 데이터와 덜 비슷합니다. 가장 가까운 답: ",
        ),
    ],
    ids=["wide", "narrow, Korean"],
)
def test_a_picture_of_none_of_the_classes_is_told_from_a_digit(chromium, lab, look, words):
    with visit(chromium, f"{lab.address}/#draw?model=lenet5&picture=nonsense:scribble", **look) as page:
        expect(page.locator(".prediction")).to_contain_text(words)
        page.locator(".samples button").nth(4).click()
        expect(page.locator(".prediction")).not_to_contain_text(words)


def test_old_answers_are_gray_until_the_server_is_back(chromium, lab):
    with visit(chromium, f"{lab.address}/", size="narrow", allowed=("ERR_FAILED",)) as page:
        settled(page)
        page.route("**/lab/**", lambda route: route.abort())
        page.route("**/healthz", lambda route: route.abort())
        page.get_by_role("button", name="Draw a 4").click()
        expect(page.locator("html[data-stale]")).to_be_attached()
        gray = page.locator(".prediction").evaluate("p => getComputedStyle(p).filter")
        assert gray == "grayscale(1)"
        page.wait_for_timeout(9000)
        expect(page.locator("#notice")).to_contain_text("what is shown is old")  # it stays until then
        page.unroute("**/lab/**")
        page.unroute("**/healthz")
        expect(page.locator("html[data-stale]")).to_have_count(0)
        expect(page.locator(".prediction")).to_contain_text("4,")
        expect(page.locator("#notice")).to_have_text("")


def test_the_camera_takes_a_picture(chromium, lab):
    with visit(chromium, f"{lab.address}/", init=CAMERA) as page:
        settled(page)
        page.locator("#camera").click()
        expect(page.get_by_role("dialog").locator("video")).to_be_visible()
        with page.expect_response(lambda response: "/lab/layers" in response.url):
            page.get_by_role("button", name="Take", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.wait_for_function("() => location.hash.includes('picture=own:')")
        assert page.evaluate("window.tracks.every(track => track.readyState === 'ended')")  # its light goes out


def test_without_a_secure_context_there_is_no_camera_on_a_computer(chromium, predictor):
    away = "delete Navigator.prototype.mediaDevices;"
    with (
        serving({"lenet5": predictor}) as server,
        visit(chromium, f"http://127.0.0.1:{server.port}/", init=away) as page,
    ):
        settled(page)
        assert page.locator("#camera").count() == 0
