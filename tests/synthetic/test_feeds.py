"""Feeds keep time on any clock, and reach both the database and a server."""

from __future__ import annotations

import itertools
import json
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest

import fixtures.simulate as simulation
from fixtures.feed import feed
from fixtures.replay import played, read_reports
from fixtures.senders import DirectSender, HttpSender
from fixtures.simulate import CITY_ZONE, simulated
from gis.errors import GridwallError, InvalidInput
from gis.loading.reports import ReportOptions
from gis.loading.run import Options

NOON = datetime(2026, 11, 22, 12, tzinfo=CITY_ZONE)


class Clock:
    """Time that goes on only when somebody waits."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


class Kept:
    """A sender that keeps what it gets, with the time; sending may take time."""

    def __init__(self, clock, takes=0.0):
        self.clock, self.takes, self.batches = clock, takes, []

    def send(self, reports):
        self.batches.append((self.clock.now, list(reports)))
        self.clock.now += self.takes
        return 0


def test_reports_go_at_their_times():
    clock = Clock()
    sender = Kept(clock)
    done = feed([(0, {"n": 1}), (1.5, {"n": 2}), (1.5, {"n": 3}), (9, {"n": 4})], sender, clock,
                clock.wait)
    assert done.sent == 4
    # What is due before a later report is waited for goes first.
    assert [(at, [report["n"] for report in batch]) for at, batch in sender.batches] == [
        (0, [1]), (1.5, [2, 3]), (9, [4])]


def test_a_slow_receiver_gets_what_is_due_together():
    clock = Clock()
    sender = Kept(clock, takes=10)
    feed([(at, {"n": at}) for at in range(6)], sender, clock, clock.wait)
    assert [len(batch) for _, batch in sender.batches] == [1, 5]


@pytest.fixture
def drawn_once(district, monkeypatch):
    monkeypatch.setattr(simulation, "build_district", lambda scale: district)


def test_simulation_is_seeded_and_keeps_its_rate(drawn_once):
    one, two = ([*itertools.islice(simulated(600, seed, lambda: NOON), 500)] for seed in (3, 3))
    assert one == two
    assert one != [*itertools.islice(simulated(600, 4, lambda: NOON), 500)]
    assert 40 < one[-1][0] < 60
    assert len({report["category"] for _, report in one}) > 20
    assert all(report["text"] for _, report in one)
    with pytest.raises(InvalidInput, match="above 0"):
        next(simulated(0))


def test_simulated_reports_are_assigned(district_database, drawn_once):
    reports = [report for _, report in itertools.islice(simulated(60, now=lambda: NOON), 50)]
    with psycopg.connect(district_database.admin_url, autocommit=True) as connection:
        before = connection.execute("SELECT max(id) FROM report").fetchone()[0]
        DirectSender(connection).send(reports)
        told = connection.execute(
            "SELECT count(*), count(a.officer_id) FROM assignment a WHERE incident_id > %s"
            " AND scheme = 'base'", [before]).fetchone()
    assert told == (50, 50)


@pytest.fixture
def intake():
    """A small server that is away for its first two requests."""
    class Intake(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        seen: list = []

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.seen.append((self.path, self.headers["Authorization"], body))
            away = len(self.seen) <= 2
            answers = [{"assignments": []} if one.get("category") else {"status": 422}
                       for one in body]
            answer = b"" if away else json.dumps(answers).encode()
            self.send_response(503 if away else 200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Intake) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server, Intake.seen
        server.shutdown()


def test_over_http_a_server_that_was_away_gets_all(intake):
    server, seen = intake
    waits = []
    sender = HttpSender(f"http://127.0.0.1:{server.server_port}", "secret", waits.append)
    assert sender.send([{"category": "urban", "lon": None}, {"text": "no category"}]) == 1
    assert len(waits) == 2
    assert seen[-1] == ("/api/reports:batch", "Bearer secret",
                        [{"category": "urban"}, {"text": "no category"}])
    sender._connection.close()


def test_nobody_there_is_told_after_a_while():
    with pytest.raises(GridwallError, match="out of reach"):
        HttpSender("http://127.0.0.1:9", "x", lambda seconds: None).send([{}])
    with pytest.raises(InvalidInput, match="no address"):
        HttpSender("localhost", "x")


def test_a_real_file_is_played_by_its_timestamps(database, test_data):
    rows, outcome = read_reports(
        database.admin_url, test_data / "police_reports" / "sfcrimes_jan2016.csv",
        Options(mapping={"text": "Category"}),
        ReportOptions(default_category="safety", time_zone="America/Los_Angeles"))
    assert (len(rows), outcome.quarantined) == (12_343, 0)
    due = list(played(rows, 3600, "again"))
    assert [at for at, _ in due] == sorted(at for at, _ in due)
    month = timedelta(seconds=due[-1][0] * 3600)
    assert timedelta(days=30) < month <= timedelta(days=31)
    assert due[0][1]["external_id"].startswith("again:")
    later = list(played(rows, 1, "x", start=rows[6000]["received_at"]))
    assert len(later) <= 12_343 - 5_990
    with pytest.raises(InvalidInput, match="speed"):
        next(played(rows, 0, "x"))
