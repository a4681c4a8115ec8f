"""What the database must know of the city, as the settings have it."""

from __future__ import annotations

import json

import psycopg

from gis import queries
from gis.accounts import set_provider_key
from gis.settings import Settings


def settle_city(admin_url: str, settings: Settings) -> None:
    """Write the city's settings where they differ; assignment follows them from then on.

    Parameters
    ----------
    admin_url
        libpq URL of the role that owns the database, which has been migrated.
    settings
        `nearest_m`, `address_sure` and `time_zone` of these; and where there is an identity
        provider the key with which servers of this secret vouch for it.
    """
    values = {"nearest_m": settings.nearest_m, "address_sure": settings.address_sure,
              "time_zone": settings.time_zone}
    with psycopg.connect(admin_url) as connection:
        for name, value in values.items():
            connection.execute(
                queries.get("set_city_setting"), {"name": name, "value": json.dumps(value)})
    if settings.oidc_issuer:
        set_provider_key(admin_url, settings.with_secret().secret)
