// The ground under the table, from our own vector tiles: water and green below the grids, streets and houses upon them.
import MVT from 'ol/format/MVT.js';
import VectorTileLayer from 'ol/layer/VectorTile.js';
import VectorTileSource from 'ol/source/VectorTile.js';
import Fill from 'ol/style/Fill.js';
import Stroke from 'ol/style/Stroke.js';
import Style from 'ol/style/Style.js';
import Text from 'ol/style/Text.js';
import {createXYZ} from 'ol/tilegrid.js';

const WIDTHS = {expressway: 5.2, motorway: 5.2, trunk: 4.6, arterial: 4.2, primary: 4.2, secondary: 3, collector: 2.2, local: 1.6, service: 1};
const WIDE = new Set(['expressway', 'motorway', 'trunk', 'arterial', 'primary']);
// Resolutions (metres a pixel) from which on houses, and names of streets, are drawn.
const HOUSES = 5.5;
const NAMES = 4;
const FONT = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';

/** How much larger than usual letters are on this screen. */
export const enlarged = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
export const font = (size, weight = 400) => `${weight} ${(size * enlarged()).toFixed(1)}px ${FONT}`;

function source(name, maxZoom) {
  return new VectorTileSource({
    format: new MVT(), url: `/tiles/${name}/{z}/{x}/{y}.mvt`, tileGrid: createXYZ({maxZoom, minZoom: name === 'buildings' ? 11 : 8, tileSize: 512}), transition: 0,
  });
}

const widthAt = (kind, resolution) => (WIDTHS[kind] ?? 1.4) * Math.min(5, Math.max(0.35, (9.5 / resolution) ** 0.75));

function cover(theme) {
  const fills = Object.fromEntries(['water', 'green', 'plaza'].map(kind => [kind, new Style({fill: new Fill({color: theme[kind]})})]));
  fills.water.setStroke(new Stroke({color: theme.shore, width: 1}));
  return feature => (feature.get('layer') === 'ground' ? fills[feature.get('kind')] : null);
}

function streets(theme) {
  const name = feature => new Style({text: new Text({
    text: feature.get('name'), placement: 'line', font: font(11), fill: new Fill({color: theme.roadName}),
    stroke: new Stroke({color: theme.halo, width: 3}), textBaseline: 'middle', repeat: 420,
  }), zIndex: 9});
  return (feature, resolution) => {
    if (feature.get('layer') !== 'roads') return null;
    const kind = feature.get('class');
    const wide = WIDE.has(kind);
    if (resolution > 14 && !wide) return null;
    const width = widthAt(kind, resolution);
    const lines = [new Style({stroke: new Stroke({color: theme.casing, width: width + 1.6}), zIndex: wide ? 2 : 0}),
      new Style({stroke: new Stroke({color: wide ? theme.wide : theme.road, width}), zIndex: wide ? 3 : 1})];
    return feature.get('name') && resolution * enlarged() < NAMES ? [...lines, name(feature)] : lines;
  };
}

function houses(theme) {
  const style = new Style({fill: new Fill({color: theme.building}), stroke: new Stroke({color: theme.buildingEdge, width: 0.7})});
  return () => style;
}

/** The three layers of the ground, and how to give them another theme. */
export function makeBasemap(theme, onError) {
  const ground = source('ground', 14);
  const below = new VectorTileLayer({source: ground, zIndex: 0, background: theme.ground, renderMode: 'hybrid'});
  const built = new VectorTileLayer({source: source('buildings', 15), zIndex: 2, maxResolution: HOUSES, opacity: 0.75});
  const above = new VectorTileLayer({source: ground, zIndex: 3, declutter: true, opacity: 0.85});
  const dress = next => {
    below.setBackground(next.ground);
    below.setStyle(cover(next));
    built.setStyle(houses(next));
    above.setStyle(streets(next));
  };
  for (const one of [ground, built.getSource()]) one.on('tileloaderror', onError);
  dress(theme);
  return {layers: [below, built, above], dress};
}
