"""``python -m console.cli``: what `./gridwall` hands over to."""

import sys

from console.cli import main

sys.exit(main())
