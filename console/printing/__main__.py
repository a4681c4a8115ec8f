"""One document: JSON on standard input, a PDF on standard output."""

from __future__ import annotations

import json
import os
import sys

from console.printing.document import Document, make_pdf
from console.printing.press import SETUP_FAULT
from gis.errors import SetupError


def main() -> int:
    """Set the document; a setting-up fault is told in words and by its exit code."""
    os.nice(5)  # whoever looks at the wall goes first
    try:
        pdf = make_pdf(Document(**json.load(sys.stdin.buffer)))
    except SetupError as fault:
        print(fault.message, file=sys.stderr)
        return SETUP_FAULT
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
