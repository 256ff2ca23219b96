"""A class by drawn sequences of what devices and a teacher do, opened again in between, against a plain model of it."""

import io
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from PIL import Image

from striate.errors import ClassroomError, DrawingNotFoundError, RequestError
from striate.web.classroom.limits import ClassLimits, RateLimiter
from striate.web.classroom.names import LONGEST, clean_name
from striate.web.classroom.pictures import SIDE, clean_drawing
from striate.web.classroom.store import STATE_FOLDER, Classroom, majority

LABELS = ("0", "1", "T-shirt/top")
FOLDERS = ("0", "1", "T-shirt-top")
LIMITS = ClassLimits(devices=6, address_devices=4, many_addresses=3, few_devices=2, drawings=9, device_drawings=4, address_drawings=6)  # fmt: skip
PLACES = st.sampled_from(["192.168.0.1", "192.168.0.2", "192.168.0.3", "fe80::/64"])
LABEL = st.none() | st.integers(0, 2)


def class_in(folder, clock=lambda: 0.0):
    return Classroom(folder, "7B", LABELS, LIMITS, clock)


def files_in(folder):
    """(label, id) of each picture that a training would read."""
    return {(path.parent.name, path.stem) for path in folder.glob("*/*.png") if path.parent.name != STATE_FOLDER}


class Classes(RuleBasedStateMachine):
    """What a device holds is its token: it is all that later requests have."""

    tokens = Bundle("tokens")
    drawings = Bundle("drawings")
    gone = Bundle("gone")

    @initialize()
    def begin(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "class"
        self.store = class_in(self.folder)
        self.key = self.store.key
        self.joined, self.drawn, self.votes = {}, {}, {}
        self.asked, self.open = None, True
        self.shown, self.version = {}, ""

    @rule(target=tokens, name=st.text(max_size=30), place=PLACES)
    def join(self, name, place):
        places = Counter(self.joined[token][1] for token in self.joined)
        most = LIMITS.few_devices if len(places) >= LIMITS.many_addresses else LIMITS.address_devices
        if len(self.joined) == LIMITS.devices or places[place] >= most:
            with pytest.raises(ClassroomError, match="joined"):
                self.store.join(name, place)
            return multiple()
        token = self.store.join(name, place)
        self.joined[token] = (clean_name(name), place)
        return token

    @rule(target=drawings, token=tokens, label=LABEL)
    def draw(self, token, label):
        device = self.store.device(token)
        own = [one for one in self.drawn.values() if one["token"] == token]
        place = self.joined[token][1]
        here = [one for one in self.drawn.values() if self.joined[one["token"]][1] == place]
        full = len(self.drawn) == LIMITS.drawings or len(own) == LIMITS.device_drawings
        if full or not self.open or len(here) == LIMITS.address_drawings:
            with pytest.raises(ClassroomError):
                self.store.draw(device, b"png", [(1, 0.5)], label)
            return multiple()
        content = f"picture {len(self.drawn)}".encode()
        drawing = self.store.draw(device, content, [(1, 0.5)], label)
        self.drawn[drawing] = {"token": token, "png": content}
        self.votes[drawing] = {} if label is None else {token: label}
        return drawing

    @rule(token=tokens, drawing=drawings, label=LABEL)
    def vote(self, token, drawing, label):
        device = self.store.device(token)
        if drawing not in self.drawn:
            with pytest.raises(DrawingNotFoundError):
                self.store.vote(device, drawing, label)
            return
        self.store.vote(device, drawing, label)
        self.votes[drawing][token] = label

    @rule(token=tokens, drawing=drawings)
    def remove_as_device(self, token, drawing):
        device = self.store.device(token)
        if drawing not in self.drawn or self.drawn[drawing]["token"] != token:
            with pytest.raises(DrawingNotFoundError):
                self.store.remove(drawing, device)
            return
        self.store.remove(drawing, device)
        self.forget(drawing)

    @rule(drawing=consumes(drawings))
    def remove_as_teacher(self, drawing):
        if drawing in self.drawn:
            self.store.remove(drawing)
            self.forget(drawing)

    def forget(self, drawing):
        del self.drawn[drawing], self.votes[drawing]

    @rule(token=tokens, name=st.text(max_size=30))
    def rename(self, token, name):
        self.store.rename(self.store.device(token), name)
        self.joined[token] = (clean_name(name), self.joined[token][1])

    @rule(label=LABEL, is_open=st.booleans())
    def set(self, label, is_open):
        self.store.ask(label)
        self.store.set_open(is_open)
        self.asked, self.open = label, is_open

    @rule(token=st.text(max_size=40))
    def guess_a_token(self, token):
        assert token in self.joined or self.store.device(token) is None

    @rule(token=tokens, label=st.sampled_from([-1, 3, 10**9]), drawing=st.text(max_size=20))
    def ask_for_what_is_not_there(self, token, label, drawing):
        device = self.store.device(token)
        for change in (lambda: self.store.draw(device, b"", [(0, 1.0)], label), lambda: self.store.ask(label)):
            with pytest.raises((RequestError, ClassroomError)):
                change()
        if drawing not in self.drawn:
            for change in (self.store.remove, self.store.picture, lambda it: self.store.vote(device, it, 0)):
                with pytest.raises(DrawingNotFoundError):
                    change(drawing)

    @rule()
    def open_again(self):
        self.store.close()
        self.store = class_in(self.folder)

    @rule()
    def poll(self):
        """A projector that knows what it was told."""
        board = self.store.board(self.version)
        if board["reset"]:
            self.shown = {}
        self.shown.update({one["id"]: one for one in board["drawings"]})
        for drawing in board["removed"]:
            self.shown.pop(drawing, None)
        self.version = board["version"]
        assert list(self.shown.values()) == self.store.board()["drawings"]

    def label(self, drawing):
        votes = Counter(label for label in self.votes[drawing].values() if label is not None)
        return majority(votes, self.votes[drawing].get(self.drawn[drawing]["token"]))

    @invariant()
    def all_is_kept(self):
        if not hasattr(self, "store"):
            return
        board = self.store.board()
        assert (board["asked"], board["open"], self.store.key) == (self.asked, self.open, self.key)
        assert [one["id"] for one in board["drawings"]] == list(self.drawn)
        for one in board["drawings"]:
            drawing = one["id"]
            votes = Counter("none" if label is None else str(label) for label in self.votes[drawing].values())
            assert one["votes"] == votes and one["label"] == self.label(drawing)
            assert one["name"] == self.joined[self.drawn[drawing]["token"]][0]
            assert self.store.picture(drawing) == self.drawn[drawing]["png"]
        labels = {drawing: self.label(drawing) for drawing in self.drawn}
        assert files_in(self.folder) == {(FOLDERS[label], one) for one, label in labels.items() if label is not None}
        for token in self.joined:
            desk = self.store.desk(self.store.device(token))
            assert {one["id"] for one in desk["own"]} == {o for o in self.drawn if self.drawn[o]["token"] == token}
            left = {o for o in self.drawn if self.drawn[o]["token"] != token and token not in self.votes[o]}
            assert desk["waiting"] == len(left) and (desk["next"] in left if left else desk["next"] is None)

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.temporary.cleanup()


TestClasses = Classes.TestCase
TestClasses.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_a_class_is_open_once_and_its_figures_stay(tmp_path):
    store = class_in(tmp_path)
    with pytest.raises(ClassroomError, match="another server has this class open"):
        class_in(tmp_path)
    store.close()
    with pytest.raises(ClassroomError, match="this class draws 0, 1, T-shirt/top; the network's classes are a, b"):
        Classroom(tmp_path, "7B", ("a", "b"))
    (tmp_path / STATE_FOLDER / "class.sqlite").write_bytes(b"no database " * 99)
    with pytest.raises(ClassroomError, match="the class cannot be read"):
        class_in(tmp_path)


def test_the_folder_is_mended_when_a_server_ended_between_database_and_files(tmp_path):
    store = class_in(tmp_path)
    device = store.device(store.join("", "192.168.0.1"))
    drawing = store.draw(device, b"png", [(1, 0.5)], 1)
    store.close()
    (tmp_path / "1" / f"{drawing}.png").unlink()
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / f"{drawing}.png").write_bytes(b"old")
    (tmp_path / "0" / "mine.png").write_bytes(b"of somebody else")
    class_in(tmp_path).close()
    assert files_in(tmp_path) == {("1", drawing), ("0", "mine")}
    assert (tmp_path / "1" / f"{drawing}.png").read_bytes() == b"png"


def test_nothing_in_the_files_makes_one_somebody_else(tmp_path):
    store = class_in(tmp_path)
    token = store.join("Mina", "192.168.0.77")
    store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / STATE_FOLDER).iterdir())
    assert token.encode() not in kept and b"192.168.0.77" not in kept and b"Mina" in kept


def test_a_page_that_was_away_for_long_is_told_all(tmp_path):
    store = class_in(tmp_path)
    device = store.device(store.join("", "192.168.0.1"))
    kept = store.draw(device, b"png", [(1, 0.5)], 1)
    version = store.board()["version"]
    for _ in range(600):
        store.remove(store.draw(device, b"png", [(1, 0.5)], None))
    board = store.board(version)
    assert board["reset"] and [one["id"] for one in board["drawings"]] == [kept]
    for unknown in ("", "0.1", "x", version + "9" * 30, "\udcff"):
        assert store.board(unknown)["reset"]
    assert store._count("removed") <= 501  # bounded, whatever a device does
    store.close()


def test_devices_are_there_as_long_as_they_ask_and_idle_ones_leave_their_place(tmp_path):
    now = [1000.0]
    store = class_in(tmp_path, lambda: now[0])
    tokens = [store.join("", f"10.0.0.{number // 2}") for number in range(6)]
    assert store.devices() == 6
    store.draw(store.device(tokens[0]), b"png", [(1, 0.5)], 1)
    now[0] += 20
    assert store.devices() == 0
    with pytest.raises(ClassroomError, match="6 devices have joined, and no more can"):
        store.join("", "10.0.0.9")
    now[0] += 50
    store.device(tokens[1])
    store.join("", "10.0.0.9")
    assert [store.device(token) is not None for token in tokens] == [True, True, False, False, False, False]
    store.close()


HOSTILE_NAMES = [
    "\u202eevil", "a\u0000b", "\u3164\u3164", "\u200b\u200d", "z" + "\u0301" * 50, "  x\n\ty  ", "\ud800half", "a" * 10_000,
    "\ufff9x\ufffb", "<script>", "\u2066a\u2069", "👩\u200d🔬", "각" * 30, "\ufdd0", "\x1b[31m",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=ascii)
def test_a_name_is_text_that_can_be_shown(name):
    cleaned = clean_name(name)
    assert len(cleaned) <= LONGEST and cleaned.isprintable() and cleaned == clean_name(cleaned)
    cleaned.encode()  # no half of a character
    assert not any(
        "\u0300" <= a <= "\u036f" and b == c == a for a, b, c in zip(cleaned, cleaned[1:], cleaned[2:], strict=False)
    )


def png(pixels, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", **options)
    return buffer.getvalue()


def drawing(side=SIDE):
    pixels = np.full((side, side, 4), 255, np.uint8)
    pixels[30:100, 60:70, :3] = 17
    return pixels


def test_a_drawing_is_kept_as_gray_pixels_alone():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("secret", "whatever")
    kept = clean_drawing(png(drawing(), pnginfo=info) + b"<script>")
    assert b"secret" not in kept and b"script" not in kept
    with Image.open(io.BytesIO(kept)) as image:
        assert image.mode == "L" and np.array_equal(np.asarray(image), drawing()[:, :, 0])


BAD_PICTURES = {
    "nothing": b"",
    "text": b"<svg onload=alert(1)>",
    "another size": png(drawing(139)),
    "a large one": png(drawing(4000)),
    "empty": png(np.full((SIDE, SIDE), 255, np.uint8)),
    "cut": png(drawing())[:150],
    "a header alone": png(drawing())[:33],
    "many bytes": png(drawing()) + bytes(40_000),
    "a JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
}


@pytest.mark.parametrize("content", BAD_PICTURES.values(), ids=list(BAD_PICTURES))
def test_what_is_no_drawing_is_refused(content):
    from striate.errors import DataError

    with pytest.raises((RequestError, DataError), match="the drawing"):
        clean_drawing(content)


def test_a_limiter_lets_each_key_go_at_its_rate_and_forgets_old_ones():
    now = [0.0]
    limiter = RateLimiter(rate=2, burst=3, clock=lambda: now[0])
    assert sum(limiter.take("a") for _ in range(10)) == 3
    now[0] += 1
    assert sum(limiter.take("a") for _ in range(10)) == 2
    for key in range(10_000):
        limiter.take(key)
    assert len(limiter._buckets) == 4096
