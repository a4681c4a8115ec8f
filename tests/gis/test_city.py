"""The city's settings reach the database, and assignment follows them."""

from dataclasses import replace
from pathlib import Path

import psycopg

from gis.city import settle_city
from gis.settings import Settings


def test_the_database_follows_the_settings(database):
    settings = Settings(home=Path("/nowhere"), nearest_m=12.5, time_zone="Asia/Urumqi")
    settle_city(database.admin_url, settings)
    with psycopg.connect(database.admin_url) as connection:
        rules = connection.execute(
            "SELECT nearest_m, time_zone FROM assignment_rules").fetchone()
        assert rules == (12.5, "Asia/Urumqi")
    settle_city(database.admin_url, replace(settings, nearest_m=200.0))
    with psycopg.connect(database.admin_url) as connection:
        assert connection.execute("SELECT nearest_m FROM assignment_rules").fetchone() == (200.0,)
