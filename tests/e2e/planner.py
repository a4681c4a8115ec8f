"""A planner's hand on the table: where to take hold, what it may do there, drags and clicks."""

from __future__ import annotations

from tests.e2e.desk import Desk

READY = ("() => window.gridwall?.planner?.draft && document.querySelector('#waiting').hidden"
         " && document.querySelector('#grids tbody tr')")
# Asks the server itself what an operation would do, until one of several is as it should be.
FIND = """async ({op, wanted}) => {
  const {session, editor} = gridwall.planner;
  const {coverage} = editor;
  const parent = key => coverage.get(key).properties.parent_code;
  const nodes = function* () {
    for (const face of coverage.faces.values()) {
      for (const at of face.geometry.coordinates.flat(2)) {
        const keys = coverage.facesAt(at);
        const inner = keys.length > 1 && coverage.nextTo(at).length === keys.length;
        if (inner && new Set(keys.map(parent)).size === 1) yield at;
      }
    }
  };
  const ways = {
    drag: function* () {
      for (const at of nodes()) for (const [dx, dy] of [[1, 0], [0, 1], [-1, 0], [0, -1]])
        yield {op: 'move_vertex', at, to: [at[0] + dx * 9e-5, at[1] + dy * 9e-5]};
    },
    far: function* () {
      for (const at of nodes()) for (const [dx, dy] of [[1, 1], [-1, 1], [1, -1], [-1, -1]])
        yield {op: 'move_vertex', at, to: [at[0] + dx * 2.2e-3, at[1] + dy * 2.2e-3]};
    },
    split: function* () {
      for (const face of coverage.faces.values()) {
        const [west, south, east, north] = face.box;
        const beyond = (east - west) / 6;
        for (const part of [0.5, 0.4, 0.6]) {
          const y = south + (north - south) * part;
          const line = [[west - beyond, y], [east + beyond, y]];
          yield {op: 'split', code: face.key, line, new_key: '+1'};
        }
      }
    },
  };
  for (const operation of ways[op]()) {
    const answer = await session.trial(operation);
    const kinds = (answer.refusals ?? []).map(one => one.kind);
    if (wanted === null ? !kinds.length : kinds[0] === wanted) return operation;
  }
  return null;
}"""


class Hand:
    """What a hand does on the table's map."""

    def __init__(self, desk: Desk) -> None:
        self.page = desk.page

    def open_new_draft(self, name: str) -> None:
        """Make a draft of the whole scheme in the dialog of drafts."""
        page = self.page
        page.click("#drafts")
        page.click("#dialog .actions button.primary >> nth=-1")
        page.fill("#dialog input", name)
        page.click("#dialog .actions button.primary")
        page.wait_for_function(READY)
        page.wait_for_function("name => document.querySelector('#name').textContent === name",
                               arg=name)

    def find(self, op: str, wanted: str | None = None) -> dict:
        """An operation that the server would carry out, or refuse for a wanted reason."""
        found = self.page.evaluate(FIND, {"op": op, "wanted": wanted})
        assert found, f"no {op} here that is {wanted or 'allowed'}"
        return found

    def look_at(self, place: list[float], zoom: float = 16.5) -> None:
        """Bring a place to the middle of the map, and wait until streets can be snapped to."""
        self.page.evaluate("""([place, zoom]) => new Promise(resolve => {
            const {editor} = gridwall.planner;
            editor.frame.map.once('rendercomplete', () => resolve());
            editor.frame.view.setZoom(zoom);
            editor.frame.fit([0, 1, 0, 1].map(at => editor.project(place)[at]),
                             {maxZoom: zoom, quick: true});
        })""", [place, zoom])

    def pixel(self, place: list[float]) -> list[float]:
        """Where a place stands in the window."""
        return self.page.evaluate("place => gridwall.planner.editor.pixel(place)", place)

    def version(self) -> int:
        """Of the draft, as the page knows it."""
        return self.page.evaluate("() => gridwall.planner.draft.version")

    def until(self, version: int) -> None:
        """Until the draft has a version, and the page shows that it is kept."""
        self.page.wait_for_function(
            "version => gridwall.planner.draft.version === version"
            " && document.querySelector('#saved').dataset.kind === 'good'", arg=version)

    def drag(self, start: list[float], end: list[float]) -> None:
        """Take hold at one place of the map, let go at another; streets do not draw it aside."""
        page = self.page
        (x, y), (u, v) = self.pixel(start), self.pixel(end)
        page.mouse.move(x, y)
        page.wait_for_selector("#map.can-grab")
        page.keyboard.down("Alt")
        page.mouse.down()
        page.mouse.move((x + u) / 2, (y + v) / 2, steps=3)
        page.mouse.move(u, v, steps=3)

    def let_go(self) -> None:
        """End a drag."""
        self.page.mouse.up()
        self.page.keyboard.up("Alt")

    def click(self, place: list[float]) -> None:
        """Click a place of the map."""
        x, y = self.pixel(place)
        self.page.mouse.move(x, y, steps=2)
        self.page.mouse.click(x, y)
