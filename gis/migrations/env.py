"""Alembic's environment: it takes the connection that gis.schema hands over, never its own."""

from __future__ import annotations

from alembic import context
from geoalchemy2 import alembic_helpers

from gis.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_object=alembic_helpers.include_object,
    process_revision_directives=alembic_helpers.writer,
    render_item=alembic_helpers.render_item,
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
