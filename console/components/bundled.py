"""Base of components whose JavaScript is a built bundle served from ``/static/built``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from panel.custom import JSComponent

BUILT = Path(__file__).parents[1] / "static" / "built"


def bundle_address(name: str) -> str:
    """Address of a built file, with the hash of its content so that it may be kept for ever.

    Raises
    ------
    FileNotFoundError
        If the bundles were not built.
    """
    manifest = BUILT / "manifest.json"
    if not manifest.is_file():
        raise FileNotFoundError(f"{manifest} is missing: run python -m console.web.build")
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return f"/static/built/{name}?v={files[name]}"


class BundledComponent(JSComponent):
    """A JSComponent that the browser imports from the project's own static files.

    Panel's own address for a bundle carries no hash and no compression.
    """

    bundle: ClassVar[str] = ""

    @classmethod
    def _render_esm(cls, compiled=True, server=False):
        if server:
            return bundle_address(cls.bundle)
        return super()._render_esm(compiled=compiled, server=server)
