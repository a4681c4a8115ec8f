"""Single reports that arrive together go together, and each is answered by itself."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.gathering import LANES, MOST_AT_ONCE, Gatherer
from gis.errors import DatabaseAway, InvalidInput


class Store:
    """Answers each report with itself; refuses a call that holds a bad one."""

    def __init__(self):
        self.calls = []
        self.running = self.most_running = 0

    async def __call__(self, secret, reports):
        self.calls.append((secret, list(reports)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        if "away" in reports:
            raise DatabaseAway
        if "bad" in reports:
            raise InvalidInput("bad", field="text")
        return [(place, True, {"report": report, "secret": secret})
                for place, report in enumerate(reports)]


def filed(sent):
    async def run():
        store = Store()
        gatherer = Gatherer(store)
        answers = await asyncio.gather(
            *(gatherer.file(secret, report) for secret, report in sent), return_exceptions=True)
        again = await gatherer.file("later", "one more")
        return store, answers, again
    return asyncio.run(run())


def test_a_report_alone_goes_at_once_and_alone():
    store, _, again = filed([])
    assert again[2] == {"report": "one more", "secret": "later"}
    assert store.calls == [("later", ["one more"])]


def test_what_waits_goes_together_but_never_with_another_caller_s():
    store, answers, _ = filed([("a", n) for n in range(50)] + [("b", n) for n in range(50)])
    assert [answer[2] for answer in answers] == (
        [{"report": n, "secret": "a"} for n in range(50)]
        + [{"report": n, "secret": "b"} for n in range(50)])
    assert len(store.calls) < 10
    assert store.most_running <= LANES


def test_a_call_has_a_largest_size():
    store, answers, _ = filed([("a", n) for n in range(3 * MOST_AT_ONCE)])
    assert len(answers) == 3 * MOST_AT_ONCE
    assert max(len(reports) for _, reports in store.calls) <= MOST_AT_ONCE


def test_a_refused_report_spoils_only_its_own_answer():
    _, answers, _ = filed([("a", "good"), ("a", "also"), ("a", "bad"), ("a", "fine")])
    assert isinstance(answers[2], InvalidInput)
    assert [answers[place][2]["report"] for place in (0, 1, 3)] == ["good", "also", "fine"]


def test_while_the_database_is_away_all_that_waited_are_told():
    _, answers, again = filed([("a", n) for n in (1, 2)] + [("a", "away"), ("a", 4)])
    assert isinstance(answers[2], DatabaseAway)
    assert again[1]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", "bad"])),
                max_size=60))
def test_everybody_is_answered_with_their_own(sent):
    _, answers, _ = filed(sent)
    for (secret, report), answer in zip(sent, answers, strict=True):
        if report == "bad":
            assert isinstance(answer, InvalidInput)
        else:
            assert answer[2] == {"report": report, "secret": secret}


@pytest.mark.parametrize("patience", [0, 1, 2, 3, 4])
def test_who_goes_away_holds_up_nobody(patience):
    async def run():
        gatherer = Gatherer(Store())
        leaving = asyncio.create_task(gatherer.file("a", "left"))
        staying = [asyncio.create_task(gatherer.file("a", n)) for n in range(5)]
        for _ in range(patience):
            await asyncio.sleep(0)
        leaving.cancel()
        return await asyncio.gather(*staying)
    assert [answer[2]["report"] for answer in asyncio.run(run())] == [0, 1, 2, 3, 4]
