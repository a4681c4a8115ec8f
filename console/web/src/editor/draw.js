// Tools that draw: a line to split by, a way to reroute along, a ring around a block or a new grid.
import Draw from 'ol/interaction/Draw.js';
import Snap from 'ol/interaction/Snap.js';
import {coordinates} from './frame.js';
import {cutBy, freshKey, openedOutside, ringIn, snapped} from './operations.js';

const REACH = 10;
const places = geometry => coordinates(geometry).map(snapped);
const ringOf = geometry => coordinates(geometry)[0].map(snapped);

/** What each drawing tool makes of what was drawn: an operation, or why there is none. */
const MAKERS = {
  split(coverage, geometry, chosen) {
    const line = places(geometry);
    const code = chosen.length === 1 ? chosen[0] : cutBy(coverage, line);
    return code ? {operation: {op: 'split', code, line, new_key: freshKey(coverage)}} : {lacks: 'grid'};
  },
  reroute(coverage, geometry) {
    const along = places(geometry);
    return {operation: {op: 'reroute', from: along[0], to: along.at(-1), along}};
  },
  block(coverage, geometry) {
    const ring = ringOf(geometry);
    const [from] = ringIn(coverage, ring);
    return from ? {block: {ring, from}} : {lacks: 'grid'};
  },
  draw(coverage, geometry) {
    const ring = ringOf(geometry);
    const [from, ...others] = ringIn(coverage, ring);
    if (!from) return {lacks: 'grid'};
    const line = openedOutside(coverage, ring, from);
    if (!line) return {lacks: 'border'};
    const new_key = freshKey(coverage);
    // The new grid is cut out of one; what the ring takes of others is moved to it.
    return {operation: {op: 'split', code: from, line, new_key}, then: others.map(giver => ({op: 'move_block', from: giver, to: new_key, ring}))};
  },
};

export const DRAWS = new Set(Object.keys(MAKERS));

export class Drawing {
  /** `drawn(made)` hears of what was drawn; `stroke(geometry | null)` of what is being drawn. */
  constructor({map, tool, style, grids, streets, coverage, chosen, drawn}) {
    this.map = map;
    this.draw = new Draw({
      type: tool === 'block' || tool === 'draw' ? 'Polygon' : 'LineString', style,
      trace: event => !event.originalEvent.altKey, traceSource: streets,
      condition: event => event.originalEvent.button === 0 && !event.originalEvent.shiftKey, freehandCondition: () => false,
    });
    this.draw.on('drawend', ({feature}) => drawn(MAKERS[tool](coverage(), feature.getGeometry(), chosen())));
    // Grids are snapped to before streets: a line is to end on the border that it goes to.
    this.helpers = [this.draw, new Snap({source: streets, pixelTolerance: REACH}), new Snap({source: grids, pixelTolerance: REACH})];
    this.helpers.forEach(one => map.addInteraction(one));
  }

  finish() {
    this.draw.finishDrawing();
  }

  /** Takes back the last point; whether there was one. */
  back() {
    this.draw.removeLastPoint();
  }

  abort() {
    this.draw.abortDrawing();
  }

  close() {
    this.helpers.reverse().forEach(one => this.map.removeInteraction(one));
  }
}
