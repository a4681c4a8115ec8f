"""Tiles on disk: whole or not at all, bounded, and verified when they are read."""

from __future__ import annotations

import os

import pytest

from tiles.cache import Body
from tiles.disk import Disk, Place

PLACE = Place("buildings", 15, 7, 9, "hall buildings 15/7/9")
BODY = Body(b"a tile " * 300)


@pytest.fixture
def disk(tmp_path) -> Disk:
    opened = Disk(tmp_path / "tiles", 1_000_000)
    opened.open("one")
    return opened


def files_under(folder) -> list:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_written_is_read_by_every_process(disk, tmp_path):
    disk.write(PLACE, 41, BODY)
    other = Disk(tmp_path / "tiles", 1_000_000)
    other.open("one")
    as_of, body = other.read(PLACE)
    assert (as_of, body.content, body.tag) == (41, BODY.content, BODY.tag)
    assert body.coded("br") == BODY.coded("br")
    assert disk.read(PLACE._replace(key="street")) is None
    # What lies in a jurisdiction is for nobody else of this machine.
    assert (tmp_path / "tiles").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("harm", ["shorter", "flipped", "empty", "another"])
def test_what_does_not_verify_is_no_tile(disk, tmp_path, harm):
    disk.write(PLACE, 41, BODY)
    [file] = files_under(tmp_path)
    content = bytearray(file.read_bytes())
    if harm == "another":
        other = PLACE._replace(key="street")
        disk.write(other, 41, BODY)
        [theirs] = [one for one in files_under(tmp_path) if one != file]
        content = theirs.read_bytes()
    elif harm == "flipped":
        content[-9] ^= 1
    else:
        content = content[:len(content) // 2] if harm == "shorter" else b""
    file.write_bytes(content)
    assert disk.read(PLACE) is None
    assert not file.exists()


def test_the_least_lately_used_goes_first(disk, tmp_path):
    small = Disk(tmp_path / "small", 40_000)
    small.open("one")
    places = [PLACE._replace(y=number, key=str(number)) for number in range(40)]
    for number, place in enumerate(places):
        small.write(place, 1, Body(os.urandom(2_000)))
        path = small._folder / place.folder / place.name
        if path.exists():
            os.utime(path, (number, number))
        small.read(places[0])
    taken = sum(file.stat().st_size for file in files_under(tmp_path / "small"))
    assert 20_000 < taken <= 40_000
    assert small.read(places[0]) is not None
    assert small.read(places[1]) is None
    assert small.read(places[-1]) is not None


def test_a_tile_goes_under_whatever_key(disk):
    others = [PLACE._replace(key="street"), PLACE._replace(y=10), PLACE._replace(layer="areas"),
              PLACE._replace(y=99)]
    for place in (PLACE, *others):
        disk.write(place, 1, BODY)
    touched = {(15, 7, 9): 2, (15, 8, 9): 2, (14, 7, 9): 2, (15, 7, 99): 1}
    assert disk.drop("buildings", touched) == 2
    assert disk.read(PLACE) is disk.read(others[0]) is None
    assert all(disk.read(place) for place in others[1:])


def test_another_installation_s_tiles_are_removed(disk, tmp_path):
    disk.write(PLACE, 1, BODY)
    disk.write_marks({"since": 3})
    assert disk.read_marks() == {"since": 3}
    disk.open("two")
    assert disk.read(PLACE) is None
    assert disk.read_marks() is None
    assert files_under(tmp_path) == []


def test_marks_that_do_not_verify_are_none(disk, tmp_path):
    disk.write_marks({"since": 3})
    [file] = files_under(tmp_path)
    file.write_bytes(file.read_bytes()[:-1])
    assert disk.read_marks() is None


def test_a_folder_that_can_t_be_is_told_and_costs_no_answer(tmp_path, caplog):
    (tmp_path / "tiles").write_text("in the way")
    disk = Disk(tmp_path / "tiles", 1_000_000)
    disk.open("one")
    disk.write(PLACE, 1, BODY)
    disk.write_marks({})
    assert disk.read(PLACE) is disk.read_marks() is None
    assert disk.drop("buildings", {(15, 7, 9): 2}) == 0
    assert "not kept on disk" in caplog.text


def test_no_cache_at_all(tmp_path):
    disk = Disk(tmp_path / "tiles", 0)
    disk.open("one")
    disk.write(PLACE, 1, BODY)
    assert not (tmp_path / "tiles").exists()
