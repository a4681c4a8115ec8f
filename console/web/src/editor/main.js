// The table's map: what is on it, what the hand does to it, and what is told of both.
import Feature from 'ol/Feature.js';
import Point from 'ol/geom/Point.js';
import {Scale} from './colours.js';
import {Coverage} from './coverage.js';
import {DRAWS, Drawing} from './draw.js';
import {FINEST, Grab} from './grab.js';
import {Frame, fromScreen, shape, toScreen} from './frame.js';
import {polygons, stretched, within} from './lines.js';
import {straighten} from './operations.js';
import {RefusedMarks} from './refused.js';
import {Streets} from './streets.js';
import {Styles} from './styles.js';
import {Swipe} from './swipe.js';
import {THEMES} from './themes.js';

export {Latest} from './latest.js';
export {freshKey} from './operations.js';

const REACH = 10;
const BEYOND = 8e-4;

export class Editor {
  /**
   * `on` hears: choose(keys), hover(key), hold(made), drop(made), cancel(), lacks(what), block({ring, from}), view(extent), tool(name), tiles().
   */
  constructor({target, bar, theme, on}) {
    Object.assign(this, {on, theme, tool: 'edit', editable: false, busy: false, coverage: new Coverage()});
    this.state = {
      chosen: new Set(), changed: new Set(), broken: new Map(), frozen: new Set(), hovered: null,
      colourOf: () => this.scale.unknown, colourBefore: () => this.scale.unknown, figureOf: () => '',
    };
    this.scale = new Scale([], theme);
    this.styles = new Styles(this.state);
    this.styles.use(THEMES[theme]);
    this.frame = new Frame({target, theme, styles: this.styles, onTileError: () => on.tiles()});
    this.streets = new Streets(this.frame);
    this.refused = new RefusedMarks(this.frame);
    const {layers, map} = this.frame;
    this.swipe = new Swipe({map, bar, left: [layers.beforeFill, layers.beforeLine], right: [layers.gridFill, layers.gridLine]});
    this.grab = new Grab({
      frame: this.frame, coverage: () => this.coverage, free: () => this.editable && !this.busy && this.tool === 'edit',
      hold: made => { this.preview(made.preview); on.hold(made); }, drop: made => on.drop(made), click: place => this.click(place, false), snap: (place, held) => this.snap(place, held),
    });
    map.addInteraction(this.grab);
    map.on('singleclick', event => this.clicked(event));
    map.on('pointermove', event => this.hover(event));
    // Whether all that is seen has been drawn: what pictures wait for.
    map.on('loadstart', () => { this.settled = false; });
    map.on('rendercomplete', () => { this.settled = this.coverage.size > 0; });
    map.on('moveend', () => { this.handles(); on.view(this.extent()); });
  }

  /** West, south, east, north of what is seen. */
  extent() {
    const [west, south, east, north] = this.frame.view.calculateExtent(this.frame.map.getSize());
    return [...fromScreen([west, south]), ...fromScreen([east, north])];
  }

  /** Every grid anew; `before` are those in force, null where they are the same. */
  show(features, before = null) {
    this.coverage = new Coverage(features);
    this.fill(this.frame.source('grids'), features);
    this.fill(this.frame.source('before'), before ?? features);
    this.before = new Map((before ?? features).map(one => [one.properties.key, JSON.stringify(one.geometry.coordinates)]));
    for (const key of this.state.chosen) if (!this.coverage.get(key)) this.state.chosen.delete(key);
    this.settle();
  }

  fill(source, features) {
    source.clear(true);
    source.addFeatures(features.map(one => this.feature(one)));
  }

  feature({geometry, properties}) {
    const made = new Feature(shape(geometry));
    made.setId(properties.key);
    made.setProperties({key: properties.key, name: properties.name});
    return made;
  }

  /** What an operation changed: faces put in the place of what they were, and those that are no more. */
  patch(changed, removed) {
    const source = this.frame.source('grids');
    for (const key of removed) {
      this.coverage.remove(key);
      this.state.chosen.delete(key);
      const old = source.getFeatureById(key);
      if (old) source.removeFeature(old);
    }
    for (const one of changed) {
      this.coverage.set(one);
      const old = source.getFeatureById(one.properties.key);
      if (old) source.removeFeature(old);
      source.addFeature(this.feature(one));
    }
    this.settle();
  }

  settle() {
    this.state.changed = new Set([...this.coverage.faces.values()].filter(face => this.before.get(face.key) !== JSON.stringify(face.geometry.coordinates)).map(face => face.key));
    this.preview(null);
    this.handles();
    this.frame.refresh();
  }

  /** Colours grids by value; returns the legend. `after` and `before`: key → number. */
  colourBy(after, before, words) {
    this.scale = new Scale([...after.values()], this.theme);
    this.state.colourOf = key => this.scale.colour(after.get(key));
    this.state.colourBefore = key => this.scale.colour(before.get(key));
    this.state.figureOf = key => { const value = after.get(key); return value === null || value === undefined ? '' : words(value); };
    this.frame.refresh();
    return this.scale.legend();
  }

  /** `broken`: key → words of the rule that it breaks. */
  light({broken, frozen}) {
    if (broken) this.state.broken = broken;
    if (frozen) this.state.frozen = new Set(frozen);
    this.frame.refresh();
  }

  dress(theme) {
    this.theme = theme;
    this.styles.use(THEMES[theme]);
    this.frame.dress(theme);
  }

  fit(keys = null) {
    const source = this.frame.source('grids');
    const features = keys ? keys.map(key => source.getFeatureById(key)).filter(Boolean) : source.getFeatures();
    if (!features.length) return;
    const extents = features.map(one => one.getGeometry().getExtent());
    this.frame.fit([0, 1, 2, 3].map(at => Math[at < 2 ? 'min' : 'max'](...extents.map(one => one[at]))), {quick: !keys, maxZoom: keys ? 16.5 : 18});
  }

  fly(place) {
    this.frame.fly(place);
  }

  /** Looks at a place, as GeoJSON. */
  look(place) {
    this.frame.fit(shape(place).getExtent(), {maxZoom: 17});
  }

  /** A place in the metres of the map. */
  project(place) {
    return toScreen(place);
  }

  /** Where a place stands in the window. */
  pixel(place) {
    const [x, y] = this.frame.map.getPixelFromCoordinate(toScreen(place));
    const {left, top} = this.frame.map.getTargetElement().getBoundingClientRect();
    return [x + left, y + top];
  }

  zoom(by) {
    const {view} = this.frame;
    view.animate({zoom: view.getZoom() + by, duration: 180});
  }

  choose(keys) {
    this.state.chosen = new Set(keys);
    this.handles();
    this.frame.refresh();
  }

  clicked({coordinate, originalEvent}) {
    // A grip under the hand has heard of the click already.
    if (DRAWS.has(this.tool) || this.grab.under) return;
    this.click(fromScreen(coordinate), originalEvent.shiftKey || originalEvent.ctrlKey);
  }

  click(place, more) {
    if (this.tool === 'street') return this.streetAt(place);
    const face = this.coverage.faceAt(place);
    const chosen = this.state.chosen;
    if (!face) return this.on.choose(more ? [...chosen] : []);
    if (this.tool === 'target') return this.on.target(face.key);
    if (!more && this.tool !== 'merge') return this.on.choose([face.key]);
    const next = new Set(chosen);
    if (!next.delete(face.key)) next.add(face.key);
    return this.on.choose([...next]);
  }

  streetAt(place) {
    const street = this.streets.near(place);
    const face = this.coverage.faceAt(place);
    if (!street || !face) return this.on.lacks('street');
    // A street that ends within the grid is gone on with, straight, until it is out.
    const line = street.get('line');
    const ends = [line[0], line.at(-1)].some(end => within(end, face.geometry));
    return this.on.street({line: ends ? stretched(line, BEYOND) : line, code: face.key, along_street: !ends});
  }

  hover({coordinate, dragging}) {
    if (dragging) return;
    const place = fromScreen(coordinate);
    const key = this.coverage.faceAt(place)?.key ?? null;
    if (this.tool === 'street') this.streets.light(place);
    if (key === this.state.hovered) return;
    this.state.hovered = key;
    this.frame.layers.gridLine.changed();
    this.handles();
    this.on.hover(key);
  }

  /** The corners of what is chosen or under the hand, while one can take hold of them. */
  handles() {
    const source = this.frame.source('handles');
    source.clear(true);
    if (!this.editable || this.tool !== 'edit' || this.frame.view.getResolution() > FINEST) return;
    const near = [...new Set([...this.state.chosen, this.state.hovered])].map(key => this.coverage.get(key)).filter(Boolean);
    const seen = new Map(near.flatMap(face => polygons(face.geometry).flat(2)).map(place => [`${place}`, place]));
    source.addFeatures([...seen.values()].map(place => new Feature(new Point(toScreen(place)))));
  }

  /** Names of the areas above: `{name, level, lon, lat}`. */
  showPlaces(rows) {
    const source = this.frame.source('places');
    source.clear(true);
    source.addFeatures(rows.map(({name, level, lon, lat}) => {
      const made = new Feature(new Point(toScreen([lon, lat])));
      made.setProperties({name, level});
      return made;
    }));
  }

  /** The nearest corner of another edge or point of a street, if the hand is close to one. */
  snap(place, held) {
    const reach = this.frame.degrees(REACH) * Math.cos((place[1] * Math.PI) / 180);
    const vertex = this.coverage.vertexNear(place, reach);
    if (vertex && !(held.vertex && `${vertex.at}` === `${held.at}`)) return place;
    return this.streets.snap(place);
  }

  /** Shapes as they would be: key → geometry; null takes them away. */
  preview(shapes, refused = false) {
    const source = this.frame.source('preview');
    source.clear(true);
    if (!shapes) return;
    source.addFeatures([...shapes].map(([key, geometry]) => {
      const made = new Feature(shape(geometry));
      made.setProperties({key, refused});
      return made;
    }));
  }

  use(tool) {
    this.drawing?.close();
    this.drawing = null;
    this.grab.letGo();
    this.preview(null);
    this.streets.light(null);
    this.tool = tool;
    this.frame.map.getTargetElement().dataset.tool = tool;
    if (DRAWS.has(tool) && this.editable) {
      this.drawing = new Drawing({
        map: this.frame.map, tool, style: this.styles.drawn, grids: this.frame.source('grids'), streets: this.streets.source,
        coverage: () => this.coverage, chosen: () => [...this.state.chosen], drawn: made => this.drawn(made),
      });
    }
    this.handles();
  }

  drawn(made) {
    if (made.lacks) this.on.lacks(made.lacks);
    else if (made.block) this.on.block(made.block);
    else this.on.drop(made);
  }

  finish() {
    this.drawing?.finish();
  }

  /** Lets go of what is being drawn or held; whether there was anything. */
  abort() {
    this.drawing?.abort();
    this.preview(null);
    return this.grab.letGo();
  }

  /** Delete: the last point of what is drawn, or the corner under the hand. */
  takeAway() {
    if (this.drawing) return this.drawing.back();
    const under = this.grab.under;
    if (!under?.vertex || !this.editable || this.busy) return null;
    const made = straighten(this.coverage, under.at);
    return made ? this.on.drop(made) : this.on.lacks('corner');
  }

  allow(editable) {
    this.editable = editable;
    this.use(this.tool);
  }
}
