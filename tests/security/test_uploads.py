"""Files on purpose: bombs, pointers to other files and hosts, entities, names that are paths."""

from __future__ import annotations

import io
import json
import socket
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from gis.errors import BadFile
from gis.loading.foreign import read_foreign
from gis.loading.guarding import MOST_UNPACKED
from gis.loading.opening import open_source

SECRET = "the word of this machine"
NAMES = ("draft.shp", "draft.shx", "draft.dbf")


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A host that must not be asked: its address, and what it was asked."""
    asked: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                caller, _ = door.accept()
            except OSError:
                return
            with caller:
                asked.append(caller.recv(200))

    threading.Thread(target=answer, daemon=True).start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}", asked
    door.shutdown(socket.SHUT_RDWR)
    door.close()


@pytest.fixture
def secret_file(tmp_path) -> Path:
    file = tmp_path / "secret.csv"
    file.write_text(f"code,name\n1,{SECRET}\n")
    return file


def packed(**entries: bytes) -> bytes:
    """An archive of these."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return into.getvalue()


def lying_size(content: bytes, size: int) -> bytes:
    """The archive with another unpacked size written over that of its first entry."""
    at = content.index(b"PK\x01\x02")
    return content[:at + 24] + size.to_bytes(4, "little") + content[at + 28:]


def read(path: Path) -> str:
    """All that a loader gets out of a file."""
    source = open_source(path)
    return str([batch.values.to_dict() for batch in source.batches()]) + str(source.columns)


@pytest.mark.parametrize("make", [
    lambda zeros: packed(**{"draft.shp": zeros, "draft.shx": b"", "draft.dbf": b""}),
    lambda zeros: lying_size(packed(**{"draft.shp": zeros[:9_000_000], "draft.shx": b"",
                                       "draft.dbf": b""}), 100),
    lambda zeros: packed(**{f"{number}.shp": b"" for number in range(60)}),
    lambda zeros: packed(**{"draft.shp": packed(**{"draft.shp": zeros}), "draft.shx": b"",
                            "draft.dbf": b""}),
], ids=["unpacks to 300 MB", "lies about its size", "has 60 entries", "holds an archive"])
def test_a_zip_bomb_is_no_draft(make):
    with pytest.raises(BadFile):
        read_foreign(make(bytes(300_000_000)))


def test_a_zip_bomb_is_no_workbook(tmp_path):
    file = tmp_path / "bomb.xlsx"
    sheet = tmp_path / "sheet.xlsx"
    openpyxl.Workbook().save(sheet)
    with zipfile.ZipFile(sheet) as good, zipfile.ZipFile(
            file, "w", zipfile.ZIP_DEFLATED) as bad:
        for one in good.infolist():
            bad.writestr(one.filename, good.read(one))
        bad.writestr("xl/sharedStrings.xml", bytes(200_000_000))
    with pytest.raises(BadFile, match="that is no table"):
        open_source(file)
    assert MOST_UNPACKED > 200_000_000


@pytest.mark.parametrize("ending", ["vrt", "geojson", "gml", "kml", "xml", "zip"])
def test_a_virtual_layer_reads_no_other_file_and_asks_no_host(
        tmp_path, secret_file, listener, ending):
    address, asked = listener
    for source in (str(secret_file), f"/vsicurl/{address}/x.csv", f"{address}/x.geojson"):
        vrt = (f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{source}'
               "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>").encode()
        file = tmp_path / f"layer.{ending}"
        file.write_bytes(packed(**{"inner.vrt": vrt}) if ending == "zip" else vrt)
        with pytest.raises(BadFile, match="points at other files"):
            open_source(file)
        for content in (file.read_bytes(), packed(**dict.fromkeys(NAMES, vrt)),
                        *([b"SQLite format 3\x00" + vrt] if ending == "vrt" else ())):
            with pytest.raises(BadFile) as refused:
                read_foreign(content)
            assert SECRET not in str(refused.value)
    assert asked == []


def test_a_pipeline_in_json_is_not_run(tmp_path, secret_file):
    told = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read"
                                                        f" {secret_file} ! write streamed"}
    file = tmp_path / "areas.gdalg.json"
    file.write_text(json.dumps(told))
    with pytest.raises(BadFile, match="points at other files"):
        open_source(file)
    with pytest.raises(BadFile):
        read_foreign(file.read_bytes())


@pytest.mark.parametrize("kind", ["gml", "kml", "gpx", "xlsx"])
def test_entities_bring_in_nothing(tmp_path, secret_file, listener, kind):
    """XXE: a file of this machine, another host's, and a billion laughs."""
    address, asked = listener
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 12}">' for n in range(1, 9))
    for entities, used in ((f'<!ENTITY x SYSTEM "{secret_file.as_uri()}">', "&x;"),
                           (f'<!ENTITY x SYSTEM "{address}/x">', "&x;"), (laughs, "&a8;"),
                           (f'<!ENTITY % p SYSTEM "{address}/p.dtd"> %p;', "")):
        file = _with_entities(tmp_path, kind, f"<!DOCTYPE d [{entities}]>", used)
        try:
            told = read(file)
        except BadFile as refused:
            told = str(refused)
        assert SECRET not in told
        assert len(told) < 100_000
    assert asked == []


def _with_entities(folder: Path, kind: str, doctype: str, used: str) -> Path:
    head, file = f'<?xml version="1.0"?>{doctype}', folder / f"file.{kind}"
    if kind == "xlsx":
        book = openpyxl.Workbook()
        book.active.append(["code", "name"])
        book.active.append(["1", "here"])
        book.save(folder / "good.xlsx")
        with zipfile.ZipFile(folder / "good.xlsx") as good, zipfile.ZipFile(file, "w") as bad:
            for one in good.infolist():
                text = good.read(one).decode()
                if one.filename.endswith("sharedStrings.xml"):
                    text = head + text.partition("?>")[2].replace("here", used)
                bad.writestr(one.filename, text)
        return file
    bodies = {
        "kml": '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>{}</name>'
               "<Point><coordinates>120,30</coordinates></Point></Placemark></Document></kml>",
        "gpx": '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
               '<wpt lat="30" lon="120"><name>{}</name></wpt></gpx>',
        "gml": '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/"'
               ' xmlns:gml="http://www.opengis.net/gml"><gml:featureMember><ogr:x>'
               "<ogr:name>{}</ogr:name></ogr:x></gml:featureMember></ogr:FeatureCollection>",
    }
    file.write_text(head + bodies[kind].replace("{}", used))
    return file


def test_a_schema_elsewhere_is_not_fetched(tmp_path, listener):
    address, asked = listener
    file = tmp_path / "wfs.gml"
    file.write_text(
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs"'
        ' xmlns:gml="http://www.opengis.net/gml" xmlns:x="http://x.example"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://x.example'
        f' {address}/wfs?service=WFS&amp;version=1.0.0&amp;request=DescribeFeatureType">'
        "<gml:featureMember><x:a><x:name>b</x:name></x:a></gml:featureMember>"
        "</wfs:FeatureCollection>")
    assert "b" in read(file)
    assert asked == []


def test_a_geopackage_with_code_in_it_runs_nothing(tmp_path, secret_file):
    file = tmp_path / "code.gpkg"
    with closing(sqlite3.connect(file)) as book:
        book.execute("CREATE TABLE gpkg_contents (table_name, data_type, identifier)")
        book.execute("CREATE VIEW draft AS SELECT load_extension('/tmp/x.so')")
        book.execute(f"CREATE VIEW other AS SELECT readfile('{secret_file}') AS name")
        book.commit()
    with pytest.raises(BadFile) as refused:
        read_foreign(file.read_bytes())
    assert SECRET not in str(refused.value)


def test_names_that_are_paths_leave_nothing_behind(tmp_path):
    left = tmp_path / "left"
    left.mkdir()
    with pytest.raises(BadFile):
        read_foreign(packed(**{f"../../../../{left}/a{ending}": b"x"
                               for ending in (".shp", ".shx", ".dbf")}))
    assert list(left.iterdir()) == []


def test_a_sheet_that_says_it_is_huge_is_read_as_it_is(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["code", "name"])
    book.active.append(["1", "here"])
    book.save(tmp_path / "good.xlsx")
    file = tmp_path / "huge.xlsx"
    with zipfile.ZipFile(tmp_path / "good.xlsx") as good, zipfile.ZipFile(file, "w") as bad:
        for one in good.infolist():
            bad.writestr(one.filename, good.read(one).replace(
                b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"'))
    assert sum(len(batch) for batch in open_source(file).batches()) == 1
