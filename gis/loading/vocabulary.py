"""Words of files for what has a code here: uses, tenures, kinds of people and of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gis.errors import InvalidInput
from gis.loading.cells import words
from gis.loading.targets import normalised

USES = {
    "residential": ("住宅", "居住", "自住", "成套住宅", "宿舍"), "office": ("办公", "写字楼"),
    "commercial": ("商业", "商铺", "店铺", "经营"), "industrial": ("工业", "厂房", "生产"),
    "storage": ("仓储", "仓库"), "other": ("其他", "其它"),
}
TENURES = {
    "owned": ("自有", "私有", "自购", "商品房"), "rented": ("租赁", "承租", "出租房"),
    "public": ("公房", "公有", "公租房", "单位房"), "other": ("其他", "其它"),
}
OCCUPANCIES = {
    "occupied": ("自住", "自用", "在用", "居住", "入住"), "let": ("出租", "租住"),
    "vacant": ("空置", "空闲", "闲置"), "works": ("装修", "在建"), "other": ("其他", "其它"),
}
PERSON_KINDS = {
    "registered": ("户籍", "户籍人口", "常住", "常住人口"),
    "floating": ("流动", "流动人口", "暂住", "寄住", "非户籍"),
    "foreign": ("境外", "境外人员", "外籍"), "works": ("从业", "从业人员"),
}
NAME_KINDS = {
    "house": ("房屋", "户", "住址", "地址"), "building": ("建筑", "建筑物", "楼栋", "楼幢", "大楼"),
    "compound": ("小区", "院落", "园区"), "road": ("道路", "路", "街", "街路巷"),
    "area": ("区域", "网格", "社区", "街道"),
}


def coded(table: Mapping[str, tuple[str, ...]]) -> Callable[[Any], str | None]:
    """A reader of cells that gives the code of a word; None where there is nothing.

    >>> coded(OCCUPANCIES)("空置"), coded(OCCUPANCIES)("Vacant"), coded(OCCUPANCIES)("")
    ('vacant', 'vacant', None)
    """
    by_word = {normalised(word): code for code, all_words in table.items()
               for word in (code, *all_words)}

    def read(value: Any) -> str | None:
        text = words(value)
        if text is None:
            return None
        if (code := by_word.get(normalised(text))) is None:
            told = ", ".join(f"{code} ({names[0]})" for code, names in table.items())
            raise InvalidInput(f"{text!r:.40} is not known here: use one of {told}", "word")
        return code

    return read
