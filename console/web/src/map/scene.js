// The picture: MapLibre's ground and names, deck.gl's areas, buildings and incidents in one canvas.
import {AmbientLight, DirectionalLight, LightingEffect} from '@deck.gl/core';
import {MapboxOverlay} from '@deck.gl/mapbox';
import {cityHour, cityNow, getJson, insist, listen, wallStart} from '../common.js';
import {fitOutline} from './fit.js';
import {awaitFonts} from './glyphs.js';
import {addImages} from './images.js';
import {IncidentStore} from './points.js';
import {withRasters} from './rasters.js';
import {ShownLayers} from './shown-layers.js';

const VIEW = {pitch: 46, bearing: -24};
const TILES_AGAIN_MS = 5000;
const MOST_SPACES = 2000;

function collection(rows) {
  const feature = ({lon, lat, ...properties}) => ({type: 'Feature', properties, geometry: {type: 'Point', coordinates: [lon, lat]}});
  return {type: 'FeatureCollection', features: rows.map(feature)};
}

/** 0 by day, 1 by night, gliding at dawn and dusk. */
function nightness(date) {
  const hour = cityHour(date);
  const day = Math.min((hour - 5) / 2.5, (20 - hour) / 2.5);
  return 1 - Math.min(1, Math.max(0, day));
}

function nightLights(date) {
  const night = nightness(date);
  const turn = ((cityHour(date) - 6) / 12) * Math.PI;
  return new LightingEffect({
    ambient: new AmbientLight({color: [176, 204, 255], intensity: 1.25 - 0.25 * night}),
    sun: new DirectionalLight({
      color: night > 0.5 ? [150, 190, 255] : [255, 236, 206], intensity: 2.5 - 0.7 * night,
      direction: [-Math.cos(turn) * 3 - 2, 5, -5],
    }),
    rim: new DirectionalLight({color: [60, 150, 255], intensity: 0.9, direction: [6, -3, -2]}),
  });
}

/** A model of white card under a high window: the light style knows no night. */
function dayLights() {
  return new LightingEffect({
    ambient: new AmbientLight({color: [255, 255, 255], intensity: 1.9}),
    sun: new DirectionalLight({color: [255, 246, 230], intensity: 1.5, direction: [-3, 5, -5]}),
    rim: new DirectionalLight({color: [190, 214, 255], intensity: 0.5, direction: [6, -3, -2]}),
  });
}

export class Scene {
  static async open({maplibregl, stage, model, banner}) {
    const opened = Date.now();
    const stop = listen('start-failed', error => banner.fail('snapshot', error, opened));
    const [start, rasters] = await Promise.all([wallStart(model.scheme), insist(() => getJson('/api/rasters'), error => banner.fail('snapshot', error, opened))]);
    stop();
    banner.set('snapshot', null);
    const style = withRasters(model.basemap, rasters, model.ground);
    const scene = new Scene({maplibregl, stage, model, start, style, banner});
    await scene.loaded;
    return scene;
  }

  constructor({maplibregl, stage, model, start, style, banner}) {
    Object.assign(this, {model, start, banner, tiles: new Set(), onHover() {}, onPick() {}});
    const incidents = model.layers.find(({name}) => name === 'incidents');
    this.store = new IncidentStore({...incidents.layer, finished: model.finished});
    this.layers = new ShownLayers({model, store: this.store, redraw: () => this.draw()});
    this.factory = this.layers.factory;
    this.unit = Math.max(0.5, parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
    maplibregl.setWorkerUrl(model.workers.maplibre);
    this.map = this.makeMap(maplibregl, stage, structuredClone(style));
    this.overlay = new MapboxOverlay({
      interleaved: true, effects: [this.lights()], layers: [], pickingRadius: 6,
      onHover: info => this.onHover(info),
      onError: error => console.warn(error.message),
      onDeviceInitialized: device => { this.device = device; },
    });
    this.loaded = new Promise(resolve => {
      this.map.once('load', () => { this.map.addControl(this.overlay); this.draw(); resolve(); });
    });
    this.hours = setInterval(() => { this.overlay.setProps({effects: [this.lights()]}); this.draw(); }, 300_000);
  }

  get night() {
    return this.model.appearance === 'light' ? 0 : nightness(new Date());
  }

  lights() {
    return this.model.appearance === 'light' ? dayLights() : nightLights(new Date());
  }

  makeMap(maplibregl, stage, style) {
    for (const source of Object.values(style.sources)) {
      if (source.tiles) source.tiles = source.tiles.map(path => location.origin + path);
    }
    const map = new maplibregl.Map({
      container: stage, style, center: this.start.center, zoom: this.start.zoom ?? 12, ...VIEW,
      maxPitch: 72, attributionControl: false, keyboard: false,
      pixelRatio: devicePixelRatio * this.unit, canvasContextAttributes: {antialias: true},
      fadeDuration: 200, validateStyle: false, maxZoom: 18.5, minZoom: 8,
    });
    // Asked of deck.gl directly: its own click waits for a pointer-down that MapLibre may keep.
    map.on('click', ({point}) => {
      const info = this.overlay.pickObject({x: point.x, y: point.y, radius: 8, layerIds: ['incidents']});
      if (info) this.onPick(info.index);
    });
    map.on('error', ({error, sourceId}) => {
      console.warn(error?.message);
      if (sourceId) this.missTiles();
    });
    map.on('resize', () => this.keepBuffer());
    awaitFonts(map);
    map.once('style.load', () => addImages(map, style.metadata));
    fitOutline(map, this.start.outline);
    return map;
  }

  resize(unit) {
    this.unit = unit;
    this.map.setPixelRatio(devicePixelRatio * unit);
    this.map.resize();
  }

  /** deck.gl takes the size of a canvas that is not its own when it starts, and never again. */
  keepBuffer() {
    const {width, height} = this.map.getCanvas();
    this.device?.canvasContext.setDrawingBufferSize(width, height);
    this.map.triggerRepaint();
  }

  /** Draws at the next frame, however often it is asked. */
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.overlay.setProps({layers: this.factory.make({
        night: this.night, zoom: this.map.getZoom(),
        onTiles: id => { this.tiles.add(id); if (!this.missing) this.banner.set('tiles', null); },
        onTileError: () => this.missTiles(),
      })});
    });
  }

  /** Whether all that the first view needs has been drawn. */
  isSettled() {
    return Boolean(this.named) && this.layers.isSettled(this.tiles) && this.map.areTilesLoaded();
  }

  setPlaces(rows) {
    this.map.getSource('places').setData(collection(rows));
    // Names are drawn once the map has come to rest with them.
    if (this.named === undefined) {
      this.named = false;
      this.map.once('idle', () => { this.named = true; });
    }
    // Where thousands lie, no name could keep clear of all: it keeps clear of the grave ones.
    const {rows: incidents} = this.store;
    const space = incidents.length > MOST_SPACES ? incidents.filter(row => row.u >= 2) : incidents;
    this.map.getSource('occupied').setData(collection(space.slice(0, MOST_SPACES).map(({lon, lat}) => ({lon, lat}))));
  }

  /** A tile that did not come leaves a hole until it is asked for again. */
  missTiles() {
    this.banner.set('tiles', 'wall.tiles_failed', cityNow());
    this.missing ??= setTimeout(() => { this.missing = null; this.reloadTiles(); }, TILES_AGAIN_MS);
  }

  reloadTiles() {
    this.factory.tileVersion++;
    this.map.refreshTiles('ground');
    this.draw();
  }

  close() {
    clearInterval(this.hours);
    clearTimeout(this.missing);
    cancelAnimationFrame(this.frame);
    this.layers.close();
    this.map.remove();
  }
}
