"""Officers are posted everywhere, in shifts that cover the day, and matters have their rows."""

from __future__ import annotations

from fixtures.matters import category_rows, hour_shares, sub_classes

CLASSES = ["party_mass", "economy", "urban", "social", "health", "service", "governance",
           "dispute", "safety", "market"]
LINES = {"safety", "fire", "environment", "population", "dispute", "market"}


def posted(district, scheme, level, role=None):
    duties = district.duties
    chosen = (duties["scheme"] == scheme) & (duties["level"] == level)
    return duties[chosen & (duties["role"] == role)] if role else duties[chosen]


def test_sixteen_hundred_officers_all_have_a_duty(district):
    assert len(district.officers) == 1600
    assert set(district.duties["officer_code"]) == set(district.officers["officer_code"])


def test_every_area_has_a_head(district):
    areas = district.areas[district.areas["level"] != "district"]
    for (scheme, level), frame in areas.groupby(["scheme", "level"]):
        heads = posted(district, scheme, level, "head")["code"]
        assert sorted(heads) == sorted(frame["code"])


def test_every_grid_has_officers_by_day_evening_and_night(district):
    grids = set(district.areas.query("scheme == 'base' and level == 'grid'")["code"])
    staff = posted(district, "base", "grid")
    for shift in ("day", "evening", "night"):
        assert set(staff.loc[staff["shift_code"] == shift, "code"]) == grids


def test_some_officers_hold_several_grids_and_some_grids_many_officers(district):
    staff = posted(district, "base", "grid")
    assert staff.groupby("officer_code")["code"].nunique().max() > 1
    assert staff.groupby("code")["officer_code"].nunique().min() > 1


def test_duties_point_at_things_that_exist(district):
    codes = set(district.areas["code"]) | set(district.buildings["building_code"])
    assert set(district.duties["code"]) <= codes
    assert set(district.duties["shift_code"]) <= set(district.shifts["shift_code"])
    assert set(district.duties["line"].dropna()) <= LINES
    assert (posted(district, "base", "building")["role"] == "assistant").all()


def test_units_stand_at_areas_and_answer_for_known_categories(district):
    codes = {row["code"] for row in category_rows()}
    assert len(district.units) == 30
    assert set(district.units["area_code"]) <= set(district.areas["code"])
    assert {code for row in district.units["categories"] for code in row} <= codes


def test_population_is_known_of_every_grid(district):
    population = district.grid_population
    assert len(population) == 543
    assert (population["actual"] > 0).all()
    assert (population["registered"] <= population["actual"]).all()


def test_ten_classes_with_a_dozen_or_so_sub_classes_each():
    rows = category_rows()
    assert [row["code"] for row in rows[:10]] == CLASSES
    assert len({row["name"] for row in rows}) == len(rows)
    for code in CLASSES:
        assert 12 <= sum(row["parent_code"] == code for row in rows) <= 14
    assert {row["line_code"] for row in rows} <= LINES | {None}


def test_every_sub_class_has_words_and_hours():
    table = sub_classes()
    assert all(len(texts) >= 2 for texts in table["texts"])
    assert all(abs(hour_shares(name).sum() - 1) < 1e-12 for name in table["hours"].unique())
