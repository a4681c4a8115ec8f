"""The one tree of errors. A message says what was wrong, where, and what would be right.

GridwallError
├── InvalidInput            a field of what was sent can't be used
│   ├── NoPlace             neither coordinates, nor a code, nor an address
│   ├── UnknownDatum
│   ├── UnknownCategory
│   ├── InvalidCode         a code breaks the standard in a part
│   └── BadPassword         a password that is guessed early
├── NotLawful               the step is not one that may be taken now (carries those that may)
├── NotFound                no such thing, or not for the caller to see
├── NotSignedIn             no session, no token, or one that has ended
├── NotAllowed              signed in, and still not theirs to do
│   └── MustChange          with a password that somebody else gave: another is needed first
├── Conflict                somebody else was first
├── BadFile                 a file that can't be read as what it is said to be
├── Overloaded              more than can be taken now; carries when to come again
│   └── TooOften            one caller asks more often than is theirs
├── DatabaseAway            the database can't be reached; carries when to come again
│   └── DatabaseShut        it reads on and takes nothing in: its disk is full, it is read-only
└── SetupError              the machine, the cluster or the schema is not as needed
    └── KeyMissing          sealed personal data does not open with the keys that are there
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One thing that is wrong with one field."""

    field: str
    message: str


class GridwallError(Exception):
    """Base of all errors that Gridwall raises on purpose."""

    title = "Gridwall error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(GridwallError):
    """A field of what was sent can't be used.

    Parameters
    ----------
    message
        What is wrong and what would be right.
    field
        The field's name as the sender wrote it.
    """

    title = "Invalid input"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field

    @property
    def problems(self) -> list[FieldProblem]:
        """The fields at fault, for problem+json's `errors`."""
        return [FieldProblem(self.field, self.message)] if self.field else []


class InvalidFields(InvalidInput):
    """Several fields at once; `problems` has them all."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self._problems = list(problems)

    @property
    def problems(self) -> list[FieldProblem]:
        """The fields at fault, in the order found."""
        return self._problems


class NoPlace(InvalidInput):
    """Neither coordinates, nor a house code, nor an address."""

    title = "No place"

    def __init__(self) -> None:
        super().__init__(
            "a place is needed: lon and lat, or house_code, or address", field="lon"
        )


class UnknownDatum(InvalidInput):
    """A datum that is not one of the four."""

    title = "Unknown datum"

    def __init__(self, given: object) -> None:
        super().__init__(
            f"{given!r:.60} is no datum known here: use wgs84, cgcs2000, gcj02 or bd09",
            field="datum",
        )


class UnknownCategory(InvalidInput):
    """A category that is neither a code nor a Chinese name in the table."""

    title = "Unknown category"

    def __init__(self, given: object) -> None:
        said = "it is missing" if given is None else f"{given!r:.60} is no category"
        super().__init__(
            f"{said}: use the code or the Chinese name of a class or sub-class",
            field="category",
        )


class InvalidCode(InvalidInput):
    """A code that breaks the standard in one of its parts."""

    title = "Invalid code"


class BadPassword(InvalidInput):
    """A password that is guessed early; `reason` is short, long, name, simple or common."""

    title = "Password not taken"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, field="password")
        self.reason = reason


class NotLawful(GridwallError):
    """A step that may not be taken now.

    Parameters
    ----------
    message
        What was asked and why it may not be.
    lawful
        The actions that may be taken instead, in the machine's order.
    """

    title = "Not lawful now"

    def __init__(self, message: str, lawful: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.lawful = lawful


class NotFound(GridwallError):
    """No such thing, or not for the caller to see: the two are told alike."""

    title = "Not found"


class NotSignedIn(GridwallError):
    """No session, no token, or one that has ended."""

    title = "Not signed in"


class NotAllowed(GridwallError):
    """Signed in, and still not theirs to do."""

    title = "Not allowed"


class MustChange(NotAllowed):
    """Signed in with a password that somebody else gave, which has to be changed first."""

    title = "Password to be changed"


class Conflict(GridwallError):
    """Somebody else was first.

    Parameters
    ----------
    message
        What can't be done any more.
    lawful
        The actions that may be taken now, where it is a matter that has moved on.
    """

    title = "Conflict"

    def __init__(self, message: str, lawful: tuple[str, ...] | None = None) -> None:
        super().__init__(message)
        self.lawful = lawful


class BadFile(GridwallError):
    """A file that can't be read as what it is said to be."""

    title = "Unreadable file"


class Overloaded(GridwallError):
    """More than can be taken now."""

    title = "Overloaded"

    def __init__(self, message: str, retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooOften(Overloaded):
    """One token or address asks more often than is theirs; others are served."""

    title = "Too many requests"


class DatabaseAway(GridwallError):
    """The database can't be reached or refuses to work."""

    title = "Database away"

    def __init__(self, message: str = "the database is away", retry_after_s: int = 2) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DatabaseShut(DatabaseAway):
    """The database answers and takes nothing in; nothing of what was sent is stored.

    Parameters
    ----------
    reason
        `full` (its disk) or `read_only`.
    """

    title = "Nothing can be stored"
    _WHY = {
        "full": "the disk of the database is full: nothing was stored; reading goes on",
        "read_only": "the database is read-only now: nothing was stored; reading goes on",
    }

    def __init__(self, reason: str, retry_after_s: int = 15) -> None:
        super().__init__(self._WHY[reason], retry_after_s)
        self.reason = reason


class SetupError(GridwallError):
    """The machine, the cluster or the schema is not as needed."""

    title = "Set-up"


class KeyMissing(SetupError):
    """Sealed personal data does not open with the keys that are there."""

    title = "Key missing"
