"""The two catalogues."""

import json
import re
from pathlib import Path

import pytest

from console import language
from gis.incident_rules import Action, State
from layers.incidents import CLASSES


def test_both_catalogues_have_the_same_keys_and_places():
    zh, en = language.catalogue("zh"), language.catalogue("en")
    assert sorted(zh) == sorted(en)
    places = re.compile(r"\{\w+\}")
    assert {k for k in zh if set(places.findall(zh[k])) != set(places.findall(en[k]))} == set()


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_keys_are_sorted_and_stand_in_one_file(lang):
    seen = []
    for page in sorted((Path(language.__file__).parent / "catalogues" / lang).glob("*.json")):
        keys = [key for key, _ in json.loads(page.read_text("utf-8"), object_pairs_hook=list)]
        assert keys == sorted(set(keys)), page.name
        seen += keys
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("lang", language.LANGUAGES)
def test_the_vocabulary_has_its_words(lang):
    wanted = [f"state.{s}" for s in State] + [f"step.{a}" for a in Action]
    wanted += [f"class.{c}" for c in CLASSES]
    assert [key for key in wanted if key not in language.catalogue(lang)] == []


def test_texts_are_filled():
    assert language.text("wall.tour", "en", name="River") == "Tour · River"
    with pytest.raises(KeyError):
        language.text("wall.tour", "en")
    with pytest.raises(ValueError, match="zh, en"):
        language.text("wall.tour", "fr")


def test_asked_before_remembered_before_chinese():
    assert language.choose("en", "zh") == "en"
    assert language.choose(None, "en") == "en"
    assert language.choose("fr", None) == "zh"
