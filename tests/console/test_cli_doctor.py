"""`doctor`: says what is well, and what to do about the rest."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from console.cli import main
from gis.personal_data import KeyFile
from tests.gis.builders import at as place
from tests.gis.builders import owner, put_address, put_area, put_report, rectangle, settle


@pytest.fixture
def at(monkeypatch, tmp_path, database):
    """Point the command line at a migrated, empty database."""
    monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", database.server_url)
    monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", database.admin_url)
    return database


def test_a_sound_installation(at, capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "ok    database: reached as gridwall_server" in said
    assert said.endswith("all is well\n")


def test_a_misspelt_setting_is_ill(at, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_PROT", "5007")
    assert main(["doctor"]) == 1
    assert "did you mean GRIDWALL_PORT?" in capsys.readouterr().out


def test_a_server_role_that_owns_the_tables_is_ill(at, monkeypatch, capsys):
    monkeypatch.setenv("GRIDWALL_DATABASE_URL", at.admin_url)
    assert main(["doctor"]) == 1
    assert "gridwall_owner owns the tables" in capsys.readouterr().out


def test_a_changed_step_is_told_and_an_anchor_checked(at, capsys):
    with owner(at.admin_url) as connection:
        put_area(connection, "street", "S", rectangle(0, 0, 1, 1))
        settle(connection)
        put_report(connection, place(0.5, 0.5))
    assert main(["escalate", "--at", "2026-11-19T10:00:00+08:00"]) == 0
    assert main(["escalate", "--at", "2026-11-19T10:00:00+08:00"]) == 0
    assert capsys.readouterr().out == "1 acted upon\n0 acted upon\n"
    assert main(["doctor", "--since", "2026-01-01"]) == 0
    anchor = re.search(r"2 steps of 1 incidents .* note down the last: (\d+:\w+)",
                       capsys.readouterr().out)[1]
    with owner(at.admin_url) as connection:
        connection.execute("ALTER TABLE step DISABLE TRIGGER USER")
        connection.execute("UPDATE step SET tier = 'street' WHERE number = 2")
    assert main(["doctor", "--anchor", anchor]) == 1
    said = capsys.readouterr().out
    assert "ILL   seals: step 2 of incident 1 was changed" in said
    assert "noted down" not in said
    assert main(["doctor", "--anchor", f"1:{'0' * 64}"]) == 1
    assert "batch 1 is not the one that was noted down" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["escalate", "--at", "yesterday"],
                                     ["escalate", "--at", "2026-11-19T10:00:00"],
                                     ["doctor", "--since", "lately"],
                                     ["doctor", "--anchor", "12"]])
def test_what_can_t_be_read_is_told(at, command, capsys):
    assert main(command) == 1
    assert re.search("write|offset", capsys.readouterr().err)


def _person_under(url: str, key_id: str) -> None:
    with owner(url) as connection:
        house = put_address(connection, f"1 {key_id} road", place(0.5, 0.5))
        connection.execute("INSERT INTO person VALUES (%s, %s, 'registered', NULL, %s, %s, 'm',"
                           " 's')", (uuid4(), house, key_id, key_id.encode()))


def test_the_keys_of_personal_data_are_looked_at(at, tmp_path, capsys):
    file = KeyFile(tmp_path)
    assert main(["doctor"]) == 0
    assert "ok    keys: no persons are loaded" in capsys.readouterr().out
    _person_under(at.admin_url, file.made().current)
    assert main(["doctor"]) == 0
    assert "ok    keys: 1 persons under 1 of 1 keys\n" in capsys.readouterr().out

    former = file.ring().current
    file.rotate()
    _person_under(at.admin_url, file.ring().current)
    with owner(at.admin_url) as connection:
        connection.execute("UPDATE person SET key_id = %s", (file.ring().current,))
    main(["doctor"])
    assert f"2 persons under 1 of 2 keys; only older backups need {former}" \
        in capsys.readouterr().out

    file.path.chmod(0o644)
    assert main(["doctor"]) == 1
    assert "has mode 644" in capsys.readouterr().out
    file.path.chmod(0o600)
    _person_under(at.admin_url, "k9-lost")
    assert main(["doctor"]) == 1
    assert re.search(r"ILL   keys: 1 persons stand under keys .*k9-lost", capsys.readouterr().out)
    file.path.unlink()
    assert main(["doctor"]) == 1
    assert "ILL   keys: the keys of personal data are missing" in capsys.readouterr().out
