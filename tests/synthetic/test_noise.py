"""The noiser: what it may change, and what it never does."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import unicodedata
from collections import Counter

import pytest

from fixtures.homophones import COMMON, NUMERALS, chinese_numeral, same_sound
from fixtures.noise import KINDS, distort
from fixtures.standard import COUNTED, LEVELS, StandardAddress, elements_of, standard_addresses

DIGEST = """
import hashlib
from fixtures.noise import distort
from fixtures.standard import StandardAddress
from tests.synthetic.test_noise import PLAIN
texts = "".join(distort(PLAIN, seed).text for seed in range(300))
print(hashlib.sha256(texts.encode()).hexdigest())
"""
PLAIN = StandardAddress("3301910010010100001000001", "3301910010010100001", {
    "province": "浙江省", "city": "云州市", "district": "云杭区", "street": "汀洲街道",
    "community": "橘桥社区", "road": "瑜桐弄", "road_number": "118", "compound": "溯秀公馆",
    "building": "14", "unit": "2", "room": "1002"}, ("柳英大厦", "霁沙路"))


SPOKEN = {chinese_numeral(str(value), one_by_one=False): str(value) for value in range(3000)}


@pytest.fixture(scope="module")
def addresses(district):
    return standard_addresses(elements_of(district))


@pytest.fixture(scope="module")
def noisy(addresses):
    return [distort(address, seed) for seed, address in enumerate(addresses[::30])]


def numbers(text: str) -> Counter[str]:
    """The numbers of a text, however they are written; 百货 is none."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub("[〇零一二三四五六七八九十百千]+", lambda run: (
        "".join(str("零一二三四五六七八九".index(digit)) for digit in run[0].replace("〇", "零"))
        if not re.search("[十百千]", run[0]) else SPOKEN.get(run[0], "")), text)
    return Counter(re.findall(r"\d+", text))


def test_elements_make_the_standard_text(addresses, district):
    assert [address.text for address in addresses] == district.addresses["text"].tolist()


def test_one_to_three_distortions_of_every_kind(noisy):
    assert {len(one.done) for one in noisy} == {1, 2, 3}
    assert {told.split(":")[0] for one in noisy for told in one.done} == set(KINDS)
    assert sum(one.text == one.address.text for one in noisy) == 0


def test_no_digit_changes_its_value_and_none_is_lost_that_remains(noisy):
    for one in noisy:
        kept = Counter(one.remaining[level] for level in COUNTED if level in one.remaining)
        assert numbers(one.text) == kept, (one.text, one.done)


def test_what_remains_is_what_was_there_but_for_slips(noisy):
    for one in noisy:
        assert list(one.remaining) == [level for level in LEVELS if level in one.remaining]
        for level, value in one.remaining.items():
            if level in COUNTED:
                assert value == one.address.elements[level]
            elif value != one.address.elements[level]:
                assert any(level in told for told in one.done)


def test_the_same_in_any_process():
    own = hashlib.sha256("".join(distort(PLAIN, seed).text for seed in range(300)).encode())
    for hash_seed in ("1", "2"):
        other = subprocess.run([sys.executable, "-c", DIGEST], capture_output=True, text=True,
                               check=True, env=os.environ | {"PYTHONHASHSEED": hash_seed})
        assert other.stdout.strip() == own.hexdigest()


def test_characters_to_slip_to_are_no_numerals():
    assert len(COMMON) > 3700
    assert not set(COMMON) & set(NUMERALS + "0123456789号幢室")
    assert "兰" in same_sound("蓝天", 0)
