// The map itself: the ground, the grids in layers above one another, and where the eye is.
import Map from 'ol/Map.js';
import View from 'ol/View.js';
import ScaleLine from 'ol/control/ScaleLine.js';
import GeoJSON from 'ol/format/GeoJSON.js';
import {defaults as interactions} from 'ol/interaction/defaults.js';
import VectorLayer from 'ol/layer/Vector.js';
import {fromLonLat, toLonLat} from 'ol/proj.js';
import VectorSource from 'ol/source/Vector.js';
import {THEMES} from './themes.js';
import {makeBasemap} from './basemap.js';

const FORMAT = new GeoJSON({dataProjection: 'EPSG:4326', featureProjection: 'EPSG:3857'});
const ROOM = 40;

export const shape = geometry => FORMAT.readGeometry(geometry);
export const toScreen = fromLonLat;
export const fromScreen = toLonLat;
export const coordinates = geometry => JSON.parse(FORMAT.writeGeometry(geometry, {decimals: 9})).coordinates;

/** OpenLayers' map with the table's layers; `styles` says how each looks. */
export class Frame {
  constructor({target, theme, styles, onTileError}) {
    this.base = makeBasemap(THEMES[theme], onTileError);
    const make = (style, zIndex, more = {}) => {
      const source = more.source ?? new VectorSource();
      return new VectorLayer({source, style, zIndex, updateWhileAnimating: true, ...more});
    };
    const grids = new VectorSource();
    const before = new VectorSource();
    this.sources = {grids, before};
    this.layers = {
      beforeFill: make(styles.beforeFill, 1, {source: before, visible: false}),
      gridFill: make(styles.faceFill, 1, {source: grids, updateWhileInteracting: true}),
      gridLine: make(styles.faceLine, 5, {source: grids, updateWhileInteracting: true}),
      beforeLine: make(() => styles.before, 5, {source: before, visible: false}),
      street: make(() => styles.street, 6),
      labels: make(styles.label, 7, {source: grids, declutter: true}),
      places: make(styles.place, 7, {declutter: true}),
      refused: make(() => styles.bad, 8),
      preview: make(styles.preview, 9),
      handles: make(() => styles.handle, 10),
      grip: make(feature => (feature.get('middle') ? styles.midGrip : styles.grip), 11),
    };
    this.map = new Map({
      target, layers: [...this.base.layers, ...Object.values(this.layers)],
      controls: [new ScaleLine({minWidth: 70})], interactions: interactions({doubleClickZoom: false, altShiftDragRotate: false, pinchRotate: false, keyboard: true}),
      view: new View({center: [0, 0], zoom: 12, maxZoom: 20, minZoom: 8, enableRotation: false}),
    });
    new ResizeObserver(() => this.map.updateSize()).observe(target);
  }

  get view() {
    return this.map.getView();
  }

  /** Degrees of latitude that a number of pixels takes up where the eye is. */
  degrees(pixels) {
    return (pixels * this.view.getResolution()) / 111319.49;
  }

  source(name) {
    return this.sources[name] ?? this.layers[name].getSource();
  }

  dress(theme) {
    this.base.dress(THEMES[theme]);
    this.refresh();
  }

  refresh() {
    for (const layer of Object.values(this.layers)) layer.changed();
  }

  /** Looks at what a source holds, or at an extent in lon and lat. */
  fit(extent, {maxZoom = 18, quick = false} = {}) {
    if (!extent || !extent.every(Number.isFinite)) return;
    this.view.fit(extent, {padding: [ROOM, ROOM, ROOM, ROOM], maxZoom, duration: quick ? 0 : 350});
  }

  fly(place, zoom = 17) {
    this.view.animate({center: toScreen(place), zoom: Math.max(zoom, this.view.getZoom()), duration: 350});
  }
}
