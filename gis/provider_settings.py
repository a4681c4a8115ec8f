"""What the settings say of the city's identity provider: whether it can be, its secret, its hosts.

Imported by `gis.settings`; knows of it no more than its fields.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gis.errors import SetupError


def check_provider(settings: Any) -> None:
    """Refuse settings by which nobody could sign in safely.

    Parameters
    ----------
    settings
        A `gis.settings.Settings`.

    Raises
    ------
    SetupError
        When the issuer is no https address (plain http on this machine alone), when its secret
        is given twice, or when a further host can't be read.
    """
    if not settings.oidc_issuer:
        return
    if not _is_safe(settings.oidc_issuer):
        raise SetupError(
            f"GRIDWALL_OIDC_ISSUER is {settings.oidc_issuer!r:.80}: write it as the provider does,"
            " such as https://login.example.test/realms/city; plain http only on this machine")
    if settings.oidc_client_secret and settings.oidc_client_secret_file:
        raise SetupError("set GRIDWALL_OIDC_CLIENT_SECRET or GRIDWALL_OIDC_CLIENT_SECRET_FILE,"
                         " not both")
    for host in settings.oidc_hosts.split():
        if not _is_safe(host) or urlsplit(host).path not in ("", "/"):
            raise SetupError(f"GRIDWALL_OIDC_HOSTS has {host!r:.80}: write each as"
                             " https://host or https://host:port, with spaces between")
    if not 0 <= settings.oidc_skew_s <= 600:
        raise SetupError(f"GRIDWALL_OIDC_SKEW_S is {settings.oidc_skew_s}: 0 to 600 are lawful")


def provider_secret(settings: Any) -> str:
    """The client's secret, from the setting or its file; empty for a public client.

    Raises
    ------
    SetupError
        When the file can't be read.
    """
    if not settings.oidc_client_secret_file:
        return settings.oidc_client_secret
    try:
        return Path(settings.oidc_client_secret_file).expanduser().read_text().strip()
    except OSError as problem:
        raise SetupError(f"GRIDWALL_OIDC_CLIENT_SECRET_FILE can't be read: {problem.strerror}"
                         ) from None


def provider_origins(settings: Any) -> frozenset[str]:
    """Scheme, host and port of all that the server may ask on the provider's behalf."""
    return frozenset(origin(one) for one in (settings.oidc_issuer, *settings.oidc_hosts.split()))


def origin(address: str) -> str:
    """Scheme, host and port of an address, the port always written out."""
    parts = urlsplit(address)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        named = parts.hostname and parts.port != 0
    except ValueError:
        return False
    if not named or parts.query or parts.fragment or parts.username or not address.isascii():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
