// How grids, handles, proposals of the hand and refusals look.
import CircleStyle from 'ol/style/Circle.js';
import Fill from 'ol/style/Fill.js';
import RegularShape from 'ol/style/RegularShape.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';
import {enlarged, font} from './basemap.js';
import {faded} from './colours.js';

// Metres a pixel from which on grids bear their names; farther out those of communities or streets stand there.
const NAMED = 4.2;
const COMMUNITIES = 7.5;

/** A pattern of slanted lines: what was refused stands out without colour too. */
function hatch(colour) {
  const size = 8;
  const canvas = Object.assign(document.createElement('canvas'), {width: size, height: size});
  const pen = canvas.getContext('2d');
  Object.assign(pen, {strokeStyle: colour, lineWidth: 1.6});
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return pen.createPattern(canvas, 'repeat');
}

const line = (color, width, more = {}) => new Style({stroke: new Stroke({color, width, lineJoin: 'round', ...more})});

/** Styles over one theme; `state` tells what is chosen, hovered, changed, frozen or broken by a rule. */
export class Styles {
  constructor(state) {
    this.state = state;
  }

  use(theme) {
    this.theme = theme;
    this.fills = new Map();
    this.edges = [[7, 0.6], [3, 1], [1.2, 1.5], [0, 2.2]].map(([from, width]) => [from, line(theme.edge, width)]);
    this.chosen = [line(theme.halo, 6), Object.assign(line(theme.chosen, 3), {})];
    this.hover = line(theme.chosen, 2);
    this.changed = line(theme.changed, 2.6);
    this.broken = [[7, line(theme.bad, 0.9)], [3, line(theme.bad, 1.4)], [0, line(theme.bad, 2.2, {lineDash: [7, 5]})]];
    this.frozen = line(theme.frozen, 2.4, {lineDash: [2, 4]});
    this.before = line(theme.before, 2, {lineDash: [6, 4]});
    this.street = [line(theme.halo, 8), line(theme.street, 4)];
    this.bad = [new Style({fill: new Fill({color: hatch(theme.bad)}), stroke: new Stroke({color: theme.bad, width: 3}),
      image: new CircleStyle({radius: 9, stroke: new Stroke({color: theme.bad, width: 3}), fill: new Fill({color: faded(theme.bad, 0.35)})})})];
    this.handle = new Style({image: new CircleStyle({radius: 3.6, fill: new Fill({color: theme.handleFill}), stroke: new Stroke({color: theme.handle, width: 1.8})})});
    this.grip = new Style({image: new CircleStyle({radius: 7, fill: new Fill({color: faded(theme.handle, 0.35)}), stroke: new Stroke({color: theme.handle, width: 2.4})})});
    this.midGrip = new Style({image: new RegularShape({points: 4, radius: 8, angle: 0, fill: new Fill({color: theme.handleFill}), stroke: new Stroke({color: theme.handle, width: 2.2})})});
    this.drawn = [line(theme.halo, 5), line(theme.street, 2.6), new Style({image: new CircleStyle({radius: 5, fill: new Fill({color: theme.street})})})];
  }

  fill(colour, alpha = this.theme.fill) {
    const id = `${colour}/${alpha}`;
    if (!this.fills.has(id)) this.fills.set(id, new Style({fill: new Fill({color: faded(colour, alpha)})}));
    return this.fills.get(id);
  }

  faceFill = feature => this.fill(this.state.colourOf(feature.get('key')), this.state.chosen.has(feature.get('key')) ? Math.min(0.85, this.theme.fill + 0.25) : this.theme.fill);

  beforeFill = feature => this.fill(this.state.colourBefore(feature.get('key')));

  faceLine = (feature, resolution) => {
    const key = feature.get('key');
    const {chosen, changed, broken, frozen, hovered} = this.state;
    const found = [this.edges.find(([from]) => resolution > from)[1]];
    if (frozen.has(key)) found.push(this.frozen);
    if (changed.has(key)) found.push(this.changed);
    if (broken.has(key)) found.push(this.broken.find(([from]) => resolution > from)[1]);
    if (hovered === key) found.push(this.hover);
    if (chosen.has(key)) found.push(...this.chosen);
    return found;
  };

  /** Name, and under it the figure by which the map is coloured, or the rule that it breaks. */
  label = (feature, resolution) => {
    const key = feature.get('key');
    const chosen = this.state.chosen.has(key);
    if (resolution * enlarged() >= NAMED && !chosen) return null;
    const bad = this.state.broken.get(key);
    const figure = bad ?? this.state.figureOf(key);
    const name = `${this.state.frozen.has(key) ? '⚿ ' : ''}${feature.get('name') || key}`;
    const words = [name, font(12, 600)];
    if (figure) words.push('\n', '', String(figure), font(11, bad ? 600 : 400));
    return new Style({zIndex: chosen ? 2 : 1, text: new Text({
      text: words, font: font(12, 600), fill: new Fill({color: bad ? this.theme.badText : this.theme.text}), stroke: new Stroke({color: this.theme.halo, width: 3.4}), overflow: true, justify: 'center',
    })});
  };

  /** Names of streets, then of communities, until one is so close that grids bear their own. */
  place = (feature, resolution) => {
    const far = resolution * enlarged();
    const level = far >= COMMUNITIES ? 'street' : far >= NAMED ? 'community' : null;
    if (feature.get('level') !== level) return null;
    return new Style({text: new Text({
      text: feature.get('name'), font: font(level === 'street' ? 15 : 12.5, 600), fill: new Fill({color: this.theme.text}), stroke: new Stroke({color: this.theme.halo, width: 4}), padding: [4, 8, 4, 8],
    })});
  };

  preview = feature => (feature.get('refused') ? this.bad : [this.fill(this.theme.handle, 0.12), line(this.theme.halo, 5), line(this.theme.handle, 2.4)]);
}
