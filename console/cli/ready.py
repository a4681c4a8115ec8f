"""A database that commands can work with: started, and migrated where nothing is in it yet."""

from __future__ import annotations

import psycopg

from console.cli.context import Session
from console.progress import step
from gis.errors import DatabaseAway


def ready_admin_url(session: Session) -> str:
    """Address of the database as its owner; one without a schema gets it now.

    A schema of another version is left alone: `up` and `db migrate` see to that.

    Raises
    ------
    DatabaseAway
        When it can't be reached.
    """
    admin_url = session.admin_url()
    try:
        with psycopg.connect(admin_url) as connection:
            absent = connection.execute("select to_regclass('public.area') is null").fetchone()[0]
    except psycopg.OperationalError as problem:
        raise DatabaseAway(f"the database can't be reached as its owner: {problem}") from None
    if absent:
        from gis.city import settle_city
        from gis.schema import migrate

        with step("migrating the database") as progress:
            migrate(admin_url, progress.say)
            settle_city(admin_url, session.settings)
    return admin_url
