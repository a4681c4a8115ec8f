"""Proposals being drawn: each in a process of its own, some at a time, until nobody wants them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import pickle
import secrets
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gis.errors import GridwallError, InvalidInput, NotFound, TooOften
from gis.proposals import Ground, Proposal, Task

# Processes at a time; orders under way at a time; orders whose answers are kept.
AT_ONCE, MOST_RUNNING, MOST_KEPT = 2, 4, 16
# What a process may take beyond its time before it is ended.
GRACE_S = 45.0
_LONGEST_LINE = 64_000_000


@dataclass
class Job:
    """One order: how far it is, and what was drawn so far, by seed."""

    id: str
    owner: str
    draft_id: int
    version: int
    task: Task
    seeds: int
    seconds: float
    progress: dict[int, tuple[int, int, str]] = field(default_factory=dict)
    made: dict[int, Proposal] = field(default_factory=dict)
    missed: GridwallError | None = None
    canceled: bool = False
    work: asyncio.Task | None = None

    @property
    def state(self) -> str:
        """running, done, failed or canceled."""
        if self.canceled:
            return "canceled"
        if self.work is None or not self.work.done():
            return "running"
        return "done" if self.made else "failed"


class Proposing:
    """The proposals of one server; of one event loop."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def start(self, owner: str, draft_id: int, version: int, order: Mapping[str, Any],
              seeds: int) -> Job:
        """Begin to draw.

        Parameters
        ----------
        owner
            Whose it is: nobody else is told of it.
        order
            `ground`, `task` and `seconds`, as of `gis.proposals.draw`.
        seeds
            How many proposals.

        Raises
        ------
        TooOften
            Too many are being drawn.
        """
        running = [job for job in self._jobs.values() if job.state == "running"]
        if len(running) >= MOST_RUNNING:
            raise TooOften("too many proposals are being drawn just now", retry_after_s=20)
        job = Job(secrets.token_urlsafe(9), owner, draft_id, version, order["task"], seeds,
                  order["seconds"])
        self._jobs[job.id] = job
        done = [one.id for one in self._jobs.values() if one.state != "running"]
        for old in done[:max(0, len(self._jobs) - MOST_KEPT)]:
            del self._jobs[old]
        job.work = asyncio.create_task(self._run(job, order))
        return job

    def find(self, owner: str, draft_id: int, job_id: str) -> Job:
        """An order of one's own.

        Raises
        ------
        NotFound
            There is none, or no more.
        """
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner or job.draft_id != draft_id:
            raise NotFound(f"no proposals {job_id!r:.40}; they are kept for a while only")
        return job

    async def cancel(self, job: Job) -> None:
        """End what is under way."""
        job.canceled = job.state == "running"
        if job.work is not None:
            job.work.cancel()
            await asyncio.wait([job.work])

    async def close(self) -> None:
        """End all."""
        for job in list(self._jobs.values()):
            await self.cancel(job)

    async def _run(self, job: Job, order: Mapping[str, Any]) -> None:
        found = await asyncio.gather(
            *(self._drawn(job, dict(order) | {"seed": seed, "proofs": seed == 0})
              for seed in range(job.seeds)), return_exceptions=True)
        faults = [one for one in found if isinstance(one, BaseException)]
        if faults:
            fault = faults[0]
            job.missed = fault if isinstance(fault, GridwallError) else GridwallError(
                f"{len(faults)} of {job.seeds} could not be drawn")
            if not isinstance(fault, GridwallError | TimeoutError):
                raise fault

    async def _drawn(self, job: Job, order: dict[str, Any]) -> None:
        ground: Ground = order["ground"]
        sent = await asyncio.to_thread(pickle.dumps, {
            "ground": ground, "task": order["task"], "seed": order["seed"],
            "seconds": order["seconds"], "proofs": order["proofs"]})
        async with self._turn, asyncio.timeout(order["seconds"] + GRACE_S):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "gis.proposals", stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_LINE)
            try:
                process.stdin.write(sent)
                await process.stdin.drain()
                process.stdin.close()
                async for line in process.stdout:
                    self._told(job, order["seed"], json.loads(line))
                await process.wait()
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if order["seed"] not in job.made:
            raise GridwallError("a proposal was not drawn to its end")

    def _told(self, job: Job, seed: int, line: dict[str, Any]) -> None:
        if "refused" in line:
            raise InvalidInput(line["refused"], line["field"])
        if "made" in line:
            job.made[seed] = pickle.loads(base64.b64decode(line["made"]))
        else:
            job.progress[seed] = (line["done"], line["total"], line["what"])
