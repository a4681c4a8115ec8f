"""Which doors stand open to whom: paths and roles. Rows are the database's to guard."""

from __future__ import annotations

PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/favicon.ico"})
METRICS = "/metrics"
HOME = {
    "hall": "/wall", "admin": "/wall", "street": "/street", "community": "/street",
    "department": "/street", "planner": "/planner", "officer": "/officer", "intake": "/report",
}
_EVERYBODY = frozenset(HOME)
_PAGES = {
    "/wall": _EVERYBODY - {"intake", "officer"},
    "/street": frozenset({"street", "community", "department", "hall", "admin"}),
    "/statistics": frozenset({"street", "community", "hall", "planner", "admin"}),
    "/planner": frozenset({"planner", "admin"}),
    "/officer": frozenset({"officer", "admin"}),
    "/report": _EVERYBODY - {"hall"},
    "/admin": frozenset({"admin"}),
}
# Those who only file reports see of what became of them what they are told, and find places for
# what came with words only: the database shows them no other matters, and of the library no
# more than names and places.
_INTAKE = ("/api/reports", "/api/addresses", "/api/locate", "/api/incidents", "/api/notices",
           "/api/categories", "/api/openapi.json", "/api/docs", "/static/", "/report", "/logout",
           "/components/")


def may_enter(role: str, path: str) -> bool:
    """Whether a role may use a path at all; an unknown page is left to be not found."""
    page = "/" + path.split("/", 2)[1]
    if page in _PAGES and role not in _PAGES[page]:
        return False
    return role != "intake" or path == "/" or path.startswith(_INTAKE)
