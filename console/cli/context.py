"""What a command works with: settings and a database that is there when asked for."""

from __future__ import annotations

import os
from dataclasses import replace

import click

from gis.cluster import OWNER, SERVER, Cluster
from gis.settings import Settings


class Session:
    """Handed to every command as `context.obj`; see `pass_session`.

    Nothing is read or started before it is asked for. A private cluster that was started here
    is stopped when the command ends, unless another program holds it or `db start` keeps it.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings
        self._held: Cluster | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this run; the database's addresses once it was asked for."""
        if self._settings is None:
            self._settings = Settings.from_environment(os.environ)
        return self._settings

    def change(self, **values: object) -> Settings:
        """Settings with some values from the command line in place of the environment's."""
        self._settings = replace(self.settings, **values)
        return self._settings

    def cluster(self) -> Cluster:
        """The private cluster of this home, as it is."""
        return self._held or Cluster(self.settings.home / "pg")

    @property
    def held(self) -> Cluster | None:
        """The private cluster that this command holds; None where it has none."""
        return self._held

    def own_cluster(self) -> Cluster | None:
        """The private cluster; None where the settings name a database that others run."""
        mine = self._held is not None or self.settings.private_cluster
        return self.cluster() if mine else None

    def admin_url(self) -> str:
        """Address of the database as its owner; starts the private cluster where needed."""
        self._hold()
        return self.settings.admin_database_url

    def server_url(self) -> str:
        """Address of the database as the server's role, which owns nothing."""
        self._hold()
        return self.settings.database_url

    def _hold(self) -> None:
        if self._held is None and self.settings.private_cluster:
            cluster = self.cluster()
            cluster.hold()
            self._held = cluster
            self.change(database_url=cluster.url(SERVER), admin_database_url=cluster.url(OWNER))

    def close(self) -> None:
        """Let go of the cluster."""
        if self._held is not None:
            held, self._held = self._held, None
            held.release()


pass_session = click.make_pass_decorator(Session)
