"""The wall at ``/wall``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import panel as pn

from console import appearance, language
from console.components.bundled import bundle_address
from console.components.wall_map import WallMap
from console.components.wall_panels import WallPanels
from console.web.fonts import SHEET
from gis.incident_rules import OPEN_STATES, State
from layers.basemap import BASEMAPS, basemap_style
from layers.colours import to_css
from layers.registry import WallStyle, describe, legend

_HERE = Path(__file__).parent
# A picture of four grids; in the page itself, so that no request asks for it.
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%234fb8ff' d='M1 1h6v6H1zm8 0h6v6H9zM1 9h6v6H1z'/%3E"
    "%3Cpath fill='%23ff9d2f' d='M9 9h6v6H9z'/%3E%3C/svg%3E"
)
_PREFIXES = ("class.", "layer.", "state.", "urgency.", "wall.", "step.", "role.", "how.", "tier.")


@dataclass(frozen=True)
class WallOptions:
    """What a wall is told when the server starts."""

    title: str = ""
    tour_idle_minutes: float = 5.0
    emergency_seconds: float = 12.0
    figures_seconds: float = 5.0
    finished: tuple[str, ...] = tuple(str(s) for s in State if s not in OPEN_STATES)


def wall_page(options: WallOptions | None = None) -> pn.Template:
    """Make one page; call it inside a session.

    Parameters
    ----------
    options : WallOptions, optional

    Returns
    -------
    pn.Template
        Roots ``header``, ``left``, ``map`` and ``right``.
    """
    options = options or WallOptions()
    scheme = _argument("scheme") or "base"
    lang = language.choose(_argument("lang"), pn.state.cookies.get(language.COOKIE))
    words = language.texts(_PREFIXES, lang)
    look = appearance.choose(_argument(appearance.ARGUMENT),
                             pn.state.cookies.get(appearance.COOKIE), "dark")
    template = pn.Template(_template(lang, look))
    template.add_variable("app_favicon", _ICON)
    style = WallStyle.of(look)
    common = {
        "scheme": scheme, "lang": lang, "appearance": look, "texts": words,
        "sizing_mode": "stretch_both",
    }
    scale = style.incidents.scale
    colours = {code: to_css(scale.colour(code)) for code in scale.codes}
    for name, panels in (
        ("header", ["header"]), ("left", ["figures", "ranking"]),
        ("right", ["trend", "classes", "newest"]),
    ):
        template.add_panel(name, WallPanels(
            panels=panels, class_colours=colours, title=options.title,
            interval_seconds=options.figures_seconds, **common))
    template.add_panel("map", _map(options, style, common))
    return template


def _map(options: WallOptions, style: WallStyle, common: dict[str, object]) -> WallMap:
    return WallMap(
        layers=describe(style, str(common["scheme"])),
        basemap=basemap_style(BASEMAPS[common["appearance"]]),
        ground=_argument("ground") or "",
        legend={name: [entry.as_dict() for entry in group]
                for name, group in legend(style).items()},
        classes=list(style.incidents.scale.codes),
        finished=list(options.finished),
        tour_idle_minutes=options.tour_idle_minutes,
        emergency_seconds=options.emergency_seconds,
        workers={name: bundle_address(f"{name}-worker.js") for name in ("mvt", "maplibre", "live")},
        **common,
    )


def _argument(name: str) -> str | None:
    values = pn.state.session_args.get(name) if pn.state.session_args else None
    return values[0].decode("utf-8", "replace") if values else None


def _template(lang: str, look: appearance.Appearance) -> str:
    page = (_HERE / "wall.html").read_text(encoding="utf-8")
    css = [(_HERE / name).read_text(encoding="utf-8") for name in (f"wall-{look}.css", "wall.css")]
    words = {"lang": lang, "title": language.text("wall.page_title", lang),
             "fonts": bundle_address(SHEET), "css": "".join(css)}
    # Only our own marks are filled here; Bokeh fills the rest.
    for name, value in words.items():
        page = page.replace(f"[[{name}]]", value)
    return page
