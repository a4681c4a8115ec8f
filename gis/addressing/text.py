"""A written address in one form: width, case, brackets, numerals, repeats. Pure.

Each character of the form remembers where it came from, so that what was found can be shown as
it was typed.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

LONGEST = 1_000

_OPENING = dict.fromkeys("([{<【〔《「『〈", "(")
_CLOSING = dict.fromkeys(")]}>】〕》」』〉", ")")
_DASHES = dict.fromkeys("‐‑‒–—―−﹣－~～〜﹏_至", "-") | {"至": "至"}
_SPACES = dict.fromkeys(",，、;；。·•.:：/⁄\\|'\"“”‘’!！?？*+=…　", " ")
_SAME = {"號": "号", "樓": "楼", "棟": "栋", "單": "单", "區": "区", "縣": "县", "鎮": "镇",
         "鄉": "乡", "層": "层", "＃": "#", "№": "#"}
_PLAIN = _OPENING | _CLOSING | _DASHES | _SPACES | _SAME

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3, "肆": 4, "伍": 5, "陆": 6, "柒": 7, "捌": 8,
    "玖": 9}
NUMERAL_DIGITS = {c: str(n) for c, n in _DIGITS.items()}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
NUMERAL = "零〇一二三四五六七八九十两壹贰叁肆伍陆柒捌玖拾百佰千仟"
# What makes a numeral before it a number, and not a part of a name such as 五一路 or 三里屯.
_COUNTED = re.compile(
    f"(?:第(?=[{NUMERAL}]+(?:单元|幢|栋|座|层)))?"
    f"([{NUMERAL}]+)(?=号楼|号院|号|幢|栋|座|单元|层|楼|室|房|户|弄|支弄|组|#|-[0-9{NUMERAL}])"
    f"|(?<=[楼幢栋座])([{NUMERAL}]+)(?=门[0-9{NUMERAL}])"
    f"|(?<=[0-9]-)([{NUMERAL}]+)(?![路街里])"
    f"|(?:(?<=单元)|(?<=[0-9]门)|(?<=[0-9A-Z][幢栋座层号]))([{NUMERAL}]{{2,}})(?=$|[ ()])")
# What begins with an ending is no word: of 滁州市天长市天长街道 nothing is said twice.
_WHOLE = re.compile(r"(.{6,}?) ?\1")
_REPEAT = re.compile(r"((?![省市区县旗镇乡街道路巷弄村号])[\u3400-\u9fff]{2,}?)\1+")


class Form(NamedTuple):
    """A text in its one form, and for each character where it began and ended as typed."""

    text: str
    starts: list[int]
    ends: list[int]

    def typed(self, raw: str, start: int, end: int) -> str:
        """What stood there as typed."""
        return raw[self.starts[start]:self.ends[end - 1]] if start < end else ""


def normalise(text: str) -> str:
    """The one form of a text; the form of a form is itself.

    >>> normalise("重庆重庆大足区　双塔路【碧玉江南１０－２０－１】")
    '重庆大足区 双塔路(碧玉江南10-20-1)'
    >>> normalise("文三路十二号三幢二单元五〇一室"), normalise("五一路三里屯")
    ('文三路12号3幢2单元501室', '五一路三里屯')
    """
    return form_of(text).text


def form_of(text: str) -> Form:
    """The one form with its origins. Of an overlong text only the beginning is taken."""
    form = _tidied(text[:LONGEST])
    while True:
        again = _folded(_counted(form))
        if again.text == form.text:
            return form
        form = again


def number_of(numeral: str) -> str:
    """A Chinese numeral in digits.

    >>> number_of("十二"), number_of("二〇五"), number_of("一百零三"), number_of("三十")
    ('12', '205', '103', '30')
    """
    if not any(c in _TENS for c in numeral):
        return "".join(str(_DIGITS[c]) for c in numeral)
    total = digit = 0
    for c in numeral:
        if c in _TENS:
            total += (digit or 1) * _TENS[c]
            digit = 0
        else:
            digit = _DIGITS[c]
    return str(total + digit)


@cache
def _one_form(c: str) -> str:
    """A character in its form: full width, case and compatibility folded, rubbish gone."""
    for _ in range(4):
        folded = "".join(_PLAIN.get(d, d) for d in unicodedata.normalize(
            "NFKC", unicodedata.normalize("NFKC", c).upper()))
        if folded == c:
            break
        c = folded
    return "".join(" " if d.isspace() else d for d in c
                   if d.isspace() or unicodedata.category(d)[0] not in "CM")


def _tidied(text: str) -> Form:
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for at, c in enumerate(text):
        for d in _one_form(c):
            if d == " " and (not out or out[-1] in " ("):
                continue
            if out and out[-1] == " " and d in ")-":
                out.pop(), starts.pop(), ends.pop()
            out.append(d)
            starts.append(at)
            ends.append(at + 1)
    while out and out[-1] == " ":
        out.pop(), starts.pop(), ends.pop()
    return Form("".join(out), starts, ends)


def _counted(form: Form) -> Form:
    """Chinese numerals before a unit of counting as digits."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for found in _COUNTED.finditer(form.text):
        numeral = next(filter(None, found.groups()))
        out += form.text[done:found.start()]
        starts += form.starts[done:found.start()]
        ends += form.ends[done:found.start()]
        digits = number_of(numeral)
        out += digits
        starts += [form.starts[found.start()]] * len(digits)
        ends += [form.ends[found.end() - 1]] * len(digits)
        done = found.end()
    out += form.text[done:]
    return Form("".join(out), starts + form.starts[done:], ends + form.ends[done:])


def _folded(form: Form) -> Form:
    """Words said twice running, once: 重庆重庆, 泉峰街道泉峰街道."""
    text, starts, ends = form
    if whole := _WHOLE.fullmatch(text):
        # A whole address pasted twice.
        text, starts, ends = (part[:whole.end(1)] for part in form)
    while found := _REPEAT.search(text):
        keep = found.start() + len(found[1])
        text = text[:keep] + text[found.end():]
        starts = starts[:keep] + starts[found.end():]
        ends = ends[:keep] + ends[found.end():]
    return Form(text, starts, ends)
