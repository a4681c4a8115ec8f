"""Which doors stand open to whom: paths and roles. Rows are the database's to guard."""

from __future__ import annotations

PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/login/provider", "/login/provider/back",
                    "/favicon.ico"})
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
           "/account", "/api/account",
           "/components/")


# What a token may that only files reports, and what somebody may who has a password to change.
_FILING = ("/api/reports", "/api/categories", "/api/openapi.json")
_CHANGING = ("/account", "/api/account", "/logout", "/static/")
_READING = ("GET", "HEAD", "OPTIONS")


def token_may(access: str, method: str, path: str) -> bool:
    """Whether a token that is narrower than its account may ask for this at all.

    Parameters
    ----------
    access
        `full`, `read` or `file`.
    method, path
        Of the request; a websocket counts as GET.
    """
    if access == "file":
        return path.startswith(_FILING)
    return access == "full" or method in _READING


def may_before_change(path: str) -> bool:
    """Whether a path is open to whom somebody else gave a password, before they change it."""
    return path.startswith(_CHANGING)


def may_enter(role: str, path: str) -> bool:
    """Whether a role may use a path at all; an unknown page is left to be not found."""
    page = "/" + path.split("/", 2)[1]
    if page in _PAGES and role not in _PAGES[page]:
        return False
    return role != "intake" or path == "/" or path.startswith(_INTAKE)
