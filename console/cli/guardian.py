"""A private cluster keeps room for its log, and is started again when it died: by nobody's hand."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import subprocess

from gis import postmaster
from gis.cluster import Cluster
from gis.errors import SetupError

log = logging.getLogger("gridwall.guardian")
LOOK_S, LONGEST_REST_S = 0.5, 15.0
_STATE = re.compile(r"^Database cluster state: +(.+)$", re.MULTILINE)


class Guardian:
    """Looks after one cluster until cancelled.

    PostgreSQL mends what it can by itself while its first process lives. That process can be
    killed, or end since its disk is full: then it is started anew, and again after ever longer
    rests until that succeeds. Whoever stopped it on purpose is not contradicted. A reserve is kept
    on its disk for as long as others leave room for it.

    Parameters
    ----------
    cluster
        Held by this program.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def run(self) -> None:
        """Look at its room, and start what has fallen."""
        rest_s = LOOK_S
        while True:
            await asyncio.to_thread(self._cluster.reserve.keep)
            await asyncio.sleep(rest_s)
            if postmaster.find(self._cluster.data) or not await asyncio.to_thread(self._fell):
                rest_s = LOOK_S
                continue
            try:
                await asyncio.to_thread(self._cluster.hold)
                log.warning("the database had ended without being asked to; it runs again")
            except SetupError as problem:
                rest_s = min(2 * rest_s, LONGEST_REST_S)
                log.warning("the database does not start; the next try comes in %.0f s: %s",
                            rest_s, problem.message)

    def _fell(self) -> bool:
        """Whether its last words were not those of a stop."""
        told = subprocess.run(
            [self._cluster.programs.path("pg_controldata"), "-D", str(self._cluster.data)],
            capture_output=True, text=True, check=False, env=os.environ | {"LC_ALL": "C"})
        state = _STATE.search(told.stdout)
        return state is not None and not state[1].startswith("shut down")
