"""The district or county that a real address names, read by a method of its own.

It knows nothing of the geocoder, and no district by name. Real addresses as people's orders hold
them begin with province, city and district in their short forms (浙江杭州余杭区), and most say them
again in full. Once provinces and cities are taken from the front, short or full, as often as they
come, what runs up to the first 区, 县, 旗 or 市 is the district, unless it is a zone, an estate or
anything else that ends so (开发区, 小区, 社区, 景区, 超市), or a street or town comes before.
"""

from __future__ import annotations

import re

_MUNICIPALITIES = ("北京", "天津", "上海", "重庆")
_PROVINCES = (
    "河北", "山西", "辽宁", "吉林", "黑龙江", "江苏", "浙江", "安徽", "福建", "江西", "山东",
    "河南", "湖北", "湖南", "广东", "海南", "四川", "贵州", "云南", "陕西", "甘肃", "青海", "台湾",
    "内蒙古", "内蒙", "广西", "西藏", "宁夏", "新疆", "香港", "澳门")
# Cities with districts or counties below them (GB/T 2260, fourth digit), without 市.
_CITIES = frozenset("""
石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中
运城 忻州 临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 沈阳 大连
鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 长春 吉林 四平 辽源 通化 白山 松原
白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 常州
苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州
丽水 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 巢湖 福州
厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶
济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 莱芜 临沂 德州 聊城 滨州 菏泽 郑州 开封
洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰
宜昌 襄阳 襄樊 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳
郴州 永州 怀化 娄底 广州 东莞 中山 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾
河源 阳江 清远 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾
崇左 海口 三亚 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安
巴中 资阳 贵阳 六盘水 遵义 安顺 毕节 铜仁 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 思茅 临沧 拉萨 日喀则
西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉
庆阳 定西 陇南 西宁 海东 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密
""".split())  # noqa: SIM905
# Prefectures that are no cities: a county city below may bear the name (大理州大理市).
_PREFECTURES = frozenset("""
恩施 湘西 黔东南 黔西南 黔南 昌都 林芝 山南 大兴安岭 和田 喀什 阿克苏 伊犁 昌吉 塔城 大理 楚雄
红河 文山 西双版纳 德宏 临夏 甘南 延边 凉山 甘孜 阿坝
""".split())  # noqa: SIM905
_FULL = ("内蒙古自治区", "广西壮族自治区", "西藏自治区", "宁夏回族自治区", "新疆维吾尔自治区",
         *(name + "省" for name in _PROVINCES), *(name + "市" for name in _MUNICIPALITIES))
_WORD = "[\u4e00-\u9fff]"
_PREFECTURE = re.compile("^(?:(?![区县市旗国])[\u4e00-\u9fff]){2,9}?(?:自治州|地区|盟)")
_OWN_PEOPLE = re.compile("^(?:蒙古|满|回)族自治")
# 红旗区, 新市区 and 辉县市 go on behind the first such character.
_RUN = re.compile(f"^({_WORD}{{1,16}}?(?:自治县|自治旗|林区|[县旗市][区县市](?!域)|[区县旗市]))")
# 市北区, 市南区 and 市中区 are names: the 市 before them is not the city's.
_CITY_QUARTER = re.compile("^市[北南中]区")
_NO_DISTRICT = re.compile("(?:开发|经济|工业|小|社|景|校|院|名胜|保税|度假|管理|示范|试验|住宅|"
                          "生活|商业|宿舍|厂|库|业园|技园|物流园)区$|..(?:工|新城)区$|(?:超|菜|夜|集)市$|"
                          "省|中国|^区")
_LOWER = re.compile(f"^{_WORD}{{2,}}[镇乡路街道村号弄]{_WORD}{{2,}}$")


def _after_province(text: str) -> str:
    rest = text.removeprefix("中国")
    for name in (*_FULL, *_MUNICIPALITIES, *_PROVINCES):
        if rest.startswith(name) and not rest.startswith((name + "区", name + "县")):
            return rest[len(name):]
    return rest


def _after_city(text: str, bare: bool) -> tuple[str, bool]:
    """What follows a city, and whether its name stood there without 市; ``bare``: it may.

    A bare name comes off once only: the second 岳阳 in 岳阳岳阳楼区 is the district's.
    """
    if found := _PREFECTURE.match(text):
        return text[found.end():], False
    for length in (5, 4, 3, 2):
        name, rest = text[:length], text[length:]
        if rest[:1] in tuple("区县旗") or _OWN_PEOPLE.match(rest):
            continue
        if name in _PREFECTURES and not rest.startswith("市"):
            return rest.removeprefix("州"), False
        if name not in _CITIES:
            continue
        if rest.startswith("市") and not _CITY_QUARTER.match(rest):
            return rest[1:], False
        # 朝阳 is a city, and a district elsewhere: a short name is a city before another place.
        if bare and _RUN.match(rest):
            return rest, True
    return text, False


def named_district(text: str) -> str | None:
    """The district, county or county city that a text names at its front; None for none.

    A city without districts, written twice (广东中山中山市), names none.

    Examples
    --------
    >>> named_district("浙江杭州余杭区浙江省杭州市余杭区余杭街道")
    '余杭区'
    >>> named_district("重庆重庆大足区中国重庆重庆大足区双塔路")
    '大足区'
    >>> named_district("山东青岛市北区中国山东青岛市北区延兴路")
    '市北区'
    >>> named_district("广东中山中山市广东中山中山市横栏镇")
    >>> named_district("广东东莞长安镇开发区")
    """
    rest = re.sub("^[0-9]+|[ \u3000]", "", text)
    before, bare = None, False
    while rest != before:
        before = rest
        rest, once = _after_city(_after_province(rest), not bare)
        bare = bare or once
    found = _RUN.match(rest)
    if found is None or _LOWER.match(found[1]) or _NO_DISTRICT.search(found[1]):
        return None
    run = found[1]
    name = run[:-1]
    twice = run.endswith("市") and (name in _CITIES or name[:len(name) // 2] * 2 == name)
    return None if twice or rest[len(run):].startswith("街道") else run
