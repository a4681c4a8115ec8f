"""What no form of ours sends: every field of every body with values that break programs."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.console.bodies import BODIES, OWN, PERSONS
from tests.console.doors import Door

pytestmark = pytest.mark.anyio
DEEP = '{"a":' * 900 + "1" + "}" * 900
# As they stand in the body: not all of them are JSON, and some only to lenient readers.
VALUES = {
    "nothing": "null", "yes": "true", "a number": "-1", "a fraction": "1e-320",
    "beyond 64 bits": "9" * 30, "beyond a float": "1" + "0" * 400, "beyond all": "1" * 5000,
    "not a number": "NaN", "infinite": "-Infinity", "overflowing": "1e999",
    "empty": '""', "blank": '" \\t\\n　"', "long": json.dumps("长" * 20_000),
    "NUL": '"a\\u0000b"', "half a character": '"\\ud800"', "year 0": '"0000-00-00T00:00:00Z"',
    "year 1": '"0001-01-01T00:00:00+14:00"', "year 9999": '"9999-12-31T23:59:59-14:00"',
    "minus infinity": '"-infinity"', "a list": "[]", "lists": "[[[[[1]]]]]", "nulls": "[null]",
    "objects": "[{}]", "an object": "{}", "half a key": '{"\\ud800": 1}', "deep": DEEP,
    "a script": '"\\"><img src=x onerror=alert(1)><script>"', "a template": '"{{7*7}}${7*7}#{1}"',
    "SQL": "\"'; DROP TABLE incident; --\"", "a path": '"../../../../etc/passwd"',
    "a target": '"incident:99999999999999999999"', "huge numbers": '{"times":1e999,"hours":1e308}',
}
WHOLE = ["", "null", "[]", "1", '"x"', "{", "\xff\xfe", DEEP, "[" * 100_000, '{"\ud83d":1}',
         '{"\\ud800":1}', '{"a":1,"a":2}', "{}"]


def broken_ones(body: dict) -> list[str]:
    """The body with each field in turn, at each depth, set to each of the values; and wholly."""
    return [json.dumps(_put(body, path), ensure_ascii=True).replace('"@"', value)
            for path in _paths(body) for value in VALUES.values()]


def _paths(body: object, before: tuple = ()) -> list[tuple]:
    inner = (body.items() if isinstance(body, dict)
             else enumerate(body[:1]) if isinstance(body, list) else ())
    return [path for name, one in inner
            for path in [(*before, name), *_paths(one, (*before, name))]]


def _put(body: object, path: tuple) -> object:
    if not path:
        return "@"
    if isinstance(body, dict):
        return body | {path[0]: _put(body[path[0]], path[1:])}
    return [_put(one, path[1:]) if place == path[0] else one for place, one in enumerate(body)]


@pytest.mark.parametrize("name", sorted(BODIES))
@pytest.mark.parametrize("role", ["street", "admin"])
async def test_no_body_breaks_a_call(streets, name, role):
    door = Door(*name.split(" "))
    token = streets.tokens["street"] if role == "street" else streets.token("admin")
    client = streets.client(token)
    seen = {json.dumps(sorted(body)): body for body in door.bodies(OWN)}
    bodies = [text for body in seen.values() for text in broken_ones(body)] + WHOLE
    faults = []
    for start in range(0, len(bodies), 8):
        asked = bodies[start:start + 8]
        answers = await asyncio.gather(*(client.request(
            door.method, door.address(OWN), content=text.encode("utf-8", "surrogatepass"),
            headers={"Content-Type": "application/json"}) for text in asked))
        faults += [f"{answer.status_code} {text[:160]}" for text, answer in zip(
            asked, answers, strict=True) if answer.status_code >= 500]
    assert faults == []


async def test_other_content_types_are_told_so(streets):
    client = streets.client(streets.tokens["street"])
    for kind in ("text/html", "application/x-www-form-urlencoded", "multipart/form-data",
                 "x" * 900):
        answer = await client.post(f"/api/persons/{PERSONS[OWN]}/unmask", content=b"a=1",
                                   headers={"Content-Type": kind})
        assert answer.status_code == 415
