"""QR codes as drawings."""

from __future__ import annotations

import re

import segno

# Four modules of white around it, as ISO/IEC 18004 asks.
QUIET_ZONE = 4
# Weighing all eight masks takes four times as long as all the rest; any of them reads well.
_MASK = 2
_DARK = re.compile(b"\x01+")


def qr_svg(text: str, level: str = "m") -> str:
    """A QR code as SVG without a size of its own: it fills what it is put in.

    Parameters
    ----------
    text
        What it says; at most some 1,600 characters.
    level
        How much may be dirty or torn: ``m`` 15 %, ``q`` 25 %.

    Returns
    -------
    str
        A square of white and one line of black for each run of modules, a module being 1 × 1.
    """
    rows = segno.make(text, error=level, micro=False, boost_error=False, mask=_MASK).matrix
    runs = "".join(
        f"M{QUIET_ZONE + dark.start()} {QUIET_ZONE + line}.5h{len(dark[0])}"
        for line, row in enumerate(rows) for dark in _DARK.finditer(row))
    side = len(rows) + 2 * QUIET_ZONE
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"'
            f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
            f'<path stroke="#000" d="{runs}"/></svg>')
