"""What people touch: pages, HTTP API, command line, sign-in."""

import os

# Where Panel does not know a page's own address it takes style sheets from this one instead: no
# page asks any host but its own. It reads the variable when it is first imported.
os.environ.setdefault("PANEL_CDN_ROOT", "/static/panel/")
