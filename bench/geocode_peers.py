"""A bare trigram search over the full texts of addresses: what geocoders often begin with."""

from __future__ import annotations

import psycopg

_COPY = "CREATE TABLE bench_text AS SELECT id, text FROM address ORDER BY id LIMIT %(most)s"
_INDEX = (
    "CREATE INDEX ON bench_text USING gin (text gin_trgm_ops)",
    "ANALYZE bench_text",
)
_SEARCH = ("SELECT id FROM bench_text WHERE text %% %(text)s"
           " ORDER BY similarity(text, %(text)s) DESC LIMIT 5")


def prepare_trigrams(admin_url: str, most: int | None) -> None:
    """A copy of all texts, or of some, with an index of their trigrams."""
    with psycopg.connect(admin_url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute(_COPY, {"most": most})
        for statement in _INDEX:
            connection.execute(statement)


def trigram_search(connection: psycopg.Connection, text: str) -> list[int]:
    """The five texts that share most trigrams with a text, by their ids."""
    return [row[0] for row in connection.execute(_SEARCH, {"text": text})]
