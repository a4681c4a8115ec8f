"""Built bundles from ``/static/built``, in the precompressed form that lies beside them."""

from __future__ import annotations

import mimetypes
from os import PathLike

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_CODINGS = (("br", ".br"), ("gzip", ".gz"))
_FOR_EVER = "public, max-age=31536000, immutable"


class BuiltFiles(StaticFiles):
    """Static files whose address carries their hash, so that browsers may keep them."""

    def __init__(self, directory: PathLike[str]) -> None:
        # Before the first build there is none; then all are simply not found.
        super().__init__(directory=directory, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, compressed where the caller takes it so and it was built so."""
        accepted = next((value.decode("latin-1") for name, value in scope["headers"]
                         if name == b"accept-encoding"), "")
        for coding, ending in _CODINGS:
            if coding in accepted and self.lookup_path(path + ending)[1] is not None:
                response = await super().get_response(path + ending, scope)
                if response.status_code == 200:
                    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
                    response.headers["content-type"] = kind
                    response.headers["content-encoding"] = coding
                break
        else:
            response = await super().get_response(path, scope)
        response.headers["vary"] = "Accept-Encoding"
        kept = scope["query_string"].startswith(b"v=")
        response.headers["cache-control"] = _FOR_EVER if kept else "no-cache"
        return response
