"""A picture of each layer of the wall, as docs/layers.md shows them."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from console.shots import FLAGS, PAGES, TIMEOUT_MS, find_browser
from gis.errors import SetupError
from layers.colours import Colour
from layers.palettes import PALETTES, Appearance

if TYPE_CHECKING:
    from playwright.sync_api import CDPSession, Page

SIZE = (960, 540)
# Colours of a picture's own palette, beside those that its legend speaks of.
COLOURS = 84


@dataclass(frozen=True)
class View:
    """What a picture of a layer shows, and from where.

    Attributes
    ----------
    layers
        Shown together, that of the picture among them.
    nearer
        Steps of zoom nearer than the wall's first view; each doubles.
    pitch, bearing
        Of the camera, in degrees.
    """

    layers: tuple[str, ...]
    nearer: float = 0.6
    pitch: float = 48.0
    bearing: float = -24.0


VIEWS: dict[str, View] = {
    "areas": View(("areas",)),
    "heat": View(("heat",)),
    "plinths": View(("plinths",), 0.9, 54),
    "buildings": View(("areas", "buildings"), 3.0, 60),
    "kinds": View(("kinds",), 2.2, 52),
    "visits": View(("visits",), 2.2, 52),
    "hexagons": View(("hexagons",), 0.9, 54),
    "trails": View(("areas", "buildings", "trails"), 2.2, 52),
    "dispatches": View(("areas", "buildings", "dispatches"), 0.9, 56),
    "incidents": View(("areas", "buildings", "incidents"), 1.6, 52),
    "beams": View(("areas", "buildings", "incidents", "beams"), 1.6, 60),
}

# The map alone; its legend across the whole width.
_BARE_PAGE = """
addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = 'html { font-size: 13px !important; }'
    + ' .wall-side, .wall-header { display: none; }';
  document.head.append(style);
});
"""
_BARE_MAP = """() => {
  const inside = root => [...root.querySelectorAll('*')].flatMap(({shadowRoot: within}) =>
    (within ? [...within.querySelectorAll('*'), ...inside(within)] : []));
  for (const one of inside(document)) {
    if (one.classList.contains('legend')) one.style.maxWidth = '96%';
    if (one.classList.contains('shade')) one.style.display = 'none';
  }
}"""
# The middle of the busiest grid, where there is something of everything.
_LOOK = """async ({nearer, pitch, bearing}) => {
  const {ranking} = await (await fetch('/api/wall/figures')).json();
  const {map, place} = window.gridwall;
  const {lon, lat} = place(ranking[0].code);
  map.jumpTo({center: [lon, lat], zoom: map.getZoom() + nearer, pitch, bearing});
}"""
# Some frames on, all tiles of this view have been asked for; names fade in after the last.
_RESTED = """() => new Promise(done => {
  const {map, settled, deck} = window.gridwall;
  const tiled = () => deck._deck.layerManager.getLayers().every(({isLoaded}) => isLoaded);
  let calm = 0;
  const look = () => {
    calm = settled() && tiled() && !map.isMoving() ? calm + 1 : 0;
    if (calm > 5) done(true);
    else setTimeout(look, 150);
  };
  requestAnimationFrame(() => requestAnimationFrame(look));
})"""


@dataclass(frozen=True)
class Taken:
    """A picture, its file's size, and what showing its layers cost the browser's main thread."""

    name: str
    path: Path
    size_bytes: int
    main_thread_ms: float


def take_layers(
    address: str, cookie: dict[str, str], names: Sequence[str], out: Path,
    style: Appearance = "dark",
    lang: str = "zh", told: Callable[[Taken], None] = lambda taken: None,
) -> list[Taken]:
    """Take pictures of layers on the wall of a running server.

    Parameters
    ----------
    address
        The server's, such as ``http://127.0.0.1:5006``.
    cookie
        Name and value of a session of the hall's.
    names
        Keys of `VIEWS`.
    out
        Folder for the pictures, made where absent: ``NAME.png`` by dark, ``NAME-light.png``.
    style, lang
        ``dark`` or ``light``; ``zh`` or ``en``.
    told
        Called with each picture.

    Raises
    ------
    SetupError
        When there is no browser, or a layer was not drawn in time.
    """
    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with _wall(f"{address}/wall?lang={lang}&style={style}&layers=", cookie) as page:
        page.evaluate(_BARE_MAP)
        meter = page.context.new_cdp_session(page)
        meter.send("Performance.enable")
        home = page.evaluate("() => window.gridwall.camera()")
        for name in names:
            path = out / f"{name}{'' if style == 'dark' else f'-{style}'}.png"
            cost_ms = _show(page, meter, VIEWS[name], home)
            path.write_bytes(small_png(page.screenshot(), told_colours(style)))
            taken.append(Taken(name, path, path.stat().st_size, cost_ms))
            told(taken[-1])
    return taken


def small_png(picture: bytes, told: Sequence[Colour]) -> bytes:
    """A PNG with a palette in place of one with millions of colours.

    `told` are kept as they are, and half as strong: they are few among walls and shadows, and a
    palette found by counting would lose them.
    """
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    ground = np.median(np.asarray(image).reshape(-1, 3), axis=0)
    kept = np.array(told, float)
    found = np.array(image.quantize(COLOURS, Image.Quantize.MEDIANCUT).getpalette(), np.uint8)
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([
        kept, (kept + ground) / 2, found.reshape(-1, 3)[:COLOURS]]).astype(np.uint8).tobytes())
    packed = io.BytesIO()
    image.quantize(palette=palette, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def told_colours(style: Appearance) -> list[Colour]:
    """All colours that legends of a look speak of."""
    palette = PALETTES[style]
    groups = [getattr(palette, field.name) for field in fields(palette)]
    return [colour for group in groups
            for colour in (group if isinstance(group[0], tuple) else (group,))]


@contextmanager
def _wall(address: str, cookie: dict[str, str]) -> Iterator[Page]:
    """A wall in a browser of its own; what is not drawn in time is told as a SetupError."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise SetupError(
            "pictures need playwright: .venv/bin/pip install playwright") from None
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=[*FLAGS, *root])
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]},
                                      reduced_motion="reduce")
        context.set_default_timeout(TIMEOUT_MS)
        context.add_cookies([cookie | {"domain": urlsplit(address).hostname, "path": "/"}])
        context.add_init_script(_BARE_PAGE)
        try:
            page = context.new_page()
            page.goto(address)
            page.wait_for_function(PAGES["wall"].drawn)
            yield page
        except Error as problem:
            raise SetupError(f"the wall was not drawn: {problem.message}") from None
        finally:
            browser.close()


def _show(page: Page, meter: CDPSession, view: View, home: dict[str, object]) -> float:
    """Show a view at rest; the milliseconds of main thread that its layers took at home."""
    page.evaluate("home => { window.gridwall.layers.show([]); window.gridwall.map.jumpTo(home); }",
                  home)
    page.evaluate(_RESTED)
    before = _task_ms(meter)
    page.evaluate("names => window.gridwall.layers.show(names)", list(view.layers))
    page.evaluate(_RESTED)
    cost_ms = _task_ms(meter) - before
    page.evaluate(_LOOK, {"nearer": view.nearer, "pitch": view.pitch, "bearing": view.bearing})
    page.evaluate(_RESTED)
    return cost_ms


def _task_ms(meter: CDPSession) -> float:
    told = {one["name"]: one["value"] for one in meter.send("Performance.getMetrics")["metrics"]}
    return told["TaskDuration"] * 1000
