"""One proposal in a process of its own: a pickle in on stdin, lines of JSON out on stdout.

Started by the server and by nobody else: each line tells of progress, the last one brings the
proposal or says why there is none. Whoever wants it no more ends the process.
"""

from __future__ import annotations

import base64
import json
import pickle
import sys

from gis.errors import InvalidInput
from gis.proposals.drawing import draw


def main() -> None:
    """Read the order, draw, tell."""
    order = pickle.load(sys.stdin.buffer)

    def told(done: int, total: int, what: str) -> None:
        print(json.dumps({"done": done, "total": total, "what": what}), flush=True)

    try:
        made = draw(**order, told=told)
    except InvalidInput as refusal:
        print(json.dumps({"refused": str(refusal), "field": refusal.field}), flush=True)
        return
    print(json.dumps({"made": base64.b64encode(pickle.dumps(made)).decode()}), flush=True)


if __name__ == "__main__":
    main()
