"""The command line. Commands are imported when they are called, so that help is quick."""

from __future__ import annotations

import importlib
import signal
import sys
import textwrap
from types import FrameType

import click

from gis.errors import GridwallError

# name: (module, attribute, one line of help)
COMMANDS = {
    "up": ("up", "up", "Start everything and serve the pages."),
    "test": ("test", "test", "Run the tests on a cluster of their own."),
    "load": ("load_loop", "load", "Load areas, buildings, addresses, officers, reports, …"),
    "rename": ("library", "rename", "Rename a road, compound, building or house."),
    "codes": ("library", "codes", "Explain and mint codes."),
    "library": ("library", "library", "The address library: read what came with a text alone."),
    "keys": ("library", "keys", "Keys of personal data."),
    "check": ("check", "check", "Examine files and the library before and after loading."),
    "repair": ("boundaries", "repair", "Propose how areas that do not fit together could."),
    "assign": ("assign", "assign", "Give every row of a file its grid and officer."),
    "geocode": ("geocode", "geocode", "Give every row of a file the house that its words name."),
    "token": ("accounts", "token", "API tokens."),
    "user": ("accounts", "user", "Accounts."),
    "db": ("db", "db", "The database: start, stop, migrate, backup, restore, archive, drill."),
    "purge": ("purge", "purge", "Take away what has been kept long enough."),
    "doctor": ("doctor", "doctor", "Check machine and database; says what to do."),
    "escalate": ("escalate", "escalate", "Look at the clocks now, as the server does by itself."),
    "bench": ("bench", "bench", "Measure against peers, in one run."),
    "shots": ("shots", "shots", "Take pictures of the pages."),
    "pictures": ("pictures", "pictures", "Take pictures of the wall's layers."),
    "plan": ("plan", "plan", "Publish a redraw, list publications, take one back."),
    "map": ("maps", "still_map", "A still picture of the map, for a report."),
    "raster": ("rasters", "raster", "Orthophotos, heights and heat surfaces drawn as tiles."),
    "tiles": ("tiles", "tiles", "Tables of your own as tile layers; tiles as one archive."),
    "plates": ("plates", "plates", "Print door plates with QR codes."),
    "simulate": ("feeds", "simulate", "Send made-up reports at a rate of your choice."),
    "replay": ("feeds", "replay", "Play a file of reports by its own timestamps."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported on use."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name, imported now; None where there is none."""
        if name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[name]
        return getattr(importlib.import_module(f"console.cli.{module}"), attribute)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def cli(context: click.Context) -> None:
    """Gridwall (网格指挥墙): a geospatial command console for urban grid management."""
    from console.cli.context import Session

    context.obj = Session()
    context.call_on_close(context.obj.close)


def _stop(number: int, frame: FrameType | None) -> None:
    # As an exception, so that what was started is stopped on the way out.
    raise SystemExit(128 + number)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. Errors of ours become one paragraph on stderr."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = cli.main(arguments, prog_name="gridwall", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("gridwall: stopped", file=sys.stderr)
        return 130
    except GridwallError as problem:
        lines = f"gridwall: {problem.message}".splitlines()
        wrapped = (textwrap.fill(line, 96, break_long_words=False, break_on_hyphens=False)
                   for line in lines)
        print("\n".join(wrapped), file=sys.stderr)
        return 1
