"""Pictures of the pages, taken in a real browser once a page says that it is drawn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gis.errors import SetupError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these the browser asks hosts of its own, and draws nothing where there is no GPU.
FLAGS = (
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
)
TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Page:
    """A page to be taken: who looks at it, and what holds in the browser when it is drawn."""

    role: str
    drawn: str
    size: tuple[int, int] = (1920, 1080)


PAGES = {
    "wall": Page("hall", "() => window.gridwall?.counts().incidents > 0"
                         "&& window.gridwall.settled?.()"),
    "street": Page("street", "() => document.querySelector('#matters tbody tr')"
                             "&& document.querySelector('#under tbody tr')"
                             "&& document.querySelector('#map svg path')", (1366, 768)),
    "statistics": Page("hall", "() => document.querySelector('#figures b, #figures strong')"
                               "&& document.querySelector('#bars svg')"
                               "&& document.querySelector('#table tbody tr')", (1366, 768)),
    "admin/categories": Page("admin", "() => document.querySelector('main tbody tr')",
                             (1366, 768)),
    "planner": Page("planner", "() => window.gridwall?.planner?.editor.settled"
                               "&& document.querySelector('#health .verdict')"
                               "&& document.querySelector('#grids tbody tr')"),
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
    size: tuple[int, int] | None = None, lang: str = "zh",
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
        Folder for the pictures, made where absent: ``NAME-WIDTHxHEIGHT.png``.
    size
        Width and height in CSS pixels; by default each page's own.
    lang
        ``zh`` or ``en``.
    told
        Called with each picture.

    Raises
    ------
    SetupError
        When there is no browser, or a page was not drawn in time.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise SetupError(
            "pictures need playwright: .venv/bin/pip install playwright") from None

    executable = find_browser()
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    out.mkdir(parents=True, exist_ok=True)
    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=[*FLAGS, *root])
        for name in names:
            width, height = size or PAGES[name].size
            path = out / f"{name.replace('/', '-')}-{width}x{height}.png"
            context = browser.new_context(viewport={"width": width, "height": height})
            context.add_cookies([cookie(PAGES[name].role) | {
                "domain": urlsplit(address).hostname, "path": "/"}])
            page = context.new_page()
            try:
                page.goto(f"{address}/{name}?lang={lang}", timeout=TIMEOUT_MS)
                page.wait_for_function(PAGES[name].drawn, timeout=TIMEOUT_MS)
                page.screenshot(path=path)
            except Error as problem:
                raise SetupError(f"/{name} was not drawn: {problem.message}") from None
            finally:
                context.close()
            taken.append(path)
            told(path)
        browser.close()
    return taken
