"""What can be loaded of each kind, and by which names files usually call it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from gis.errors import InvalidInput


@dataclass(frozen=True)
class Target:
    """One thing that a row of some kind may tell.

    ``synonyms`` are further names, in any case, under which a column is taken for it.
    """

    name: str
    meaning: str
    synonyms: tuple[str, ...] = ()
    required: bool = False


_X = Target("x", "longitude in degrees, or the eastward ordinate of --crs",
            ("lon", "lng", "long", "longitude", "经度", "easting", "point_x", "x坐标", "横坐标"))
_Y = Target("y", "latitude in degrees, or the northward ordinate of --crs",
            ("lat", "latitude", "纬度", "northing", "point_y", "y坐标", "纵坐标"))
_BUILDING_CODE = Target(
    "building_code", "code of the building, 19 characters (any with --free-codes)",
    ("建筑物编码", "楼栋编码", "楼幢编码", "建筑编码", "building_id"))
_ROAD = Target("road", "street that the number belongs to",
               ("street", "street_name", "addr_street", "road_name", "道路", "路名", "街路巷"))
_ROAD_NUMBER = Target("road_number", "number in the street",
                      ("no", "number", "house_number", "housenumber", "addr_no",
                       "门牌号", "门牌", "号"))
_COMPOUND = Target("compound", "housing estate or compound", ("estate", "小区", "小区名称", "院落"))

_ELEMENTS = (
    Target("province", "province; from here on elements of GA/T 2000.32, read from the text"
                       " where no column tells them", ("省", "省份", "省级")),
    Target("city", "city (prefecture)", ("市", "城市", "地市", "市级")),
    Target("district", "district or county", ("区", "县", "区县", "行政区划")),
    Target("subdistrict", "street, town or township (乡镇街道)",
           ("街道", "乡镇", "乡镇街道", "街道名称")),
    Target("community", "community or village", ("社区", "村", "村社区", "社区名称")),
)
_HOUSE_CODE = Target("house_code", "code of the house that it belongs to, 25 characters",
                     ("房屋编码", "house_id", "户编码"), True)

TARGETS: dict[str, tuple[Target, ...]] = {
    "areas": (
        Target("code", "code, unique within scheme and level", ("area_code", "编码", "代码",
                                                                "网格编码", "行政代码"), True),
        Target("name", "name as shown", ("area_name", "名称", "网格名称", "mc"), True),
        Target("parent", "code of the area above", ("parent_code", "上级编码", "上级代码")),
        Target("registered_residents", "registered residents (户籍人口)", ("户籍人口",)),
        Target("actual_residents", "actual residents (实有人口)",
               ("population", "实有人口", "常住人口")),
    ),
    "buildings": (
        _BUILDING_CODE,
        Target("name", "name of the building", ("building_name", "名称", "楼栋名称", "建筑名称")),
        Target("kind", "use: residential, office, school, …",
               ("use", "type", "用途", "建筑用途", "类型", "性质")),
        _COMPOUND, _ROAD, _ROAD_NUMBER,
        Target("floors", "number of floors above ground", ("levels", "storeys", "层数", "楼层数",
                                                           "地上层数", "floor")),
        Target("height_m", "height in metres", ("height", "高度", "楼高", "建筑高度")),
        Target("building_number", "number of the building in its compound",
               ("楼栋号", "幢号", "栋号", "楼号")),
        Target("text", "standard address of the building",
               ("address", "地址", "标准地址", "楼栋地址")),
        *_ELEMENTS,
    ),
    "addresses": (
        Target("text", "the address as written; put together from its parts where absent",
               ("address", "full_address", "地址", "详细地址", "标准地址", "地址全称")),
        Target("house_code", "code of the house, 25 characters (any with --free-codes)",
               ("房屋编码", "house_id", "户编码")),
        _BUILDING_CODE, _ROAD, _ROAD_NUMBER, _COMPOUND,
        Target("building_number", "number of the building in its compound",
               ("楼栋号", "幢号", "栋号", "楼号")),
        Target("unit", "entrance", ("单元", "单元号")),
        Target("floor", "floor", ("楼层", "层")),
        Target("room", "room", ("室", "室号", "房号", "房间号")),
        *_ELEMENTS,
        _X, _Y,
    ),
    "officers": (
        Target("officer_code", "staff number, lasting",
               ("officer_id", "staff_number", "id", "工号", "人员编号", "网格员编号"), True),
        Target("name", "name of the person",
               ("officer_name", "officer", "姓名", "网格员", "网格员姓名"), True),
        Target("phone", "telephone", ("mobile", "telephone", "电话", "手机", "手机号", "联系电话")),
        Target("area_code", "code of the area of the posting",
               ("area", "grid", "grid_code", "网格编码", "所属网格", "区域编码")),
        Target("level", "level of that area, where its code stands at several", ("层级", "级别")),
        Target("scheme", "scheme of that area (base where absent)", ("专业网格",)),
        Target("building_code", "code of the building, where the posting is to one (楼道长)",
               ("楼栋编码", "建筑物编码")),
        Target("role", "head 网格长, full_time 专职 (where absent), part_time 兼职,"
                       " adviser 指导员, assistant 助理员", ("角色", "职务", "岗位", "类别")),
        Target("line", "line of work (条线) by code or name; all matters where absent",
               ("line_code", "条线", "工作条线")),
        Target("shift", "shift by code or name, or hours such as 08:00-20:00; always where absent",
               ("shift_code", "班次", "值守时间", "时段")),
        Target("unit", "station, team or department whose member it is, by code or name",
               ("unit_code", "所属队伍", "单位", "所属单位")),
    ),
    "fieldwork": (
        Target("day", "the day, year first: 2026-11-23",
               ("date", "日期", "工作日期", "巡查日期", "走访日期"), True),
        Target("officer_code", "staff number",
               ("officer_id", "officer", "staff_number", "工号", "人员编号", "网格员编号"), True),
        Target("area_code", "code of the area; where absent, the officer's only posting",
               ("area", "grid", "grid_code", "网格编码", "所属网格", "区域编码")),
        Target("level", "level of that area, where its code stands at several", ("层级", "级别")),
        Target("scheme", "scheme of that area (base where absent)", ("专业网格",)),
        Target("patrols", "patrols made that day (0 where absent)",
               ("patrol", "巡查", "巡查次数", "巡逻次数")),
        Target("visits", "households and firms visited (0 where absent)",
               ("visit", "走访", "走访次数", "走访户数", "入户次数")),
        Target("distance_m", "metres patrolled, as a vehicle's or a phone's track has them",
               ("distance", "metres", "meters", "里程", "巡查里程", "轨迹长度")),
    ),
    "tracks": (
        Target("officer_code", "staff number",
               ("officer_id", "officer", "staff_number", "device_id", "vehicle_id", "工号",
                "人员编号", "网格员编号", "设备编号", "车辆编号"), True),
        _X, _Y,
        Target("at", "when, date and time in one",
               ("timestamp", "datetime", "fixed_at", "定位时间", "时间戳", "采集时间")),
        Target("date", "the date, where date and time stand apart", ("日期", "定位日期")),
        Target("time", "the time of day beside `date`", ("时间", "时刻")),
        Target("accuracy_m", "radius of error in metres", ("accuracy", "精度", "定位精度")),
    ),
    "reports": (
        Target("text", "what was reported", ("description", "descript", "content", "内容", "描述",
                                             "事件描述", "上报内容", "问题描述")),
        Target("category", "category by code or Chinese name, or a word of --category-map",
               ("type", "类别", "类型", "事件类别", "事件类型", "分类"), True),
        _X, _Y,
        Target("address", "where, in words", ("location", "地址", "地点", "事发地址", "发生地点")),
        Target("house_code", "house or building code", ("building_code", "房屋编码")),
        Target("accuracy_m", "radius of error in metres", ("accuracy", "精度", "定位精度")),
        Target("occurred_at", "when it happened, date and time in one",
               ("datetime", "timestamp", "occurred", "发生时间", "事发时间", "时间戳")),
        Target("date", "the date, where date and time stand apart", ("日期", "发生日期")),
        Target("time", "the time of day beside `date`", ("时间", "时刻")),
        Target("received_at", "when it was received; where absent, when it happened",
               ("上报时间", "受理时间", "创建时间", "created_at", "requested_datetime")),
        Target("channel", "officer, resident, property, hotline, department, device, import"
                          " (where absent)", ("source", "来源", "渠道", "上报渠道")),
        Target("external_id", "the sender's own number; a second row with it is not loaded again",
               ("pdid", "case_id", "service_request_id", "编号", "工单号", "工单编号", "案件编号",
                "事件编号")),
    ),
    "residents": (
        _HOUSE_CODE,
        Target("registered_residents", "how many are registered there (户籍人口)",
               ("registered", "户籍人口", "户籍人数")),
        Target("actual_residents", "how many live there (实有人口)",
               ("residents", "actual", "population", "实有人口", "居住人数", "实有人数", "人数")),
    ),
    "dwellings": (
        _HOUSE_CODE,
        Target("use", "residential 住宅, office 办公, commercial 商业, industrial 厂房,"
                      " storage 仓储, other 其他", ("用途", "房屋用途", "使用性质")),
        Target("tenure", "owned 自有, rented 租赁, public 公房, other 其他",
               ("产权", "产权性质", "权属")),
        Target("occupancy", "occupied 自住, let 出租, vacant 空置, works 装修, other 其他",
               ("status", "状态", "居住状态", "使用状态", "房屋状态")),
    ),
    "persons": (
        _HOUSE_CODE,
        Target("name", "the person's name; stored sealed", ("姓名", "person_name"), True),
        Target("phone", "telephone; stored sealed",
               ("mobile", "telephone", "电话", "手机", "手机号", "联系电话")),
        Target("id_number", "number of the ID card or another document; stored sealed",
               ("身份证", "身份证号", "证件号码", "公民身份号码", "identity_number")),
        Target("kind", "registered 户籍 (where absent), floating 流动, foreign 境外, works 从业",
               ("人口类型", "人员类别", "类型")),
        Target("relation", "to the house or its head: head 户主, spouse, tenant 租客, contact …",
               ("关系", "与户主关系", "与房屋关系")),
    ),
    "enterprises": (
        _HOUSE_CODE,
        Target("name", "name of the enterprise or other unit",
               ("企业名称", "单位名称", "名称"), True),
        Target("enterprise_code", "its unified social credit code, 18 characters (any with"
                                  " --free-codes)", ("统一社会信用代码", "信用代码", "uscc")),
        Target("kind", "trade", ("industry", "行业", "行业类别", "单位类型")),
        Target("employees", "how many work there", ("从业人数", "从业人员", "员工数")),
    ),
    "places": (
        Target("category", "category by code or name: camera 视频监控, hydrant 消火栓, …",
               ("类别", "类型", "type", "要素类型"), True),
        Target("name", "name of the object", ("名称", "object_name"), True),
        Target("object_code", "its own lasting number", ("编号", "编码", "id", "部件编码")),
        _X, _Y,
    ),
    "aliases": (
        Target("name", "what people say", ("alias", "俗称", "别名", "曾用名"), True),
        Target("of", "whose name it is: code of a house, building or area; standard name of a"
                     " compound or road", ("standard", "code", "标准名称", "标准名", "编码"), True),
        Target("kind", "house 房屋, building 建筑, compound 小区, road 道路, area 区域; found out"
                       " from `of` where absent", ("类型", "类别", "type")),
        Target("note", "remark", ("备注", "说明")),
    ),
    "categories": (
        Target("code", "urban for a class, urban.litter for a sub-class", ("编码", "代码"), True),
        Target("name", "name in Chinese", ("名称", "类别名称"), True),
        Target("name_en", "name in English", ("英文名称",)),
        Target("kind", "service 服务 or control 管制", ("类型", "服务/管制")),
        Target("line", "line of work (条线) by code or name", ("条线",)),
        Target("urgency", "0 (can wait) to 3 (at once)", ("紧急程度",)),
        Target("emergency", "是 or 否: goes to street, district and wall at once", ("突发",)),
        Target("active", "是 or 否: in scope", ("在用", "受理")),
        Target("unit", "the department that answers, by code or name", ("责任部门", "部门")),
        Target("limit", "end to end: hours such as 120, or 40w for working hours", ("总时限",)),
        Target("limit_grid", "limit of the grid; the class's or the city's where empty",
               ("网格时限",)),
        Target("limit_community", "limit of the community", ("社区时限",)),
        Target("limit_street", "limit of the street", ("街道时限",)),
        Target("limit_district", "limit of the department", ("部门时限",)),
        Target("limit_city", "limit of the city's tier", ("市级时限",)),
        Target("closing_tiers", "tiers that may close it, such as 网格、社区; - for none",
               ("可结案层级",)),
        Target("opening", "on what conditions it is opened", ("立案条件",)),
        Target("closing", "on what conditions it is closed", ("结案条件",)),
    ),
    "calendar": (
        Target("day", "the day, 2027-01-01", ("date", "日期"), True),
        Target("working", "是: at work (调休上班), 否: off; empty: as its weekday says",
               ("上班", "是否上班"), True),
        Target("name", "what it is called", ("名称", "说明")),
    ),
}


def normalised(name: str) -> str:
    """A column's name without case, width, spaces and punctuation.

    >>> normalised(" House_Number（号）")
    'housenumber号'
    """
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(name)).casefold())


def match_columns(kind: str, columns: list[str], mapping: dict[str, str]) -> dict[str, str]:
    """Which column of a file tells which target.

    Parameters
    ----------
    kind
        A key of `TARGETS`.
    columns
        The file's columns.
    mapping
        What the caller said: target to column; an empty column leaves the target out.

    Returns
    -------
    dict
        Target to column, in the table's order. An explicit mapping goes before names; the
        target's own name before its synonyms, and these in their order.

    Raises
    ------
    InvalidInput
        When `mapping` names an unknown target or column, or a required target has no column.
    """
    known = {target.name for target in TARGETS[kind]}
    for name, column in mapping.items():
        if name not in known:
            raise InvalidInput(
                f"{kind} have no target {name!r}: use one of {', '.join(sorted(known))}",
                field="map")
        if column and column not in columns:
            raise InvalidInput(
                f"the file has no column {column!r} for {name}: it has {', '.join(columns)}",
                field="map")
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(normalised(column), column)
    matched = {}
    for target in TARGETS[kind]:
        if target.name in mapping:
            column = mapping[target.name]
        else:
            names = (normalised(name) for name in (target.name, *target.synonyms))
            column = next((by_name[name] for name in names if name in by_name), "")
        if column:
            matched[target.name] = column
        elif target.required:
            raise InvalidInput(
                f"no column tells {target.name} ({target.meaning}): name it with --map"
                f" {target.name}=COLUMN; the file has {', '.join(columns)}", field="map")
    return matched


def help_lines(kind: str) -> list[tuple[str, str]]:
    """Name and meaning of each target of a kind, for `load KIND --help`."""
    return [(target.name + (" *" if target.required else ""),
             target.meaning + (f" [{', '.join(target.synonyms)}]" if target.synonyms else ""))
            for target in TARGETS[kind]]
