"""Pictures of the pages, taken in a real browser once a page says that it is drawn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gis.errors import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these the browser asks hosts of its own, and draws nothing where there is no GPU.
FLAGS = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)
# A wall of eight million points without a GPU takes its time.
TIMEOUT_MS = 240_000


@dataclass(frozen=True)
class Page:
    """A page to be taken: who looks at it, and what holds in the browser when it is drawn.

    Attributes
    ----------
    address
        Where it stands, if not under its name; ``{code}`` is that of a building with houses.
    hand
        What is done before the picture, if anything: where, then keys, or ``click``.
    opened
        What holds in the browser once that has done its work.
    """

    role: str
    drawn: str
    size: tuple[int, int] = (1920, 1080)
    address: str = ""
    hand: tuple[str, ...] = ()
    opened: str = "() => true"


@dataclass(frozen=True)
class Picture:
    """How pictures are taken.

    Attributes
    ----------
    size
        Width and height in CSS pixels; None: each page's own.
    lang
        ``zh`` or ``en``.
    styles
        Each page is taken in each of them, ``dark`` or ``light``; none: as the page is by itself.
    """

    size: tuple[int, int] | None = None
    lang: str = "zh"
    styles: tuple[str, ...] = ()


PAGES = {
    "wall": Page("hall", "() => window.gridwall?.counts().incidents > 0"
                         "&& window.gridwall.settled?.()"),
    "street": Page("street", "() => document.querySelector('#matters tbody tr')"
                             "&& document.querySelector('#under tbody tr')"
                             "&& document.querySelector('#map svg path')", (1366, 768),
                   hand=("#matters tbody tr >> nth=1", "click"),
                   opened="() => document.querySelector('#detail .steps')"),
    "statistics": Page("hall", "() => document.querySelector('#figures b, #figures strong')"
                               "&& document.querySelector('#bars svg')"
                               "&& document.querySelector('#table tbody tr')", (1366, 768)),
    "admin/categories": Page("admin", "() => document.querySelector('main tbody tr')",
                             (1366, 768)),
    "planner": Page("planner", "() => window.gridwall?.planner?.editor.settled"
                               "&& document.querySelector('#health .verdict')"
                               "&& document.querySelector('#grids tbody tr')"),
    "building": Page("street", "() => document.querySelector('#drawing svg.slices')"
                               "&& document.querySelector('#children *')"
                               "&& document.querySelector('#map svg path')",
                     address="place/{code}", hand=("#drawing svg.slices", "PageUp", "PageUp"),
                     opened="() => document.querySelector('.slice.chosen')"),
    "officer": Page("officer", "() => document.querySelector('#mine article, #mine .quiet')"
                               "&& document.querySelector('#total').textContent", (390, 844)),
    "report": Page("officer", "() => document.querySelector('#report select option')",
                   (390, 844)),
}


def find_browser() -> str:
    """The path of a Chromium.

    Raises
    ------
    SetupError
        When there is none on PATH.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SetupError("pictures need Chromium: apt-get install chromium fonts-noto-cjk")
    return found


def take(
    address: str, cookie: Callable[[str], dict[str, str]], names: Sequence[str], out: Path,
    picture: Picture | None = None, code: str = "",
    told: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """Take pictures of pages of a running server.

    Parameters
    ----------
    address
        The server's, such as ``http://127.0.0.1:5006``.
    cookie
        Gives name and value of a session's cookie for a role.
    names
        Keys of `PAGES`.
    out
        Folder for the pictures, made where absent: ``NAME[-STYLE]-WIDTHxHEIGHT.png``.
    picture
        Size, language and styles.
    code
        Of a building, for the page of one.
    told
        Called with each picture.

    Raises
    ------
    SetupError
        When there is no browser, or a page was not drawn in time.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SetupError(
            "pictures need playwright: .venv/bin/pip install playwright") from None

    executable, picture = find_browser(), picture or Picture()
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[*FLAGS, *root])
        for name, style in product(names, picture.styles or ("",)):
            width, height = size = picture.size or PAGES[name].size
            path = out / f"{'-'.join(filter(None, [*name.split('/'), style]))}-{width}x{height}.png"
            query = f"?lang={picture.lang}{f'&style={style}' if style else ''}"
            page_address = f"{address}/{(PAGES[name].address or name).format(code=code)}{query}"
            _one(browser, page_address, PAGES[name], cookie, size, path)
            taken.append(path)
            told(path)
        browser.close()
    return taken


def _one(browser: Browser, address: str, page: Page, cookie: Callable[[str], dict[str, str]],
         size: tuple[int, int], path: Path) -> None:
    """One page in a browser profile of its own, at rest."""
    from playwright.sync_api import Error

    parts = urlsplit(address)
    # Nothing flies or fades in a picture, nor does a tour begin.
    context = browser.new_context(viewport={"width": size[0], "height": size[1]},
                                  reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT_MS)
    context.add_cookies([cookie(page.role) | {"domain": parts.hostname, "path": "/"}])
    shown = context.new_page()
    try:
        shown.goto(address)
        shown.wait_for_function(page.drawn)
        if page.hand:
            where, *keys = page.hand
            for key in keys:
                shown.click(where) if key == "click" else shown.press(where, key)
            shown.wait_for_function(page.opened)
        shown.evaluate("() => document.fonts.ready.then(() => true)")
        shown.screenshot(path=path)
    except Error as problem:
        raise SetupError(f"{parts.path} was not drawn: {problem.message}") from None
    finally:
        context.close()
