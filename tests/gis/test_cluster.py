"""The private cluster: who may come in, what it promises, and how it gets up again."""

from __future__ import annotations

import psycopg


def test_both_roles_reach_a_test_database(database):
    for url, role in ((database.admin_url, "gridwall_owner"),
                      (database.server_url, "gridwall_server")):
        with psycopg.connect(url) as connection:
            found = connection.execute("select current_user, postgis_lib_version()").fetchone()
        assert found[0] == role
