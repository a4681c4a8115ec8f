"""One document or picture: JSON on standard input, a PDF or PNG on standard output."""

from __future__ import annotations

import json
import os
import sys

from console.printing.document import Document, make_pdf
from console.printing.picture import Picture, make_png
from console.printing.press import SETUP_FAULT
from gis.errors import SetupError


def main() -> int:
    """Set what was told; a setting-up fault is told in words and by its exit code."""
    os.nice(5)  # whoever looks at the wall goes first
    try:
        told = json.load(sys.stdin.buffer)
        made = (make_png(Picture(**told["picture"])) if "picture" in told
                else make_pdf(Document(**told)))
    except SetupError as fault:
        print(fault.message, file=sys.stderr)
        return SETUP_FAULT
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
