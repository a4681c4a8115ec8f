"""Settings: read from the environment once, and clear when they can't be."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gis.errors import SetupError
from gis.settings import Settings, unknown_variables


def test_an_empty_environment_gives_a_private_cluster_on_the_loopback():
    settings = Settings.from_environment({})
    assert settings.private_cluster
    assert (settings.host, settings.port, settings.nearest_m) == ("127.0.0.1", 5006, 200)


def test_variables_are_read_as_their_types():
    settings = Settings.from_environment({
        "GRIDWALL_HOME": "/x", "GRIDWALL_PORT": "81", "GRIDWALL_NEAREST_M": "12.5",
        "GRIDWALL_DEMO": "off", "GRIDWALL_HOST": "",
    })
    assert (settings.home, settings.port, settings.nearest_m) == (Path("/x"), 81, 12.5)
    assert settings.demo is False
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    "name,value",
    [("PORT", "http"), ("PORT", "65536"), ("DEMO", "perhaps"), ("LIVE_POLL_MS", "201"),
     ("LIVE_POLL_MS", "0"), ("NEAREST_M", "-1"), ("TIME_ZONE", "Mars/Base"), ("POOL_SIZE", "1")],
)
def test_a_value_that_cannot_be_is_named(name, value):
    with pytest.raises(SetupError, match=f"GRIDWALL_{name}"):
        Settings.from_environment({f"GRIDWALL_{name}": value})


@pytest.mark.parametrize("name", ["GRIDWALL_DATABASE_URL", "GRIDWALL_ADMIN_DATABASE_URL"])
def test_one_database_address_alone_is_refused(name):
    with pytest.raises(SetupError, match="set both"):
        Settings.from_environment({name: "postgresql://x@/y"})


def test_secret_is_made_once_and_closed_to_others(tmp_path):
    first = Settings(home=tmp_path / "new" / "home").with_secret()
    assert len(first.secret) >= 48
    assert Settings(home=first.home).with_secret().secret == first.secret
    kept = first.home / "secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in first.home.iterdir()] == ["secret"]


def test_a_given_secret_is_not_kept(tmp_path):
    assert Settings(home=tmp_path / "home", secret="s").with_secret().secret == "s"
    assert not (tmp_path / "home").exists()


def test_a_misspelt_variable_is_found():
    assert unknown_variables({"GRIDWALL_PROT": "1", "GRIDWALL_PORT": "1", "PATH": ""}) == {
        "GRIDWALL_PROT": "GRIDWALL_PORT"
    }
