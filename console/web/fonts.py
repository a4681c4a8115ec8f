"""The Chinese font of the pages and the map: slices of Noto Sans SC, and the style sheet for them.

The slices come with an npm package, each for some hundred characters; a browser fetches those
that hold what is to be written, and none where the machine has the same design installed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

PACKAGE = Path("node_modules") / "@fontsource-variable" / "noto-sans-sc"
FAMILY = "Noto Sans SC"
SHEET = "fonts.css"
# The same drawings under the name that Linux systems give them.
INSTALLED = "Noto Sans CJK SC"
_FACE = re.compile(r"url\(\./files/([\w.\-]+\.woff2)\)[^}]*?unicode-range: ([^;]+);")


def write_fonts(web: Path, target: Path) -> None:
    """Copy the slices and write their style sheet beside them.

    Parameters
    ----------
    web
        Folder with ``node_modules``.
    target
        Folder of what is built.

    Raises
    ------
    SystemExit
        If the package holds no slices in the form that is known here.
    """
    package = web / PACKAGE
    faces = _FACE.findall((package / "wght.css").read_text(encoding="utf-8"))
    if not faces:
        raise SystemExit(f"{package} holds no slices of a font")
    rules = []
    for name, characters in faces:
        source = package / "files" / name
        digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
        shutil.copyfile(source, target / name)
        rules.append(
            f'@font-face{{font-family:"{FAMILY}";font-weight:100 900;font-display:swap;'
            f'src:local("{INSTALLED}"),url({name}?v={digest}) format("woff2");'
            f"unicode-range:{characters}}}")
    (target / SHEET).write_text("\n".join(rules) + "\n", encoding="utf-8")
