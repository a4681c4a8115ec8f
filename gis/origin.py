"""From which address the present request comes, for the audit log.

A context variable, since every door of the database notes it and none decides by it.
"""

from __future__ import annotations

from contextvars import ContextVar

# None where nobody asks from outside: the keepers, the command line.
ORIGIN: ContextVar[str | None] = ContextVar("gridwall_origin", default=None)
