"""The intake: what is stored, what is refused and how it is told."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.console.conftest import DISTRICT, SOUTH, STEP, STREETS, WEST, report

pytestmark = pytest.mark.anyio


def stored(town) -> int:
    with psycopg.connect(town.admin_url) as connection:
        return connection.execute("SELECT count(*) FROM report").fetchone()[0]


async def test_a_report_gets_its_grid_its_officer_and_the_reasons(town):
    async with town.client(town.token("intake")) as client:
        answer = await client.post("/api/reports?lang=en", json=report())
    assert answer.status_code == 201
    body = answer.json()
    assert body["incident"] == {"id": body["report"]["id"], "state": "reported", "tier": "grid"}
    [base] = body["assignments"]
    assert base["scheme"] == "base"
    assert base["area"]["code"] == STREETS[0] + "001001"
    assert [one["code"] for one in base["area"]["path"]][:2] == [DISTRICT, STREETS[0]]
    assert base["officer"] == {"id": f"O{STREETS[0]}001001", "name": "王001", "role": "full_time"}
    assert base["how"] == "inside"
    assert base["why"][0].startswith("inside grid 001")
    assert "facts" not in base


async def test_the_same_external_id_again_gets_the_first_answer(town):
    async with town.client(town.token("intake")) as client:
        first = await client.post("/api/reports", json=report(external_id="7"))
        again = await client.post("/api/reports", json=report(external_id="7", text="other"))
        other_channel = await client.post(
            "/api/reports", json=report(external_id="7", channel="hotline"))
    async with town.client(town.token("intake")) as client:
        other_caller = await client.post("/api/reports", json=report(external_id="7"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert other_channel.status_code == other_caller.status_code == 201
    assert stored(town) == 3


async def test_words_alone_are_stored_and_far_points_are_outside(town):
    async with town.client(town.token("intake")) as client:
        words = await client.post(
            "/api/reports", json=report(lon=None, lat=None, address="文一西路1号"))
        far = await client.post("/api/reports", json=report(lon=-3.7, lat=40.4))
    assert words.json()["assignments"][0]["how"] == "unlocated"
    assert far.json()["assignments"][0]["how"] == "outside"
    assert far.json()["assignments"][0]["area"] is None


@pytest.mark.parametrize("changes, fields", [
    ({"lon": None, "lat": None}, ["lon"]),
    ({"lat": None}, ["lat"]),
    ({"lat": 91}, ["lat"]),
    ({"lon": 30.3, "lat": 120.2}, ["lat", "lon"]),
    ({"lon": "120.2"}, ["lon"]),
    ({"lat": True}, ["lat"]),
    ({"text": None}, ["text"]),
    ({"text": " "}, ["text"]),
    ({"text": 5}, ["text"]),
    ({"text": "字" * 350_000}, ["text"]),
    ({"text": "a\0b"}, ["text"]),
    ({"category": "no such"}, ["category"]),
    ({"category": None}, ["category"]),
    ({"category": ["urban"]}, ["category"]),
    ({"datum": "mars"}, ["datum"]),
    ({"datum": {}}, ["datum"]),
    ({"channel": "pigeon"}, ["channel"]),
    ({"channel": []}, ["channel"]),
    ({"accuracy_m": -1}, ["accuracy_m"]),
    ({"house_code": "12"}, ["house_code"]),
    ({"house_code": "9" * 25}, ["house_code"]),
    ({"occurred_at": "2999-01-01T00:00:00Z"}, ["occurred_at"]),
    ({"occurred_at": "2026-01-01T00:00:00"}, ["occurred_at"]),
    ({"occurred_at": "yesterday"}, ["occurred_at"]),
    ({"photos": ["p"] * 10}, ["photos"]),
    ({"photos": "p"}, ["photos"]),
    ({"external_id": ""}, ["external_id"]),
    ({"colour": "red"}, ["colour"]),
    ({"lat": 91, "text": "", "datum": "x"}, ["datum", "lat", "text"]),
])
async def test_a_bad_field_is_named_and_nothing_is_stored(shared_town, changes, fields):
    async with shared_town.client(shared_town.token("intake")) as client:
        answer = await client.post("/api/reports", json=report(**changes))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(error["field"] for error in answer.json()["errors"]) == fields
    assert stored(shared_town) == 0


@pytest.mark.parametrize("body, status, field", [
    (b"{", 400, "body"),
    (b"", 400, "body"),
    (b"\xff\xfe", 400, "body"),
    (b"[" * 100_000, 400, "body"),
    (b"[]", 422, "body"),
    (b"5", 422, "body"),
    (json.dumps(report(lat=float("nan"))).encode(), 422, "lat"),
    (json.dumps(report(lon=float("inf"))).encode(), 422, "lon"),
    (json.dumps(report(lon=-float("inf"))).encode(), 422, "lon"),
    (json.dumps(report(text="\ud800")).encode(), 422, "text"),
    (json.dumps(report(address="x\ud800")).encode(), 422, "address"),
    (b'{"lon": 1e999' + json.dumps(report(lon=None))[1:].join([", ", ""]).encode(), 422, "lon"),
    (b" " * 2_000_001, 413, "body"),
])
async def test_a_bad_body_is_told(shared_town, body, status, field):
    async with shared_town.client(shared_town.token("intake")) as client:
        answer = await client.post(
            "/api/reports", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert stored(shared_town) == 0


async def test_a_body_without_a_length_is_cut_off_at_the_limit(shared_town):
    async def endless():
        for _ in range(1000):
            yield b" " * 65_536

    async with shared_town.client(shared_town.token("intake")) as client:
        answer = await client.post(
            "/api/reports", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


async def test_a_form_is_no_report(shared_town):
    async with shared_town.client(shared_town.token("intake")) as client:
        answer = await client.post("/api/reports", data={"text": "x"})
    assert answer.status_code == 415


async def test_a_batch_answers_each_in_its_place(town):
    sent = [report(external_id="1"), report(lat=91), report(external_id="1"), 5,
            report(lon=WEST + 2.5 * STEP, external_id="2"), report(channel="x")]
    async with town.client(town.token("intake")) as client:
        answer = await client.post("/api/reports:batch", json=sent)
    assert answer.status_code == 200
    answers = answer.json()
    assert [one["status"] for one in answers] == [201, 422, 200, 422, 201, 422]
    assert answers[2]["report"] == answers[0]["report"]
    assert answers[1]["errors"][0]["field"] == "lat"
    assert answers[4]["assignments"][0]["area"]["code"] == STREETS[1] + "001001"
    assert stored(town) == 2


async def test_a_batch_with_a_nan_in_it_keeps_the_others(town):
    body = json.dumps([report(), report(lon=float("nan")), report()])
    async with town.client(town.token("intake")) as client:
        answer = await client.post("/api/reports:batch", content=body,
                                   headers={"Content-Type": "application/json"})
    assert [one["status"] for one in answer.json()] == [201, 422, 201]


async def test_a_thousand_and_one_are_too_many(shared_town):
    async with shared_town.client(shared_town.token("intake")) as client:
        whole = await client.post("/api/reports:batch", json=[report()] * 1001)
        other = await client.post("/api/reports:batch", json={"text": "x"})
        none = await client.post("/api/reports:batch", json=[])
    assert (whole.status_code, other.status_code, none.status_code) == (422, 422, 200)
    assert whole.json()["errors"][0]["field"] == "reports"
    assert stored(shared_town) == 0


async def test_without_a_credential_nothing_is_taken(shared_town):
    async with shared_town.client() as client:
        nobody = await client.post("/api/reports", json=report())
    async with shared_town.client("no-such-token") as client:
        stranger = await client.post("/api/reports", json=report())
    async with shared_town.client(shared_town.token("hall")) as client:
        hall = await client.post("/api/reports", json=report())
    for refused in (nobody, stranger):
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert hall.status_code == 403
    assert stored(shared_town) == 0


async def test_border_points_tell_their_rivals(town):
    async with town.client(town.token("intake")) as client:
        answer = await client.post("/api/reports?lang=en", json=report(
            lon=WEST + STEP, lat=SOUTH + STEP / 2))
    [base] = answer.json()["assignments"]
    assert base["how"] == "border"
    assert base["area"]["code"] < base["rivals"][0]["code"]
    assert any("lowest code" in line for line in base["why"])
