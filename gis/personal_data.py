"""Names, telephones and ID numbers of people: sealed at rest, masked on screen.

The keys stand in a file of `GRIDWALL_HOME`, never in the database. A person's record is encrypted
with AES-256-GCM twice: as masks (张*), which the server may show, and whole, which the database
hands out only by the door that writes down who asked and what for. Both ciphertexts are bound to
the row's identity: one that is moved to another row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gis.errors import InvalidInput, KeyMissing
from gis.settings import make_home

FILE_NAME = "personal-data.keys"
FIELDS = ("name", "phone", "id_number")
_NONCE_BYTES = 12
# Plaintexts are filled up to whole blocks, so that a ciphertext does not tell a name's length.
_BLOCK_BYTES = 64
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


@dataclass(frozen=True)
class Record:
    """What names a person."""

    name: str
    phone: str | None = None
    id_number: str | None = None

    def masked(self) -> Record:
        """The same as may be shown: 张*, 138****5678, 330104********1234."""
        return Record(mask_name(self.name), self.phone and mask_phone(self.phone),
                      self.id_number and mask_id_number(self.id_number))


@dataclass(frozen=True)
class Sealed:
    """A record as the database keeps it."""

    key_id: str
    masked: bytes
    sealed: bytes


def mask_name(name: str) -> str:
    """The first character; how many follow is not told.

    >>> mask_name("张三丰"), mask_name("张")
    ('张*', '*')
    """
    return name[0] + "*" if len(name) > 1 else "*"


def mask_phone(phone: str) -> str:
    """First three and last four digits of a mobile number, the last four of a shorter one.

    >>> mask_phone("+86 138-1234-5678"), mask_phone("0571-8765432"), mask_phone("110")
    ('138****5678', '****5432', '****')
    """
    digits = re.sub(r"\D", "", re.sub(r"^\s*(\+|00)86", "", phone))
    if len(digits) == 11 and digits.startswith("1"):
        return f"{digits[:3]}****{digits[-4:]}"
    return "****" + (digits[-4:] if len(digits) >= 8 else "")


def mask_id_number(id_number: str) -> str:
    """First six and last four of a citizen's number; the last two of any other document.

    >>> mask_id_number("330104199001011234"), mask_id_number("E12345678")
    ('330104********1234', '*******78')
    """
    if re.fullmatch(r"\d{17}[\dX]|\d{15}", id_number):
        return f"{id_number[:6]}{'*' * (len(id_number) - 10)}{id_number[-4:]}"
    shown = 2 if len(id_number) >= 6 else 0
    return "*" * (len(id_number) - shown) + id_number[len(id_number) - shown:]


def check_id_number(text: str) -> str:
    """A citizen's number (GB 11643) with its check digit, or another document's.

    Raises
    ------
    InvalidInput
        Where eighteen digits do not add up, or the text is no document's number.

    Notes
    -----
    The check digit is found by the sum of the first seventeen, weighted, modulo 11.
    """
    number = re.sub(r"\s", "", text).upper()
    if re.fullmatch(r"\d{17}[\dX]", number):
        total = sum(int(digit) * weight
                    for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
        if _ID_CHECKS[total % 11] != number[-1]:
            raise InvalidInput("the check digit of the ID number does not fit the others",
                               "id_number")
    elif not re.fullmatch(r"[A-Z0-9()（）/-]{5,25}", number):
        raise InvalidInput("this is no number of an ID document", "id_number")
    return number


@dataclass(frozen=True)
class Keyring:
    """The keys by their ids; `current` seals, all open. `lookup` is for keyed digests."""

    current: str
    keys: Mapping[str, bytes]
    lookup: bytes

    @classmethod
    def fresh(cls) -> Keyring:
        """A keyring of one new key."""
        return cls("", {}, secrets.token_bytes(32)).rotated()

    def rotated(self) -> Keyring:
        """The same with a new current key; the old ones still open what they sealed."""
        key_id = f"k{len(self.keys) + 1}-{secrets.token_hex(3)}"
        key = AESGCM.generate_key(bit_length=256)
        return replace(self, current=key_id, keys={**self.keys, key_id: key})

    def seal(self, record: Record, identity: UUID) -> Sealed:
        """Both ciphertexts of a record, bound to the row's identity, under the current key."""
        return Sealed(self.current, self._encrypt(record.masked(), "masked", identity),
                      self._encrypt(record, "sealed", identity))

    def open(self, key_id: str, ciphertext: bytes, part: str, identity: UUID) -> Record:
        """What a ciphertext holds.

        Parameters
        ----------
        part
            "masked" or "sealed", as the column is called.

        Raises
        ------
        KeyMissing
            Where the key is not on this ring, or the row was altered or moved.
        """
        key = self.keys.get(key_id)
        if key is None:
            raise KeyMissing(f"personal data sealed with key {key_id} can't be read: the key is"
                             f" not in {FILE_NAME}. Put back the file that has it")
        nonce, body = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        try:
            plain = AESGCM(key).decrypt(nonce, body, _bound_to(part, identity, key_id))
        except (InvalidTag, ValueError):
            raise KeyMissing(f"the personal data of {identity} does not open with key {key_id}:"
                             " the row was altered, or belongs to another") from None
        return Record(**json.loads(plain))

    def digest(self, record: Record, house_code: str) -> bytes:
        """A keyed digest by which the same person is found again: by ID number, else by name,
        telephone and house."""
        told = (["id", record.id_number] if record.id_number
                else ["name", record.name, record.phone, house_code])
        return hmac.digest(self.lookup, json.dumps(told).encode(), hashlib.sha256)

    def _encrypt(self, record: Record, part: str, identity: UUID) -> bytes:
        plain = json.dumps(asdict(record), ensure_ascii=False).encode()
        plain += b" " * (-len(plain) % _BLOCK_BYTES)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        cipher = AESGCM(self.keys[self.current])
        return nonce + cipher.encrypt(nonce, plain, _bound_to(part, identity, self.current))


class KeyFile:
    """The file of keys in a home folder; read when first needed, and again for an unknown key."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE_NAME
        self._ring: Keyring | None = None

    def ring(self) -> Keyring:
        """The keys.

        Raises
        ------
        KeyMissing
            Where there is no such file, or it can't be read.
        """
        if self._ring is None:
            try:
                told = json.loads(self.path.read_text())
                self._ring = Keyring(
                    told["current"], {name: base64.b64decode(key)
                                      for name, key in told["keys"].items()},
                    base64.b64decode(told["lookup"]))
            except FileNotFoundError:
                raise KeyMissing(f"the keys of personal data are missing: there is no {self.path}."
                                 " Put the file back from where you keep it; without it names,"
                                 " telephones and ID numbers can't be read") from None
            except (OSError, ValueError, KeyError, TypeError) as problem:
                raise KeyMissing(f"{self.path} can't be read as keys of personal data"
                                 f" ({problem})") from None
        return self._ring

    def made(self) -> Keyring:
        """The keys; a first one is made where the file is missing."""
        if not self.path.exists():
            make_home(self.path.parent)
            fresh = self._write(Keyring.fresh())
            try:
                os.link(fresh, self.path)  # the first of two starts wins, and both read the same
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return self.ring()

    def rotate(self) -> Keyring:
        """Add a key and make it the current one."""
        ring = self.ring().rotated()
        self._write(ring).replace(self.path)
        self._ring = ring
        return ring

    def open(self, key_id: str, ciphertext: bytes, part: str, identity: UUID) -> Record:
        """As `Keyring.open`; a key that was added since the file was read is found."""
        if key_id not in self.ring().keys:
            self._ring = None
        return self.ring().open(key_id, ciphertext, part, identity)

    def _write(self, ring: Keyring) -> Path:
        path = self.path.with_name(f"{FILE_NAME}.{secrets.token_hex(4)}")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"current": ring.current,
                       "keys": {name: base64.b64encode(key).decode()
                                for name, key in ring.keys.items()},
                       "lookup": base64.b64encode(ring.lookup).decode()}, file)
            file.flush()
            os.fsync(file.fileno())
        return path


def _bound_to(part: str, identity: UUID, key_id: str) -> bytes:
    return f"gridwall person {part} {identity} {key_id}".encode()
