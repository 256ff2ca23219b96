"""Table, as a person uses it: cells are typed into, and what is read is what the library works out."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browser import visit
from playwright.sync_api import expect

from striate.analysis import compare, replace_at, summarize
from striate.tables import dumps_table, load_table, loads_table, table_from_dict

LENET5 = load_table("lenet5")
ALERT = "[role=alert]"


@pytest.fixture
def page(chromium, lab):
    with visit(chromium, f"{lab.address}/#table") as opened:
        start(opened, "lenet5")
        yield opened


def start(page, name):
    page.get_by_label("Start from").select_option(f"name:{name}")
    expect(page.get_by_label("Name", exact=True)).to_have_value(name)


def cell(page, path, column):
    """What was worked out for a row; its name is the last part of the path."""
    line = page.locator("tr.line").filter(has=page.locator(f'th input[aria-label="{path}, name"]')).first
    return line.locator(f"td.column-{column} .computed")


def total(page, name):
    return page.locator(f".totals [data-total={name}] dd").first


def difference(page, name):
    return page.locator(f".totals [data-total={name}] .difference")


def test_the_chosen_models_table_is_shown_first(chromium, lab):
    with visit(chromium, f"{lab.address}/#table") as page:
        expect(page.get_by_label("Start from")).to_have_value("model:lenet5")
        expect(total(page, "parameters")).to_have_text("60,000")
        expect(page.locator("tr.line th input")).to_have_count(7)


def test_numbers_change_while_typing_and_undo_restores_them(page):
    edited = summarize(replace(replace_at(LENET5, ("rows", 0, "kernel"), 3), expected=None))
    page.get_by_label("C1, kernel").fill("3")
    expect(cell(page, "C1", "parameters")).to_have_text(str(edited.rows[0].cost.parameters))
    expect(cell(page, "C1", "size")).to_have_text("30×30")
    expect(cell(page, "S2", "receptive_field")).to_have_text("4×4")
    expect(total(page, "parameters")).to_have_text(f"{edited.total.parameters:,}")
    expect(total(page, "macs")).to_have_text(f"{edited.total.macs:,}")
    more = edited.total.macs - summarize(LENET5).total.macs
    expect(difference(page, "macs")).to_contain_text(f"{'+' if more > 0 else '−'}{abs(more):,} (×")
    expect(page.locator("td.column-kernel.changed .original")).to_have_text("was 5")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    page.keyboard.press("Control+z")
    expect(page.get_by_label("C1, kernel")).to_have_value("5")
    expect(total(page, "macs")).to_have_text("325,680")
    expect(page.locator(".changed")).to_have_count(0)
    page.get_by_role("button", name="Redo").click()
    expect(total(page, "macs")).to_have_text(f"{edited.total.macs:,}")
    page.keyboard.press("Control+z")  # wherever the focus is now
    expect(total(page, "macs")).to_have_text("325,680")


def test_an_impossible_row_shows_its_fault_and_a_click_fixes_it(page):
    page.get_by_label("C1, kernel").fill("40")
    expect(page.locator(ALERT)).to_contain_text("a kernel of 40x40 does not fit into an input of 32x32 with no padding")
    expect(page.locator("tr.line + tr.fault-line")).to_have_count(1)
    expect(total(page, "parameters")).to_have_text("–")
    expect(page.get_by_role("button", name="Save as .toml")).to_be_disabled()
    page.get_by_role("button", name="kernel: at most 5 fits").click()
    expect(page.locator(ALERT)).to_have_count(0)
    expect(page.get_by_label("C1, kernel")).to_have_value("5")
    expect(total(page, "parameters")).to_have_text("60,000")
    page.get_by_label("C3, kernel").fill("a")
    expect(page.locator(ALERT)).to_contain_text("kernel: expected a whole number")
    expect(page.get_by_label("C3, kernel")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, "S2", "size")).to_have_text("14×14")  # the rows before it are still there


def test_the_saved_file_is_the_edited_table(page):
    page.get_by_label("F6, activation").select_option("relu")
    page.get_by_label("Name", exact=True).fill("../my net")
    expect(page.locator(".changes")).to_have_text("Changed: F6")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as .toml").click()
    assert download.value.suggested_filename == "my-net.toml"
    expected = replace_at(replace(LENET5, name="../my net", expected=None), ("rows", 5, "activation"), "relu")
    assert loads_table(Path(download.value.path()).read_text(encoding="utf-8")) == expected


def test_two_tables_side_by_side(page):
    start(page, "notes:5x5")
    page.get_by_label("Compare with").select_option("name:notes:two-3x3")
    found = compare(load_table("notes:5x5"), load_table("notes:two-3x3"))
    row = page.locator(".ratios [data-total=parameters]")
    expect(row.locator("td")).to_have_text(["25", "18", f"×{found.ratios['parameters']:.2f}"])
    expect(page.locator("table.comparison tbody tr").first.locator("th, td")).to_have_text(
        ["conv1", "25", "25", "conv1", "9", "81"]
    )
    page.get_by_label("conv1, kernel").fill("3")  # what follows is compared anew
    expect(row.locator("td").first).to_have_text("9")


@pytest.mark.parametrize("size", ["wide", "tablet", "narrow"])
def test_a_comparison_is_where_it_was_asked_for(chromium, lab, size):
    with visit(chromium, f"{lab.address}/#table", size=size) as page:
        second = page.get_by_label("Compare with")
        second.select_option("name:lenet5:3x3")
        expect(page.locator(".ratios [data-total=parameters]")).to_be_in_viewport()
        assert page.evaluate("scrollY") == 0
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".second")).to_be_hidden()
        expect(second).to_be_focused()
        expect(second).to_have_value("")


CLIPPED = """() => [...document.querySelectorAll("tr.line input:not([type=checkbox])")]
    .filter((input) => input.scrollWidth > input.clientWidth).map((input) => `${input.getAttribute("aria-label")}: ${input.value}`)"""
"""The cells whose text is longer than they are."""


@pytest.mark.parametrize("locale", ["en-US", "ko"])
@pytest.mark.parametrize("size", ["wide", "tablet", "narrow"])
def test_no_name_and_no_padding_is_clipped(chromium, lab, size, locale):
    with visit(chromium, f"{lab.address}/#table", size=size, locale=locale) as page:
        for name in ("lenet5", "googlenet", "resnet50:tiny"):
            page.locator("#table-first").select_option(f"name:{name}")
            expect(page.locator(".source")).to_be_attached()
            page.locator("#table-expand").click()
            assert page.evaluate(CLIPPED) == [], name


def test_a_shade_says_that_columns_continue(chromium, lab):
    shade = "getComputedStyle(document.querySelector('.scroll.rows').parentElement, '::after').opacity"
    with visit(chromium, f"{lab.address}/#table", size="tablet") as page:
        rows = page.locator(".scroll.rows")
        expect(rows).to_be_visible()
        page.wait_for_function(f"() => {shade} === '1'")
        rows.evaluate("el => el.scrollTo(el.scrollWidth, 0)")
        page.wait_for_function(f"() => {shade} === '0'")
        rows.evaluate("el => el.scrollTo(0, 0)")
        page.wait_for_function(f"() => {shade} === '1'")


def test_a_late_comparison_is_not_shown(page):
    held = []
    page.route("**/lab/compare", lambda route, _: held.append(route))
    second = page.get_by_label("Compare with")
    with page.expect_request("**/lab/compare"):
        second.select_option("name:notes:two-3x3")
    second.select_option("")
    with page.expect_response("**/lab/compare"):
        held[0].continue_()
    page.wait_for_timeout(100)
    expect(page.locator("table.ratios")).to_have_count(0)


def test_a_late_table_is_not_opened(chromium, lab):
    """Of a model that was chosen for a moment."""
    held = []
    with visit(chromium, f"{lab.address}/#table") as page:
        expect(page.get_by_label("Start from")).to_have_value("model:lenet5")
        page.evaluate(
            """async () => {
            const { setState, state } = await import("/static/lib/state.js");
            setState({ models: [...state.models, { ...state.models[0], name: "other" }] });
        }"""
        )
        page.route("**/lab/table?model=other", lambda route, _: held.append(route))
        with page.expect_request("**/lab/table?model=other"):
            page.locator("#model").select_option("other")
        page.locator("#model").select_option("lenet5")
        with page.expect_response("**/lab/table?model=other"):
            held[0].fulfill(response=held[0].fetch(url=f"{lab.address}/lab/table?name=notes:5x5"))
        page.wait_for_timeout(100)
        expect(page.get_by_label("Name", exact=True)).to_have_value("lenet5:distorted")
        page.get_by_label("C1, kernel").fill("40")  # and typing is into what is shown
        expect(page.locator(ALERT)).to_be_visible()


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_a_hostile_name_is_text(chromium, lab, locale):
    hostile = '<img src=x onerror="document.title=1">'
    table = replace(LENET5, name=hostile, source=hostile)
    with visit(chromium, f"{lab.address}/#table", locale=locale) as page:
        page.locator("#table-file").set_input_files(
            {"name": f"{hostile}.toml", "mimeType": "text/plain", "buffer": dumps_table(table).encode()}
        )
        expect(page.locator('[data-cell="name"]')).to_have_value(hostile)
        expect(page.locator(".source")).to_have_text(hostile)
        page.locator("#table-second").select_option("name:lenet5")
        expect(page.locator("table.comparison th").first).to_have_text(f"{hostile} · 1×32×32")
        assert page.locator("main img").count() == 0
        with page.expect_download() as download:
            page.locator("#table-save").click()
        assert re.fullmatch(r"[\w-]+\.toml", download.value.suggested_filename)


def test_a_file_that_is_no_table_changes_nothing(chromium, lab):
    with visit(chromium, f"{lab.address}/#table", allowed=("422",)) as page:
        expect(total(page, "parameters")).to_have_text("60,000")
        page.locator("#table-file").set_input_files({"name": "x.toml", "mimeType": "text/plain", "buffer": b"a ="})
        expect(page.locator("#notice")).to_contain_text("x.toml: table: not TOML")
        page.locator("#table-file").set_input_files({"name": "큰 표.toml", "mimeType": "", "buffer": b"#" * 200_001})
        expect(page.locator("#notice")).to_have_text("큰 표.toml: too large for a table (at most 200,000 bytes)")
        expect(total(page, "parameters")).to_have_text("60,000")


def test_rows_inside_a_module_are_edited(page):
    start(page, "googlenet:tiny")
    page.get_by_role("button", name="Rows inside inception_3a").click()
    page.get_by_label("conv3x3, maps").fill("20")
    edited = summarize(
        replace(replace_at(load_table("googlenet:tiny"), ("rows", 7, "branches", 1, 1, "maps"), 20), expected=None)
    )
    expect(total(page, "parameters")).to_have_text(f"{edited.total.parameters:,}")
    expect(page.locator(".changes")).to_have_text("Changed: inception_3a.branch2.conv3x3")
    page.get_by_label("conv3x3, padding").fill("valid")
    expect(page.locator(ALERT)).to_contain_text("branches must end in maps of one size")
    fits = page.locator(".fault button")
    # What was typed into comes first.
    expect(fits.first).to_have_text("inception_3a.branch2.conv3x3: padding: SAME fits")
    fits.first.click()
    expect(page.locator(ALERT)).to_have_count(0)
    expect(total(page, "parameters")).to_have_text(f"{edited.total.parameters:,}")


def test_rows_are_added_moved_removed_by_keyboard_too(page):
    start(page, "lenet5:modern")
    names = page.locator("tr.line th input")
    before = [one.input_value() for one in names.all()]
    page.get_by_label("Add a row after C1").select_option("BatchNorm")
    expect(page.get_by_label("bn, name")).to_be_focused()
    table = load_table("lenet5:modern")
    expect(total(page, "parameters")).to_have_text(f"{summarize(table).total.parameters + 2 * table.rows[0].maps:,}")
    expect(page.locator(".changes")).to_have_text("Added: bn")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_label("bn, name")).to_be_focused()
    assert [one.input_value() for one in names.all()] == [before[0], before[1], "bn", *before[2:]]
    page.get_by_role("button", name="Remove bn").click()
    expect(page.locator(".changes")).to_have_text("No row differs from the original.")
    page.get_by_role("button", name="Remove C1").click()
    expect(page.locator(".changes")).to_contain_text("Removed: C1")
    page.get_by_role("button", name="Reset").click()
    expect(total(page, "parameters")).to_have_text(f"{summarize(table).total.parameters:,}")


def test_input_and_classes(page):
    start(page, "lenet5:modern")
    page.get_by_label("Input, Size").fill("28")
    edited = replace(replace_at(load_table("lenet5:modern"), ("input",), (1, 28, 28)), expected=None)
    expect(cell(page, "C1", "size")).to_have_text("24×24")
    page.get_by_label("Input, Size").fill("36")
    page.get_by_label("Classes").fill("26")
    page.keyboard.press("Enter")
    edited = summarize(replace_at(edited, ("input",), (1, 36, 36)).with_classes(26))
    expect(total(page, "parameters")).to_have_text(f"{edited.total.parameters:,}")


def test_an_edit_outlives_the_view_and_can_be_trained(page):
    page.get_by_label("C1, maps").fill("8")
    expect(page.locator(ALERT)).to_have_count(0)
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    given = 'import("/static/lib/edited-table.js").then((module) => module.editedTable())'
    assert table_from_dict(page.evaluate(given), "edited").rows[0].maps == 8
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(page.locator("canvas.pad")).to_be_visible()
    page.get_by_role("link", name="Table", exact=True).click()
    expect(page.get_by_label("C1, maps")).to_have_value("8")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".changes")).to_have_text("No row differs from the original.")
    assert page.evaluate(given) is None


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_narrow_screen_only_the_table_scrolls(chromium, lab, dark):
    with visit(chromium, f"{lab.address}/#table", size="narrow", dark=dark) as page:
        name = page.get_by_label("C1, name")
        expect(name).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_label("C1, activation").focus()
        box = name.bounding_box()
        assert 0 <= box["x"] < 100  # the first column stays
        expect(page.get_by_label("C1, activation")).to_be_in_viewport()


def test_connections_between_maps_are_ticked(page):
    page.get_by_role("button", name="C3: More fields").click()
    expect(page.locator(".connections legend")).to_contain_text("60 of 96")
    box = page.get_by_label("map 0, input map 5")
    expect(box).not_to_be_checked()
    box.check()
    expect(total(page, "parameters")).to_have_text("60,025")  # one kernel of 5x5 more
    expect(page.locator(".connections legend")).to_contain_text("61 of 96")
    page.get_by_role("button", name="all maps").click()
    every = summarize(replace(replace_at(LENET5, ("rows", 2, "connections"), None), expected=None))
    expect(total(page, "parameters")).to_have_text(f"{every.total.parameters:,}")


def test_starting_from_another_table_can_be_undone(page):
    page.get_by_label("C1, maps").fill("8")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    start(page, "notes:bottleneck")
    expect(total(page, "parameters")).to_have_text("1,520")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Start from")).to_have_value("name:lenet5")
    expect(page.get_by_label("C1, maps")).to_have_value("8")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("notes:bottleneck")
    expect(page.locator(".changes")).to_have_text("No row differs from the original.")


def test_a_reload_loses_nothing(page):
    page.get_by_label("C1, maps").fill("8")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    start(page, "googlenet:tiny")
    page.get_by_role("button", name="Rows inside inception_3a").click()
    page.get_by_label("conv3x3, maps").fill("20")
    expect(page.locator(".changes")).to_have_text("Changed: inception_3a.branch2.conv3x3")
    page.get_by_label("Compare with").select_option("name:lenet5")
    page.reload()
    expect(page.get_by_label("conv3x3, maps")).to_have_value("20")
    expect(page.locator(".changes")).to_have_text("Changed: inception_3a.branch2.conv3x3")
    expect(page.locator(".ratios [data-total=parameters] td")).to_have_count(3)
    given = 'import("/static/lib/edited-table.js").then((module) => module.editedTable())'
    assert table_from_dict(page.evaluate(given), "edited").rows[7].branches[1][1].maps == 20
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("C1, maps")).to_have_value("8")
    page.get_by_role("button", name="Undo").click()
    expect(total(page, "parameters")).to_have_text("60,000")


@pytest.mark.parametrize(
    "damage",
    [
        "() => 'no JSON'",
        "() => '{}'",
        "(text) => text.slice(0, -40)",
        "(text) => text.replaceAll('Conv', 'Konv')",
        """(text) => text.replaceAll('"rows":', '"rows":7,"other":')""",
        """(text) => text.replaceAll('"place":', '"place":null,"other":')""",
    ],
)
def test_of_damaged_storage_the_address_is_left(page, damage):
    page.get_by_label("C1, maps").fill("8")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    expect(page).to_have_url(re.compile("edits="))
    page.add_init_script(f"sessionStorage.setItem('table', ({damage})(sessionStorage.getItem('table')))")
    page.reload()
    expect(page.get_by_label("C1, maps")).to_have_value("8")
    expect(page.locator(".changes")).to_have_text("Changed: C1")
    page.get_by_role("button", name="Undo").click()
    expect(total(page, "parameters")).to_have_text("60,000")


@pytest.mark.parametrize("typed", ["３", "３×３", "3 x 3", "３，３", "3✕3", "３＊３"])
def test_full_width_digits_and_signs_are_numbers(page, typed):
    page.get_by_label("C1, kernel").fill(typed)
    expect(cell(page, "C1", "size")).to_have_text("30×30")
    expect(page.get_by_label("C1, kernel")).to_have_value(typed)  # what somebody types stays


def test_digits_by_an_input_method(page):
    page.get_by_label("C1, kernel").fill("")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "３", "selectionStart": 1, "selectionEnd": 1})
    session.send("Input.insertText", {"text": "３"})
    expect(cell(page, "C1", "size")).to_have_text("30×30")


def test_all_rows_are_opened_and_folded(page):
    start(page, "resnet50:tiny")
    rows = page.locator("tr.line[data-place]")
    folded = rows.count()
    page.get_by_role("button", name="Expand all").click()
    expect(rows).to_have_count(len(load_table("resnet50:tiny").plan().flat))
    page.get_by_role("button", name="Fold all").click()
    expect(rows).to_have_count(folded)


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_header_and_totals_stay_while_a_large_table_scrolls(chromium, lab, size):
    with visit(chromium, f"{lab.address}/#table", size=size) as page:
        start(page, "resnet50:tiny")
        page.get_by_role("button", name="Expand all").click()
        last = page.locator("tr.line[data-place] th input").last
        last.focus()
        expect(last).to_be_in_viewport()
        expect(page.get_by_role("columnheader", name="Maps")).to_be_in_viewport()
        expect(total(page, "parameters")).to_be_in_viewport()
        totals, header, line = (
            page.locator(one).bounding_box() for one in (".sums", ".network thead", ".network tbody tr.line:last-child")
        )
        assert totals["y"] + totals["height"] <= header["y"] + 1  # neither covers what is typed into
        assert header["y"] + header["height"] <= line["y"] + 1


def test_an_edit_writes_into_the_lines_that_are_there(page):
    """No line is built again: not by typing, by undo, or by a row that is added before it."""
    page.evaluate("document.querySelectorAll('tr.line[data-place]').forEach((line, i) => (line.mark = i))")
    page.get_by_label("C1, kernel").fill("3")
    expect(cell(page, "C1", "size")).to_have_text("30×30")
    page.keyboard.press("Control+z")
    expect(cell(page, "C1", "size")).to_have_text("28×28")
    page.get_by_label("Add a row after C1").select_option("Dropout")
    expect(page.locator(".changes")).to_have_text("Added: drop")
    marks = page.evaluate("[...document.querySelectorAll('tr.line[data-place]')].map((line) => line.mark ?? null)")
    assert marks == [0, None, 1, 2, 3, 4, 5, 6]
    page.get_by_label("C3, kernel").fill("3")  # it is still the row C3 that is edited
    expect(page.locator(".changes")).to_have_text("Changed: C3Added: drop")


def drawn(page, path):
    return page.locator(f'.paper [data-path="{path}"]').first


def test_the_drawing_follows_the_table_and_leads_to_its_rows(page):
    expect(drawn(page, "C1")).to_contain_text("6×28×28")
    page.get_by_label("C1, maps").fill("8")
    expect(drawn(page, "C1")).to_contain_text("8×28×28")
    drawn(page, "C3").click()
    expect(page.get_by_label("C3, name")).to_be_focused()
    expect(page.locator('.paper [data-path="C3"].marked')).not_to_have_count(0)
    drawn(page, "C1").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("tr.line th input:focus")).to_have_count(1)


def test_a_drawn_row_inside_a_module_is_opened(page):
    start(page, "googlenet:tiny")
    drawn(page, "inception_3a.branch2.conv3x3").click()
    expect(page.get_by_label("conv3x3, name")).to_be_focused()
    page.get_by_label("conv3x3, maps").fill("20")
    expect(page.locator(".changes")).to_have_text("Changed: inception_3a.branch2.conv3x3")


def test_the_notes_examples_are_opened_in_pairs(page):
    page.get_by_role("button", name="notes:direct | notes:bottleneck").click()
    expect(page.locator(".ratios [data-total=parameters] td")).to_have_text(["4,608", "1,520", "×0.33"])
    expect(page.get_by_label("Start from")).to_have_value("name:notes:direct")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("lenet5")
