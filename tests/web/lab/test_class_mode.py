"""A class in real browsers: the projector, and phones that draw, vote and remove, in both languages, over a restart."""

import pytest
from browser import SIZES, violations, visit
from class_pages import class_server, draw, fits, free_port
from playwright.sync_api import expect

GONE = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_CONTENT_LENGTH_MISMATCH")


def test_a_class_draws_votes_and_removes(chromium, tmp_path):
    port = free_port()
    with class_server(tmp_path, port) as told:
        base, projector_address, devices = told["pages"][0], told["class"]["projector"], told["class"]["devices"]
        with (
            visit(chromium, projector_address, base=base, allowed=GONE) as projector,
            visit(chromium, devices, base=base, size="narrow", locale="ko-KR", allowed=GONE) as mina,
            visit(chromium, devices, base=base, size="narrow", dark=True, allowed=GONE) as jun,
        ):
            tiles = projector.locator(".tiles li")
            expect(projector.locator(".qr svg")).to_be_visible()
            expect(projector.locator(".address")).to_have_text(f"127.0.0.1:{port}/c")
            assert "key" not in projector.url
            assert [violations(page) for page in (projector, mina, jun)] == [[], [], []]
            jun.get_by_role("button", name="Vote").click()
            expect(jun.locator(".vote .nothing")).to_be_visible()
            expect(jun.locator(".vote .question")).to_be_hidden()
            jun.get_by_role("button", name="Draw", exact=True).click()
            expect(projector.locator(".count-line")).to_contain_text("Devices: 2")

            mina.locator("#name").fill("미나")
            mina.locator("#name").press("Enter")
            draw(mina, 7)
            mina.get_by_role("button", name="보내기").click()
            expect(mina.locator(".answer")).to_contain_text("신경망의 답: 7")
            expect(tiles).to_have_count(1)
            expect(tiles.first).to_contain_text("미나")
            expect(tiles.first.locator(".says.network")).to_have_count(0)  # not before the class has said what it is

            jun.get_by_role("button", name="Vote").click()
            jun.locator(".labels").get_by_role("button", name="7", exact=True).click()
            expect(jun.locator(".verdict")).to_contain_text("You said 7. Class: 7 Network: 7")
            expect(jun.locator(".vote .nothing")).to_be_visible()
            expect(tiles.first.locator(".says.network")).to_have_text("Network: 7")
            expect(projector.locator(".share")).to_contain_text("100.0% the same answer: 1 of 1")
            projector.locator(".matrix button").click()
            expect(projector.locator(".wall h2")).to_have_text("Drawings of the chosen cell")
            assert violations(projector) == [] and violations(jun) == []
            projector.locator(".matrix button").click()

            projector.locator(".figures").get_by_role("button", name="3", exact=True).click()
            expect(mina.locator(".wish")).to_have_text("이번에 그릴 것: 3")
            mina.get_by_role("button", name="내 그림").click()
            mina.get_by_role("button", name="삭제").click()
            assert violations(mina) == []
            mina.get_by_role("dialog").get_by_role("button", name="삭제").click()
            expect(mina.locator(".own .nothing")).to_be_visible()
            expect(tiles).to_have_count(0)

            jun.get_by_role("button", name="Draw", exact=True).click()
            draw(jun, 3)
            jun.locator("#send").click()
            expect(tiles.first.locator(".says.class")).to_have_text("Class: 3")
            assert len([*tmp_path.glob("classes/*/3/*.png")]) == 1
            assert all(fits(page) for page in (projector, mina, jun))


def test_a_server_that_is_killed_and_started_again_has_the_same_class(chromium, tmp_path):
    port = free_port()
    with class_server(tmp_path, port) as told:
        base, devices = told["pages"][0], told["class"]["devices"]
        with visit(chromium, devices, base=base, size="narrow") as page:
            draw(page, 3)
            page.locator("#send").click()
            expect(page.locator(".answer")).to_contain_text("The network says")
    with (
        class_server(tmp_path, port) as again,
        visit(chromium, again["class"]["projector"], base=base) as projector,
        visit(chromium, devices, base=base, size="tablet", locale="ko-KR") as new,
    ):
        assert again["class"] == told["class"]  # the key stays
        tiles = projector.locator(".tiles li")
        expect(tiles).to_have_count(1)
        expect(new.locator(".question")).to_be_visible()
        draw(new, 1)
        new.locator("#send").click()
        expect(tiles).to_have_count(2)
        assert violations(new) == [] and fits(new)
        tiles.last.get_by_role("button").click()
        assert violations(projector) == []
        projector.locator("#remove").click()
        projector.locator("#confirm").click()
        expect(tiles).to_have_count(1)
        projector.locator("#pause").click()
        expect(new.locator(".wish")).to_contain_text("지금은 그림을 받지 않습니다")
        draw(new, 2)
        expect(new.locator("#send")).to_be_disabled()


def test_a_device_stays_itself_when_the_page_is_loaded_again(chromium, tmp_path):
    with (
        class_server(tmp_path, free_port()) as told,
        visit(chromium, told["class"]["devices"], base=told["pages"][0], size="narrow") as page,
    ):
        draw(page, 4)
        page.locator("#send").click()
        expect(page.locator(".answer")).to_contain_text("The network says: 4")
        page.reload()
        expect(page.locator("#tabs")).to_contain_text("Mine1")
        page.get_by_role("button", name="Mine").click()
        expect(page.locator(".own-list li")).to_have_count(1)


@pytest.mark.parametrize("size", SIZES)
def test_without_the_key_the_projectors_page_says_what_it_needs(chromium, tmp_path, size):
    with class_server(tmp_path, free_port()) as told:
        base = told["pages"][0]
        with visit(chromium, f"{base}class", base=base, size=size, allowed=("401",)) as page:
            expect(page.locator("#notice")).to_contain_text("needs the teacher's key")
            assert fits(page)
