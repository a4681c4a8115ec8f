"""What a matter goes through at the desk, from a phone's report to the assessment."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.e2e.desk import PHONE, caller, desk, place_of, report

pytestmark = pytest.mark.e2e


@pytest.fixture
def ground(server):
    """A point in the ground of the officer who can sign in, and who that is."""
    with caller(server, "officer") as officer:
        place = place_of(officer)
    with caller(server, "street") as street:
        found = street.get("/api/desk/duty", params={"area": place["area"]}).json()["rows"]
    return place | {"officers": [one["id"] for one in found]}


def test_the_whole_life_of_an_incident(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server) as street, \
            desk(browser, server, PHONE) as officer:
        page = street.open("street", "/street?sort=at").page
        officer.open("officer", "/officer")
        phone = officer.page
        me = phone.evaluate(
            "() => JSON.parse(document.getElementById('told').textContent).caller.officer_id")
        incident = report(outside, ground, "井盖破损，积水", "urban")
        street.row(incident).wait_for()
        street.row(incident).click()
        page.wait_for_selector("#detail .steps")
        street.take("verify", "电话核实属实")
        street.take("dispatch", to=f"officer:{me}")
        _handle(phone, incident, "accept", None)
        _handle(phone, incident, "handle", "已更换井盖")
        page.wait_for_selector("#detail [data-action=return]")
        street.take("return", "积水仍未排除")
        _handle(phone, incident, "accept", None)
        _handle(phone, incident, "handle", "已疏通")
        page.wait_for_selector("#detail [data-action=check]")
        street.take("check", "现场核查无误")
        street.take("close")
        street.take("assess", "满意")
        told = outside.get(f"/api/incidents/{incident}").json()
        assert told["incident"]["state"] == "assessed"
        assert [one["action"] for one in told["steps"]] == [
            "report", "verify", "dispatch", "accept", "handle", "return", "accept", "handle",
            "check", "close", "assess"]


def _handle(phone, incident: int, action: str, note: str | None) -> None:
    """An officer takes a step on a phone."""
    card = phone.locator(f"#mine article[data-id='{incident}']")
    card.wait_for()
    # Once opened it stays open, also when the list is read anew.
    if not card.locator(".actions").count() and card.locator("[data-expand]").is_enabled():
        card.locator("[data-expand]").click()
    card.locator(f"[data-action='{action}']").first.click()
    form = card.locator(f"form[data-action='{action}']")
    form.wait_for()
    if note:
        form.locator("[name=note]").fill(note)
    if form.locator("select[name=to]").count():
        phone.wait_for_function("() => document.querySelector('#mine select[name=to]').value")
    with phone.expect_response(lambda got: got.url.endswith("/steps")) as answer:
        form.locator(".primary").click()
    assert answer.value.status == 201, answer.value.text()
    form.wait_for(state="detached")


def test_new_work_comes_in_by_itself_and_an_emergency_is_told(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server) as street:
        page = street.open("street", "/street?sort=at").page
        page.click("#matters tbody tr >> nth=1")
        page.wait_for_selector("#detail .steps")
        chosen = page.get_attribute("#matters tr[aria-selected=true]", "data-key")
        incident = report(outside, ground, "居民突然晕倒", "health.emergency")
        page.wait_for_selector("#alarm:not([hidden])")
        street.row(incident).wait_for()
        assert page.get_attribute("#matters tr[aria-selected=true]", "data-key") == chosen
        page.click("#alarm .primary")
        page.wait_for_url(f"**incident={incident}*")
        page.wait_for_selector("#alarm", state="hidden")


def test_two_reports_of_one_thing_are_merged_and_split_again(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server) as street:
        first = report(outside, ground, "路灯不亮", "urban")
        second = report(outside, ground, "路灯坏了", "urban")
        page = street.open("street", f"/street?incident={second}").page
        page.locator(".duplicates li", has_text=f"#{first}").get_by_role(
            "button", name="并案").click()
        form = page.locator("#detail form[data-action=merge]")
        assert form.locator("[name=to]").input_value() == f"incident:{first}"
        form.locator(".primary").click()
        page.wait_for_selector("#detail [data-action=split]")
        assert f"#{first}" in page.inner_text("#detail .card-head")
        street.take("split", "不是同一处")
        page.wait_for_selector("#detail [data-action=merge]")


def test_who_is_second_is_told_and_keeps_what_was_typed(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server, but=("409",)) as street:
        incident = report(outside, ground, "垃圾堆积", "urban")
        page = street.open("street", f"/street?incident={incident}").page
        page.click("#detail [data-action=verify]")
        page.fill("#detail [name=note]", "我来核实")
        # The colleague's step is not told to this page before its own is sent.
        page.route("**/live*", lambda route: route.abort())
        page.evaluate("""id => { window.before = fetch;
            window.fetch = async (address, options) => {
                if (String(address).endsWith('/steps')) {
                    window.fetch = window.before;
                    await window.before(`/api/incidents/${id}/steps`, {method: 'POST',
                        headers: {'Content-Type': 'application/json'},
                        body: JSON.stringify({action: 'reject', note: '重复'})});
                }
                return window.before(address, options);
            }; }""", incident)
        page.click("#detail form .primary")
        page.wait_for_function(
            "() => document.querySelector('#detail .tags')?.textContent.includes('不予立案')")
        assert "核实立案" in page.inner_text("#notice")
        assert "我来核实" in page.inner_text("#detail .kept")


def test_hostile_words_stay_words(browser, server, ground):
    words = "<img src=x onerror=\"window.hurt=1\"><script>window.hurt=1</script>=1+1"
    with caller(server, "street") as outside, desk(browser, server) as street:
        incident = report(outside, ground, words, "urban")
        page = street.open("street", f"/street?sort=at&incident={incident}").page
        page.wait_for_selector("#detail .steps")
        assert page.inner_text("#detail .card-head .words") == words
        assert words[:20] in street.row(incident).inner_text()
        assert page.evaluate("() => window.hurt === undefined")
        page.keyboard.press("/")
        page.keyboard.type("<b>x</b>")
        page.wait_for_selector("#found li")
        assert page.locator("#found b").count() == 0


def test_the_desk_is_run_by_keyboard(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server) as street:
        incident = report(outside, ground, "广告牌松动", "urban")
        page = street.open("street", "/street?sort=at").page
        street.row(incident).wait_for()
        page.keyboard.press("j")
        first = page.get_attribute("#matters tr[aria-selected=true]", "data-key")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert page.get_attribute("#matters tr[aria-selected=true]", "data-key") == first
        page.keyboard.press("Enter")
        page.wait_for_url(f"**incident={first}*")
        page.wait_for_selector("#detail .steps")
        page.keyboard.press("u")
        page.wait_for_selector("#detail form[data-action=urge]")
        assert page.evaluate("() => document.activeElement.name") == "note"
        page.keyboard.type("请抓紧")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#detail form", state="detached")
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "incident" not in url)
        page.keyboard.press("?")
        page.wait_for_selector("#help[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("#help", state="hidden")
        page.keyboard.press("2")
        page.wait_for_selector("#lanes [data-lane=verify][aria-selected=true]")


def test_the_list_is_exported_whole_and_no_cell_is_a_formula(browser, server, ground):
    with caller(server, "street") as outside, desk(browser, server) as street:
        hostile = report(outside, ground, "=HYPERLINK(1)", "urban")
        page = street.open("street", "/street?sort=at").page
        page.select_option("#filters [name=class]", label="城市管理")
        page.wait_for_url("**class=*")
        street.row(hostile).wait_for()
        with page.expect_download() as taken:
            page.click("#export-xlsx")
        book = openpyxl.load_workbook(io.BytesIO(taken.value.path().read_bytes()))
        heads, *rows = book.worksheets[0].iter_rows(values_only=True)
        shown = page.locator("#matters tbody tr").evaluate_all(
            "lines => lines.map(line => Number(line.dataset.key))")
        assert [row[0] for row in rows] == shown
        cell = next(row for row in book.worksheets[0].iter_rows() if row[0].value == hostile)
        assert cell[heads.index("内容")].value == "=HYPERLINK(1)"
        assert cell[heads.index("内容")].data_type == "s"
        about = dict(book.worksheets[1].iter_rows(values_only=True))
        assert about["导出人"] == "street"
        assert about["行数"] == len(rows)
        text = outside.get(f"/api/desk/export.csv?q=HYPERLINK&area={ground['area']}").text
        assert "'=HYPERLINK(1)" in text
        assert ",=HYPERLINK" not in text


def test_what_came_with_words_only_is_given_its_place(browser, server):
    with caller(server, "intake") as intake, caller(server, "street") as own, \
            desk(browser, server) as hall:
        place = place_of(own)
        building = own.get("/api/desk/buildings", params={"area": place["area"]}).json()["rows"][0]
        answer = intake.post("/api/reports", json={
            "text": "楼上漏水", "category": "urban", "channel": "hotline",
            "address": "说不清在哪里的一个小区门口"})
        assert answer.status_code == 201, answer.text
        incident = answer.json()["incident"]["id"]
        page = hall.open("hall", f"/street?lane=unlocated&incident={incident}").page
        hall.row(incident).wait_for()
        page.click("#detail [data-action=locate]")
        page.fill("#detail form[data-action=locate] input[type=search]", building["name"])
        page.wait_for_selector("#detail select[name=to] option", state="attached")
        hall.take_open("locate")
        page.wait_for_function(
            "() => document.querySelector('#detail .path button')", timeout=10_000)
        hall.row(incident).wait_for(state="detached")
