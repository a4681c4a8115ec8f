"""What the pages say is so: links, files, commands, tables; English and Chinese alike."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from console.access import _PAGES as PAGES
from console.access import HOME, may_enter
from console.cli import cli, main
from gis.cluster import OWNER, SERVER

ROOT = Path(__file__).parent.parent
PAGES_OF_DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
# A path of ours: a package's or folder's name, a slash, and more.
OURS = re.compile(r"^(?:gis|layers|tiles|console|fixtures|tests|bench|docs)/[\w./*-]+$")
MADE = ("console/static/built", "console/web/node_modules")
COMMAND = re.compile(r"(?<![\w/])(?:\./)?gridwall ((?:[a-z]+)(?: [a-z]+)?)")
TABLE = re.compile(r"(<!-- table -->\n).*?(<!-- end of table -->)", re.DOTALL)
DEVELOPER = ROOT / "docs" / "developer.md"
MOST_LINES_OF_A_DECISION = 75


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and GitLab make them."""
    text = FENCE.sub("", page.read_text("utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def plain(page: Path) -> str:
    return FENCE.sub("", page.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES_OF_DOCS, ids=named)
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(plain(page)):
        assert "://" not in link, f"{link}: pages are read where there is no internet"
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES_OF_DOCS, ids=named)
def test_every_file_that_is_named_is_there(page):
    for name in CODE.findall(plain(page)):
        if OURS.match(name) and not name.startswith(MADE):
            assert any(ROOT.glob(name.rstrip("/"))), name


@pytest.mark.parametrize("page", PAGES_OF_DOCS, ids=named)
def test_every_function_that_is_named_is_there(page):
    files = [*ROOT.glob("gis/sql/functions/*.sql"), *ROOT.glob("console/*.py")]
    scripts = "".join(path.read_text("utf-8") for path in files)
    for name in re.findall(r"`(\w+)\(\)`", plain(page)):
        assert re.search(rf"(?:FUNCTION|def) {name}\(", scripts), name


@pytest.mark.parametrize("page", PAGES_OF_DOCS, ids=named)
def test_every_command_that_is_named_is_there(page, capsys):
    for words in set(COMMAND.findall(page.read_text("utf-8"))):
        command, path = cli, []
        for word in words.split():
            if isinstance(command, click.Group):
                path.append(word)
                command = command.get_command(click.Context(command), word)
        assert command is not None, f"gridwall {words}"
        assert main([*path, "--help"]) == 0


@pytest.mark.parametrize("page", PAGES_OF_DOCS, ids=named)
def test_every_option_in_a_command_is_there(page):
    lines = [line for kind, text in FENCE.findall(page.read_text("utf-8"))
             if kind in ("console", "sh") for line in text.splitlines()]
    for line in lines:
        for given in re.findall(r"\./gridwall ([^)#|]+)", line):
            _demand_options(shlex.split(given))


def _demand_options(words: list[str]) -> None:
    command: click.Command = cli
    while isinstance(command, click.Group) and words:
        command = command.get_command(click.Context(command), words.pop(0))
        assert command is not None
    if command.context_settings.get("ignore_unknown_options"):
        return
    known = {name for one in command.get_params(click.Context(command)) for name in one.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_readme_is_the_same_in_both_languages():
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))

    def form(text: str) -> list[str]:
        return re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)

    def rows(text: str) -> list[str]:
        return [cell.split("`")[1] for cell in re.findall(r"^\| (`[^|]+)\|", text, re.MULTILINE)]

    assert form(english) == form(chinese)
    assert FENCE.findall(english) == FENCE.findall(chinese)
    assert rows(english) == rows(chinese)


def test_the_two_commands_stand_first():
    for name in ("README.md", "README.zh.md"):
        _, first = FENCE.findall((ROOT / name).read_text("utf-8"))[0]
        assert first == "./gridwall up\n./gridwall test\n"


def test_every_page_is_listed_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    linked = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    assert set(PAGES_OF_DOCS) - linked == {ROOT / "docs" / "README.md"}


def test_decisions_are_short():
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        lines = page.read_text("utf-8").count("\n")
        assert lines <= MOST_LINES_OF_A_DECISION, f"{page.name}: {lines} lines"


def test_pictures_are_small_and_shown():
    shown = {(page.parent / link).resolve() for page in PAGES_OF_DOCS
             for link in LINK.findall(plain(page)) if link.endswith((".png", ".jpg"))}
    pictures = {path for path in (ROOT / "docs" / "pictures").rglob("*") if path.is_file()}
    assert pictures == shown
    assert all(path.stat().st_size <= 600_000 for path in pictures)


FREE = {"MIT", "ISC", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Apache-2.0", "Zlib", "CC0-1.0",
        "OFL-1.1"}


def test_the_licences_of_the_bundles_are_told_and_free():
    lock = json.loads((ROOT / "console/web/package-lock.json").read_text("utf-8"))["packages"]
    for path, package in lock.items():
        licence = package["license"].strip("()")
        if " OR " in licence:
            assert FREE & set(licence.split(" OR ")), path
        else:
            assert set(licence.split(" AND ")) <= FREE, path
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    told = set(re.findall(r"^\| ([@\w./-]+)[^|]*\| ([\d.]+) \| ([\w.-]+) \|$", page, re.MULTILINE))
    own = lock[""]
    assert told == {
        (name, lock[f"node_modules/{name}"]["version"], lock[f"node_modules/{name}"]["license"])
        for name in own["dependencies"] | own["devDependencies"]
    }


def role_table() -> str:
    """Roles by page, from the table that the gate reads."""
    head = [f"| role | home | {' | '.join(f'`{page}`' for page in PAGES)} |",
            f"|---|---|{'---|' * len(PAGES)}"]
    rows = [
        f"| `{role}` | `{home}` | "
        + " | ".join("yes" if may_enter(role, page) else "–" for page in PAGES) + " |"
        for role, home in HOME.items()
    ]
    return "\n".join([*head, *rows]) + "\n"


def test_the_table_of_roles_is_current():
    found = TABLE.search(DEVELOPER.read_text("utf-8"))
    assert found[0] == found[1] + role_table() + found[2], "run python -m tests.test_docs"


def test_the_operators_scripts_make_a_database_that_serves(cluster, tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs" / "operator.md").read_text("utf-8")
    (script,) = [text for kind, text in FENCE.findall(page) if kind == "psql"]
    roles, *others = [shlex.split(line) for line in script.splitlines()]
    # The run's cluster has its roles from this very file; again, it would take back what the
    # tests were given beside.
    assert roles == ["psql", "-d", "postgres", "-f", "gis/sql/cluster/roles.sql"]
    for words in others:
        _, _, where, _, name, _, file = words
        assert (name, where in ("postgres", "gridwall")) == ("name=gridwall", True)
        cluster.superuser_sql((ROOT / file).read_text("utf-8"),
                              where.replace("gridwall", "operators"), name="operators")
    try:
        monkeypatch.setenv("GRIDWALL_HOME", str(tmp_path))
        monkeypatch.setenv("GRIDWALL_ADMIN_DATABASE_URL", cluster.url(OWNER, "operators"))
        monkeypatch.setenv("GRIDWALL_DATABASE_URL", cluster.url(SERVER, "operators"))
        assert main(["db", "migrate"]) == 0
        assert main(["doctor"]) == 0
        assert "ok    database: reached as gridwall_server" in capsys.readouterr().out
    finally:
        cluster.superuser_sql("drop database operators with (force)")


def test_the_operators_rules_are_rows(database):
    import psycopg

    page = (ROOT / "docs" / "operator.md").read_text("utf-8")
    (script,) = [text for kind, text in FENCE.findall(page) if kind == "sql"]
    with psycopg.connect(database.admin_url) as connection:
        for statement in filter(None, map(str.strip, script.split(";"))):
            assert connection.execute(statement.encode()).rowcount == 1, statement
        (roles,) = connection.execute("SELECT roles FROM assignment_rules").fetchone()
        assert roles[-1] == "head"


if __name__ == "__main__":
    text = DEVELOPER.read_text("utf-8")
    DEVELOPER.write_text(TABLE.sub(lambda found: found[1] + role_table() + found[2], text), "utf-8")
    sys.stdout.write("docs/developer.md written\n")
