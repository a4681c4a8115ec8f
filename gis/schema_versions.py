"""Whether a program and a database fit: which of the two is older, and who still serves whom.

Revisions are four digits, so that text order is their order. A database tells its own state by
the function `schema_state`, which every migration writes anew.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SchemaState:
    """What a database says of itself.

    Attributes
    ----------
    revision
        Where it stands; empty where it was never migrated, or by a release before 0015.
    serves
        The oldest revision whose programs work with it.
    release
        Version of the program that migrated it.
    scripts
        Digest of the SQL that was applied.
    """

    revision: str = ""
    serves: str = ""
    release: str = ""
    scripts: str = ""


@dataclass(frozen=True)
class Fit:
    """How a program and a database stand to each other.

    Attributes
    ----------
    serves
        Whether the program works with the database as it is.
    newer
        Whether the database is a later program's: this one must not migrate it.
    reason
        Where it does not work, or is newer: what is so and what to do.
    """

    serves: bool
    newer: bool = False
    reason: str = ""


def judge(known: str, state: SchemaState, release: str = "") -> Fit:
    """Hold a database against what a program knows.

    Parameters
    ----------
    known
        The program's newest revision.
    state
        What the database says.
    release
        The program's version; of two releases of one revision the later has the later functions.
    """
    if state.revision < known:
        at = f"at schema {state.revision}" if state.revision else "without this program's schema"
        return Fit(False, reason=f"the database is {at}, this program needs {known}:"
                                 " ./gridwall db migrate (or just ./gridwall up)")
    if state.revision == known:
        newer = bool(release) and _ordered(state.release) > _ordered(release)
        return Fit(True, newer, f"release {state.release} migrated the database, this program is"
                                f" of {release}: left as it is" if newer else "")
    if state.serves <= known:
        return Fit(True, True, f"the database is at schema {state.revision}, which serves programs"
                               f" from {state.serves} on, so this one of {known}: left as it is")
    return Fit(False, True, f"the database is at schema {state.revision}, which serves programs"
                            f" from {state.serves} on; this one is of {known}: put the new release"
                            " in its place")


def _ordered(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())
