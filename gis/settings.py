"""Settings: built once, at the command line, from the environment, and passed in from there.

Every field is one variable ``GRIDWALL_<NAME>``; ``docs/settings.md`` tells their meaning.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import secrets
import typing
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from gis.errors import SetupError
from gis.provider_settings import check_provider

PREFIX = "GRIDWALL_"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def default_home() -> Path:
    """Where a user's Gridwall lives; for root a place that the cluster's user can reach."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/gridwall")
    return Path(platformdirs.user_data_dir("gridwall", appauthor=False))


@dataclass(frozen=True)
class Settings:
    """Everything that may differ from one installation to the next.

    Raises
    ------
    SetupError
        When a value is out of its range.
    """

    home: Path
    database_url: str = ""
    admin_database_url: str = ""
    secret: str = field(default="", repr=False)
    test_data: Path = Path("../shared/data")
    host: str = "127.0.0.1"
    port: int = 5006
    time_zone: str = "Asia/Shanghai"
    nearest_m: float = 200.0
    address_sure: float = 0.85
    live_poll_ms: int = 200
    tick_s: float = 5.0
    demo: bool = True
    pool_size: int = 8
    body_limit_bytes: int = 2_000_000
    session_hours: int = 12
    session_rotate_minutes: float = 15.0
    oidc_issuer: str = ""
    oidc_client_id: str = "gridwall"
    oidc_client_secret: str = field(default="", repr=False)
    oidc_client_secret_file: str = ""
    oidc_scope: str = "openid profile groups"
    oidc_groups_claim: str = "groups"
    oidc_officer_claim: str = ""
    oidc_name: str = ""
    oidc_hosts: str = ""
    oidc_skew_s: float = 60.0
    log_level: str = "warning"
    public_url: str = ""
    intake_waiting: int = 400
    rate_per_token: float = 50.0
    rate_per_address: float = 200.0
    rate_free: str = "127.0.0.0/8 ::1/128"
    tiles_disk_mb: int = 500

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SetupError(f"GRIDWALL_PORT is {self.port}: a port is 0 (any free one) to 65535")
        if not 1 <= self.live_poll_ms <= 200:
            raise SetupError(f"GRIDWALL_LIVE_POLL_MS is {self.live_poll_ms}: 1 to 200 are lawful")
        if not 0.05 <= self.tick_s <= 5:
            raise SetupError(f"GRIDWALL_TICK_S is {self.tick_s}: 0.05 to 5 are lawful")
        if self.nearest_m < 0:
            raise SetupError(f"GRIDWALL_NEAREST_M is {self.nearest_m}: it can't be below 0")
        if not 0.5 <= self.address_sure <= 1:
            raise SetupError(f"GRIDWALL_ADDRESS_SURE is {self.address_sure}: 0.5 to 1 are lawful")
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (ValueError, zoneinfo.ZoneInfoNotFoundError):
            raise SetupError(
                f"GRIDWALL_TIME_ZONE is {self.time_zone!r}: use a name such as Asia/Shanghai"
            ) from None
        if self.pool_size < 2:
            raise SetupError(f"GRIDWALL_POOL_SIZE is {self.pool_size}: at least 2 are needed")
        if self.intake_waiting < 1:
            raise SetupError(
                f"GRIDWALL_INTAKE_WAITING is {self.intake_waiting}: at least 1 is needed")
        for name in ("rate_per_token", "rate_per_address"):
            if not 0 <= getattr(self, name) < 1e6:
                raise SetupError(f"GRIDWALL_{name.upper()} is {getattr(self, name)}: write"
                                 " requests a second, or 0 for no limit")
        _check_networks(self.rate_free)
        if self.tiles_disk_mb < 0:
            raise SetupError(f"GRIDWALL_TILES_DISK_MB is {self.tiles_disk_mb}: write megabytes, or"
                             " 0 for no tiles on disk")
        if not 1 <= self.session_rotate_minutes <= 1440:
            raise SetupError(f"GRIDWALL_SESSION_ROTATE_MINUTES is {self.session_rotate_minutes}:"
                             " 1 to 1440 are lawful")
        check_provider(self)
        if self.public_url and not _is_public_url(self.public_url):
            raise SetupError(
                f"GRIDWALL_PUBLIC_URL is {self.public_url!r:.80}: write the address that phones"
                " reach, such as https://grid.example.test"
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Settings from variables ``GRIDWALL_<NAME>``; empty ones count as absent.

        Parameters
        ----------
        environ
            The process's environment, or a test's.

        Raises
        ------
        SetupError
            When a value can't be read as its type, or only one of the two database
            addresses is given.
        """
        types = typing.get_type_hints(cls)
        given = {
            field.name: _read(PREFIX + field.name.upper(), text, types[field.name])
            for field in fields(cls)
            if (text := environ.get(PREFIX + field.name.upper(), ""))
        }
        given.setdefault("home", default_home())
        settings = cls(**given)
        if bool(settings.database_url) != bool(settings.admin_database_url):
            raise SetupError(
                "set both GRIDWALL_DATABASE_URL (the server's role, which owns nothing) and"
                " GRIDWALL_ADMIN_DATABASE_URL (migrations and loading), or neither for a"
                " private cluster"
            )
        return settings

    @property
    def private_cluster(self) -> bool:
        """Whether the database is our own cluster under `home`."""
        return not self.database_url

    def with_secret(self) -> Settings:
        """The same with a secret: the one given, else the one kept in `home`, made if absent."""
        if self.secret:
            return self
        make_home(self.home)
        path = self.home / "secret"
        if not path.exists():
            fresh = self.home / f"secret.{secrets.token_hex(4)}"
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            try:
                os.link(fresh, path)  # the first of two starts wins, and both read the same
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return replace(self, secret=path.read_text().strip())


def make_home(home: Path) -> None:
    """Make the home folder: others may pass through root's, for the cluster's user must.

    Raises
    ------
    SetupError
        When it can't be made.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    for folder in [*reversed(home.parents), home]:
        if not folder.exists():
            try:
                folder.mkdir(exist_ok=True)
                folder.chmod(mode)
            except OSError as problem:
                raise SetupError(
                    f"the folder {folder} can't be made: {problem.strerror}. Choose another with"
                    " GRIDWALL_HOME."
                ) from None


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Variables that look like settings and are none, each with the nearest real name or ``""``."""
    known = [PREFIX + field.name.upper() for field in fields(Settings)]
    return {
        name: next(iter(difflib.get_close_matches(name, known, 1)), "")
        for name in environ
        if name.startswith(PREFIX) and name not in known
    }


def _check_networks(given: str) -> None:
    for one in given.split():
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise SetupError(
                f"GRIDWALL_RATE_FREE has {one!r:.60}: write networks such as 10.1.0.0/16, with"
                " spaces between them") from None


def _is_public_url(given: str) -> bool:
    """Whether it is http or https and a host, perhaps with a port and a path, and no more."""
    try:
        parts = urlsplit(given)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(named and given.isascii() and given.isprintable() and " " not in given
                and not (parts.query or parts.fragment or parts.username))


def _read(name: str, text: str, kind: type) -> object:
    if kind is Path:
        return Path(text).expanduser().absolute()
    if kind is bool:
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        raise SetupError(f"{name} is {text!r}: use 1 or 0")
    try:
        return kind(text)
    except ValueError:
        raise SetupError(f"{name} is {text!r}: {kind.__name__} expected") from None
