// Where the camera begins: a district fills the free middle between the panels, whatever its shape.
const FREE = {side: 452, top: 84, bottom: 84};
// Its corners may lie under the panels; its middle may not.
const WIDER = 1.5;
const ROUNDS = 6;

/** The free rectangle of a canvas, for a screen 1920 wide. */
function free({clientWidth: width, clientHeight: height}) {
  const side = Math.min(FREE.side, width * 0.25);
  return {width: width - 2 * side, height: height - FREE.top - FREE.bottom, x: width / 2, y: (height + FREE.top - FREE.bottom) / 2};
}

/** What points take up on the screen: size and middle of their rectangle. */
function extent(map, points) {
  const seen = points.map(point => map.project(point));
  const [xs, ys] = [seen.map(({x}) => x), seen.map(({y}) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return {width: right - left, height: bottom - top, x: (left + right) / 2, y: (top + bottom) / 2};
}

/**
 * Zooms and shifts a slanted map until an outline fills its free middle. The map keeps no padding:
 * deck.gl's clipping of tiles goes wrong with it in a shared canvas.
 */
export function fitOutline(map, points) {
  const room = free(map.getContainer());
  for (let round = 0; round < ROUNDS; round++) {
    const {width, height} = extent(map, points);
    const grow = Math.min((room.width * WIDER) / width, room.height / height);
    map.setZoom(Math.min(17, map.getZoom() + Math.log2(grow)));
    const {x, y} = extent(map, points);
    map.panBy([x - room.x, y - room.y], {animate: false});
  }
}
