"""A real identity provider on loopback: Canaille, with people, groups and keys of its own."""

from __future__ import annotations

import datetime
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import RSAKey
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

CLIENT, SECRET = "gridwall", "a client secret of the tests"
PASSWORD = "a password at the provider"


@dataclass
class CityProvider:
    """A running provider."""

    url: str
    app: Any
    backend: Any
    models: Any

    def person(self, name: str, groups: tuple[str, ...] = (), email: str = "") -> None:
        """Somebody who can sign in there, in these groups and no others."""
        with self.app.app_context():
            person = self.backend.get(self.models.User, user_name=name)
            if person is None:
                person = self.models.User(
                    user_name=name, family_name="王", given_name="小", formatted_name="王小",
                    emails=[email or f"{name}@city.test"], password=PASSWORD)
                self.backend.save(person)
            for group in self.backend.query(self.models.Group):
                self._leave(group, person)
            for title in groups:
                group = self.backend.get(self.models.Group, display_name=title)
                if group is None:
                    self.backend.save(self.models.Group(display_name=title, members=[person]))
                else:
                    group.members = [*group.members, person]
                    self.backend.save(group)

    def _leave(self, group: Any, person: Any) -> None:
        rest = [one for one in group.members if one.id != person.id]
        if len(rest) < len(group.members):
            if rest:
                group.members = rest
                self.backend.save(group)
            else:
                self.backend.delete(group)

    def client(self, back: str) -> None:
        """Make this address one to which it sends people back."""
        with self.app.app_context():
            known = self.backend.get(self.models.Client, client_id=CLIENT)
            if known is not None:
                self.backend.delete(known)
            made = self.models.Client(
                client_id=CLIENT, client_secret=SECRET, client_name="Gridwall", client_uri=back,
                client_id_issued_at=datetime.datetime.now(datetime.UTC),
                redirect_uris=[f"{back}/login/provider/back"],
                post_logout_redirect_uris=[f"{back}/login"],
                grant_types=["authorization_code"], response_types=["code"],
                token_endpoint_auth_method="client_secret_basic",
                scope=["openid", "profile", "groups"])
            self.backend.save(made)
            made.audience = [made]
            self.backend.save(made)

    def change_keys(self) -> None:
        """Sign with another key from now on; the one before is gone."""
        self.app.config["CANAILLE_OIDC"]["ACTIVE_JWKS"] = [_key()]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: the run's log is for what goes wrong."""


@contextmanager
def city_provider() -> Iterator[CityProvider]:
    """A provider while the block lasts."""
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        port = door.getsockname()[1]
        app = create_app(config={
            "TESTING": True, "ENV_FILE": None, "SECRET_KEY": str(uuid.uuid4()),
            "PREFERRED_URL_SCHEME": "http", "SERVER_NAME": f"localhost:{port}",
            "CANAILLE": {
                "DATABASE": "memory", "JAVASCRIPT": False,
                "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc", "edit_self"]}},
                "LOGGING": {"version": 1, "disable_existing_loggers": False}},
            "CANAILLE_OIDC": {"ACTIVE_JWKS": [_key()]}})
        server: BaseWSGIServer = make_server(
            "localhost", port, app, threaded=True, request_handler=_Quiet, fd=door.fileno())
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield CityProvider(f"http://localhost:{port}", app, Backend.instance, models)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _key() -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    return key.as_dict(private=True)
