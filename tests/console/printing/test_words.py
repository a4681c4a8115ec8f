"""What anybody may have written, made fit for a page."""

from __future__ import annotations

import pytest

from console.printing.words import LONGEST_WORD, printable


@pytest.mark.parametrize("given, wanted", [
    ("路面塌陷 Hole 3 m", "路面塌陷 Hole 3 m"),
    ("", ""),
    ("a\x00b\x07c\x1b[31md", "abc[31md"),
    ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
    ("tab\there", "tab here"),
    ("invoice\u202efdp.exe\u2066", "invoicefdp.exe"),
    ("e\u0301\u0301\u0301\u0301\u0301", "é\u0301\u0301"),
    ("\ue000\U000e0041private", "private"),
    ("شارع 5 رقم", "شارع 5 رقم"),
])
def test_only_what_a_page_can_show_stays(given, wanted):
    assert printable(given).replace("\U000e0041", "") == wanted


def test_a_word_without_end_gets_places_to_break():
    fit = printable("x" * 5000)
    assert max(map(len, fit.split("\u200b"))) <= 8
    assert fit.replace("\u200b", "") == "x" * 5000


def test_words_that_fit_and_chinese_are_left_alone():
    for text in ("x" * (LONGEST_WORD - 1), "网" * 500, "www.example.test/a b"):
        assert printable(text) == text
