// The hand: takes hold of a shared vertex or edge, and carries it.
import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import PointerInteraction from 'ol/interaction/Pointer.js';
import {fromScreen, toScreen} from './frame.js';
import {bend, carry, moveVertex} from './operations.js';

const REACH = 9;
// Farther out (metres a pixel) edges lie too close together to be taken hold of one by one.
export const FINEST = 11;
const STILL = 3;

export class Grab extends PointerInteraction {
  /** `hand`: {frame, coverage(), free(), hold(made), drop(made), cancel(), snap(place)}. */
  constructor(hand) {
    super();
    this.hand = hand;
  }

  find(event) {
    const {frame} = this.hand;
    if (frame.view.getResolution() > FINEST) return null;
    const place = fromScreen(event.coordinate);
    const coverage = this.hand.coverage();
    const reach = frame.degrees(REACH) * Math.cos((place[1] * Math.PI) / 180);
    const vertex = coverage.vertexNear(place, reach);
    if (vertex) return {at: vertex.at, vertex: true};
    const edge = coverage.edgeNear(place, reach);
    return edge && {at: edge.at, edge: edge.edge};
  }

  handleMoveEvent(event) {
    if (event.dragging) return;
    const found = this.hand.free() ? this.find(event) : null;
    this.hover(found);
    event.map.getTargetElement().classList.toggle('can-grab', Boolean(found));
  }

  hover(found) {
    this.under = found;
    const source = this.hand.frame.source('grip');
    source.clear();
    if (!found) return;
    const mark = new Feature(new Point(toScreen(found.at)));
    mark.set('middle', !found.vertex);
    source.addFeature(mark);
  }

  handleDownEvent(event) {
    const {originalEvent: {button, shiftKey}} = event;
    if (button !== 0 || !this.hand.free()) return false;
    const found = this.find(event);
    if (!found) return false;
    this.held = {...found, parallel: shiftKey && Boolean(found.edge), from: fromScreen(event.coordinate), pixel: event.pixel, moved: false};
    return true;
  }

  handleDragEvent(event) {
    const {held} = this;
    if (!held) return;
    held.moved ||= Math.hypot(event.pixel[0] - held.pixel[0], event.pixel[1] - held.pixel[1]) > STILL;
    if (!held.moved) return;
    const to = event.originalEvent.altKey ? fromScreen(event.coordinate) : this.hand.snap(fromScreen(event.coordinate), held);
    held.made = this.make(to, fromScreen(event.coordinate));
    this.hover({at: to, vertex: Boolean(held.vertex)});
    this.hand.hold(held.made);
  }

  make(to, hand) {
    const {held} = this;
    const coverage = this.hand.coverage();
    if (held.vertex) return moveVertex(coverage, held.at, to);
    return held.parallel ? carry(coverage, held.edge, [hand[0] - held.from[0], hand[1] - held.from[1]]) : bend(coverage, held.edge, to);
  }

  handleUpEvent() {
    const {held} = this;
    this.held = null;
    if (held?.moved && held.made) this.hand.drop(held.made);
    else if (held) this.hand.click(held.from);
    return false;
  }

  /** Lets go of what is held; it stays where it was. */
  letGo() {
    const held = Boolean(this.held);
    this.held = null;
    this.hover(null);
    return held;
  }
}
