"""Rehearsals under way and those just made: one for each version of a draft and who asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from gis.database import Database
from gis.errors import Conflict, GridwallError, NotFound, Overloaded
from gis.plans import draft_redraw, read_draft
from gis.rehearsal import STAGES, rehearse

# Rehearsals at a time, those that may wait, and those that are kept.
AT_ONCE, MOST_WAITING, MOST_KEPT = 1, 6, 12
FRESH_S = 600.0
Key = tuple[str, int]


@dataclass
class Rehearsal:
    """One, of a draft at a version."""

    version: int
    done: int = 0
    total: int = len(STAGES)
    what: str = STAGES[0]
    begun: float = 0.0
    figures: dict[str, Any] | None = None
    refused: GridwallError | None = None
    work: asyncio.Task | None = None

    @property
    def state(self) -> str:
        """running, ready or failed."""
        if self.refused is not None:
            return "failed"
        return "ready" if self.figures is not None else "running"


class Rehearsals:
    """The rehearsals of one server; of one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._kept: OrderedDict[Key, Rehearsal] = OrderedDict()

    def start(self, owner: str, secret: str, draft_id: int, version: int,
              anew: bool = False) -> Rehearsal:
        """The rehearsal of a draft's version: the one there is, or a new one that begins now.

        Parameters
        ----------
        owner, secret
            Who asks, and with what they enter the database: they are told what they may see.
        anew
            Whether one that is ready is made again; one older than ten minutes always is.

        Raises
        ------
        Overloaded
            Too many wait.
        """
        known = self._kept.get((owner, draft_id))
        now = asyncio.get_running_loop().time()
        if known and known.version == version and (known.state == "running" or (
                known.state == "ready" and not anew and now - known.begun < FRESH_S)):
            return known
        if sum(one.state == "running" for one in self._kept.values()) >= MOST_WAITING:
            raise Overloaded("too many drafts are being rehearsed just now", retry_after_s=15)
        if known and known.work:
            known.work.cancel()
        made = Rehearsal(version, begun=now)
        self._kept[owner, draft_id] = made
        self._kept.move_to_end((owner, draft_id))
        for key in [key for key, one in self._kept.items() if one.state != "running"][:-MOST_KEPT]:
            del self._kept[key]
        made.work = asyncio.create_task(self._run(made, secret, draft_id))
        return made

    def find(self, owner: str, draft_id: int, version: int) -> Rehearsal | None:
        """The rehearsal of a version; None where nobody asked for it."""
        known = self._kept.get((owner, draft_id))
        return known if known and known.version == version else None

    def ready(self, owner: str, draft_id: int, version: int) -> dict[str, Any]:
        """The figures of a version.

        Raises
        ------
        NotFound
            Nobody asked for them yet.
        Conflict
            They are not there yet.
        GridwallError
            Why there are none.
        """
        known = self.find(owner, draft_id, version)
        if known is None:
            raise NotFound("this version of the draft has not been rehearsed yet")
        if known.refused is not None:
            raise known.refused
        if known.figures is None:
            raise Conflict("the rehearsal is still under way")
        return known.figures

    async def close(self) -> None:
        """End what is under way."""
        works = [one.work for one in self._kept.values() if one.work and not one.work.done()]
        for work in works:
            work.cancel()
        if works:
            await asyncio.wait(works)

    async def _run(self, made: Rehearsal, secret: str, draft_id: int) -> None:
        def told(done: int, total: int, what: str) -> None:
            made.done, made.total, made.what = done, total, what

        try:
            async with self._turn, self._database.scope(secret) as connection:
                redraw = await draft_redraw(connection, draft_id)
                draft = await read_draft(connection, draft_id)
                if draft.version != made.version:
                    raise Conflict("the draft was changed meanwhile; rehearse it again")
                made.figures = await rehearse(connection, redraw, self._database.now(), told) | {
                    "draft": {"id": draft_id, "name": draft.name, "version": draft.version,
                              "level": draft.level}}
        except GridwallError as refusal:
            made.refused = refusal
        except asyncio.CancelledError:
            made.refused = Conflict("the rehearsal was ended")
            raise
        except Exception:
            made.refused = GridwallError("the rehearsal could not be made")
            raise
