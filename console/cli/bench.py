"""`gridwall bench`: benchmarks against peers, in one run."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module

import click

# Parts of the frame, not benchmarks.
_FRAME = {"report", "coverage"}


def bench_names() -> list[str]:
    """The benchmarks there are: modules of `bench` which have a `run`."""
    folder = import_module("bench").__path__
    return sorted(module.name for module in pkgutil.iter_modules(folder)
                  if module.name not in _FRAME and not module.name.endswith("_peers"))


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME …]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--quick", is_flag=True, help="Small sizes: whether it runs, not how fast.")
def bench(names: tuple[str, ...], as_json: bool, quick: bool) -> None:
    """Measure against peers on a cluster of its own; ends with 1 where a bar is missed."""
    known = bench_names()
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of: {', '.join(known)}",
                                     param_hint="NAME")
    from rich.console import Console

    from bench import report

    rows = []
    with report.Context(quick=quick, say=lambda line: click.echo(line, err=True)) as context:
        for name in names or known:
            rows += import_module(f"bench.{name}").run(context)
    if as_json:
        click.echo(json.dumps(report.as_json(rows), ensure_ascii=False))
    else:
        report.show(rows, Console())
    if not all(row.holds for row in rows):
        raise click.exceptions.Exit(1)
