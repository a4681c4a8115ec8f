"""A bare trigram search over the full texts of addresses: what geocoders often begin with."""

from __future__ import annotations

import psycopg

_PREPARE = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE TABLE bench_text AS SELECT id, text FROM address",
    "CREATE INDEX ON bench_text USING gin (text gin_trgm_ops)",
    "ANALYZE bench_text",
)
_SEARCH = ("SELECT id FROM bench_text WHERE text %% %(text)s"
           " ORDER BY similarity(text, %(text)s) DESC LIMIT 5")


def prepare_trigrams(admin_url: str) -> None:
    """A copy of all texts with an index of their trigrams."""
    with psycopg.connect(admin_url) as connection:
        for statement in _PREPARE:
            connection.execute(statement)


def trigram_search(connection: psycopg.Connection, text: str) -> list[int]:
    """The five texts that share most trigrams with a text, by their ids."""
    return [row[0] for row in connection.execute(_SEARCH, {"text": text})]
