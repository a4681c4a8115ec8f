"""The table of docs/access.md: who may ask for what, from the routes and from asking.

`test_access_table.py` writes it anew when GRIDWALL_WRITE_DOCS is set.
"""

from __future__ import annotations

import re

from console.access import HOME, PUBLIC, may_enter
from tests.console.doors import Door

ROLES = tuple(HOME)
# What lies behind a door of the API that opens by role within the call, or by ground.
_ADMINS = re.compile(r"^/api/(admin|audit)\b|^/api/drafts/defaults$")
HEAD = """# Who may do what

Made from the application's own routes and its rules of entry, and held to them by
`tests/security/test_access_table.py`: a route that is new, or opens to another role, makes that
test fail until this page is written anew
(`GRIDWALL_WRITE_DOCS=1 ./gridwall test tests/security/test_access_table.py -n 0`).

- **●** the door is open: what comes through is what PostgreSQL shows the account, its own ground
  and unit; what is anybody else's is as absent as what is not there (404, an empty list). Whether
  a step is lawful is the loop's to say (409), and people in clear, renames and drafts ask the
  database whether the role may (403).
- **·** the door is shut for the role (403), whatever it would show.
- Nobody who has not signed in gets anything (401, or the sign-in) but `/login`, `/healthz`,
  `/readyz`, `/favicon.ico` and, from the machine itself, `/metrics`.
- A token may be narrower than its account: `read` gets no method but GET, `file` nothing but
  `/api/reports` and `/api/categories`.

"""


def shut(role: str, door: Door) -> bool:
    """Whether a door is shut for a role before anything is looked up."""
    if door.path in PUBLIC:
        return False
    path = re.sub(r"{\w+(:\w+)?}", "1", door.path)
    return not may_enter(role, path) or (role != "admin" and bool(_ADMINS.match(door.path)))


def table(doors: list[Door]) -> str:
    """The page."""
    lines = [f"| | {' | '.join(ROLES)} |", f"|---|{'---|' * len(ROLES)}"]
    lines += [f"| `{door}` | " + " | ".join("·" if shut(role, door) else "●" for role in ROLES)
              + " |" for door in sorted(doors, key=lambda one: (one.path, one.method))]
    return HEAD + "\n".join(lines) + "\n"
