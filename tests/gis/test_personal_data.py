"""What names people: masks that hide, seals that only their own row and key open."""

from __future__ import annotations

import os
import stat
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.errors import InvalidInput, KeyMissing
from gis.personal_data import (
    KeyFile,
    Keyring,
    Record,
    check_id_number,
    mask_id_number,
    mask_name,
    mask_phone,
)

NAMES = st.text(st.characters(categories=["L"]), min_size=1, max_size=20)
RECORDS = st.builds(
    Record, NAMES, st.none() | st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.none() | st.from_regex(r"[1-9]\d{16}[\dX]", fullmatch=True))
RING = Keyring.fresh()


@pytest.mark.parametrize("name, masked", [
    ("张三", "张*"), ("欧阳娜娜", "欧*"), ("张", "*"), ("John Smith", "J*")])
def test_names(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize("phone, masked", [
    ("13812345678", "138****5678"), ("+86 138 1234 5678", "138****5678"),
    ("0571-87654321", "****4321"), ("87654321", "****4321"), ("110", "****"), ("", "****")])
def test_phones(phone, masked):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize("number, masked", [
    ("330104199001011234", "330104********1234"), ("33010419900101123X", "330104********123X"),
    ("330104900101123", "330104*****1123"), ("E12345678", "*******78"), ("A1234", "*****")])
def test_id_numbers(number, masked):
    assert mask_id_number(number) == masked


@given(RECORDS)
def test_a_mask_never_tells_what_it_hides(record):
    masked = record.masked()
    assert record.name not in (masked.name,)
    assert len(masked.name) <= 2
    if record.phone:
        assert record.phone not in masked.phone
        assert masked.phone[3:7] == "****"
    if record.id_number:
        assert masked.id_number[6:14] == "********"
        assert record.id_number[6:14] not in masked.id_number


@given(RECORDS, st.uuids())
def test_what_is_sealed_opens_again_in_its_own_row(record, identity):
    sealed = RING.seal(record, identity)
    assert RING.open(sealed.key_id, sealed.sealed, "sealed", identity) == record
    assert RING.open(sealed.key_id, sealed.masked, "masked", identity) == record.masked()
    again = RING.seal(record, identity)
    assert again.sealed != sealed.sealed
    for told in (record.name, record.phone, record.id_number):
        if told and len(told) > 3:
            assert told.encode() not in sealed.sealed + sealed.masked


@given(RECORDS, RECORDS)
def test_ciphertexts_do_not_tell_lengths(one, other):
    identity = uuid.uuid4()
    lengths = [len(RING.seal(replace(record, name=record.name[:3]), identity).sealed)
               for record in (one, other)]
    assert abs(lengths[0] - lengths[1]) % 64 == 0


@pytest.mark.parametrize("part, same_row, changed", [
    ("sealed", False, False), ("masked", True, False), ("sealed", True, True)])
def test_a_moved_or_altered_ciphertext_does_not_open(part, same_row, changed):
    own = uuid.uuid4()
    sealed = RING.seal(Record("张三"), own)
    body = sealed.sealed[:-1] + bytes([sealed.sealed[-1] ^ 1]) if changed else sealed.sealed
    with pytest.raises(KeyMissing, match="altered, or belongs to another"):
        RING.open(sealed.key_id, body, part, own if same_row else uuid.uuid4())


def test_the_file_is_made_once_and_closed_to_others(tmp_path):
    home = tmp_path / "home"
    with pytest.raises(KeyMissing, match=r"there is no .*personal-data\.keys.*Put the file back"):
        KeyFile(home).ring()
    first = KeyFile(home).made()
    assert KeyFile(home).made() == KeyFile(home).ring() == first
    path = home / "personal-data.keys"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(home) == [path.name]


def test_rotation_keeps_the_old_keys_and_running_readers_find_the_new(tmp_path):
    identity = uuid.uuid4()
    file = KeyFile(tmp_path)
    old = file.made().seal(Record("张三"), identity)
    reader = KeyFile(tmp_path)
    assert reader.open(old.key_id, old.sealed, "sealed", identity) == Record("张三")
    new = file.rotate().seal(Record("李四"), identity)
    assert new.key_id != old.key_id
    assert reader.open(new.key_id, new.sealed, "sealed", identity) == Record("李四")
    assert reader.open(old.key_id, old.sealed, "sealed", identity) == Record("张三")
    assert file.ring().lookup == reader.ring().lookup


def test_a_lost_key_and_a_broken_file_are_told(tmp_path):
    sealed = Keyring.fresh().seal(Record("张三"), uuid.uuid4())
    file = KeyFile(tmp_path)
    file.made()
    with pytest.raises(KeyMissing, match=f"key {sealed.key_id} can't be read: the key is not"):
        file.open(sealed.key_id, sealed.sealed, "sealed", uuid.uuid4())
    file.path.write_text("{}")
    with pytest.raises(KeyMissing, match="can't be read as keys"):
        KeyFile(tmp_path).ring()


def test_the_same_person_has_the_same_digest_and_another_ring_another():
    record = Record("张三", "13812345678", "11010519491231002X")
    moved = replace(record, phone="13900000000")
    assert RING.digest(record, "H1") == RING.digest(moved, "H2")
    assert RING.digest(record, "H1") != Keyring.fresh().digest(record, "H1")
    nameless = replace(record, id_number=None)
    assert RING.digest(nameless, "H1") != RING.digest(nameless, "H2")


@pytest.mark.parametrize("text, right", [
    ("11010519491231002X", True), ("11010519491231002x", True), ("110105194912310021", False),
    ("E12345678", True), ("三三零", False), ("1", False)])
def test_id_numbers_are_checked_by_their_last_digit(text, right):
    if right:
        assert check_id_number(text) == text.upper()
    else:
        with pytest.raises(InvalidInput):
            check_id_number(text)
