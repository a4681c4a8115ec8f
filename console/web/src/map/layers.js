// Turns the JSON of pydeck objects into deck.gl layers.
import {CompositeLayer} from '@deck.gl/core';
import {GeoJsonLayer, PathLayer, PolygonLayer, ScatterplotLayer, SolidPolygonLayer} from '@deck.gl/layers';
import {MVTLayer} from '@deck.gl/geo-layers';
import {JSONConverter} from '@deck.gl/json';
import {BeamLayer, beamParameters} from './beams.js';
import {CityLights} from './city-lights.js';
import {HeatLayer, HexagonLayer, countHeat, countHexagons, hexagonRadius} from './density-layers.js';
import {Facets, UNLIT} from './facets.js';
import {LoadScale} from './load-scale.js';
import {DispatchLayer, TrailLayer} from './officer-layers.js';

// What is counted from incidents rests so long between two counts.
const REST_MS = 2000;
const NOTHING = {length: 0};

/** Points with a soft glow beneath; `columns` are the store's, not rows. */
class IncidentLayer extends CompositeLayer {
  static layerName = 'IncidentLayer';
  static defaultProps = {
    columns: {type: 'object', value: {length: 0}, compare: true},
    classColours: {type: 'array', value: []}, urgencyRadii: {type: 'array', value: []},
    coreAlpha: 245, glowAlpha: 60, glowTimes: 2.4, rim: {type: 'array', value: [4, 10, 22, 220]},
  };

  renderLayers() {
    const {columns, glowAlpha, glowTimes, rim} = this.props;
    if (!columns.length) return [];
    const shared = {
      data: {length: columns.length, attributes: {
        getPosition: {value: columns.position, size: 2},
        getFillColor: {value: columns.colour, size: 4, normalized: true},
        getRadius: {value: columns.radius, size: 1},
      }},
      radiusUnits: 'pixels', billboard: true,
      parameters: {depthCompare: 'always', depthWriteEnabled: false},
    };
    return [
      new ScatterplotLayer(this.getSubLayerProps({id: 'glow'}), shared, {
        radiusScale: glowTimes, opacity: glowAlpha / 255, pickable: false,
      }),
      new ScatterplotLayer(this.getSubLayerProps({id: 'core'}), shared, {
        stroked: true, getLineColor: rim, lineWidthUnits: 'pixels', getLineWidth: 1,
      }),
    ];
  }
}

class BuildingLayer extends MVTLayer {
  static layerName = 'BuildingLayer';

  /** A building's number is the id of its feature, which accessors of binary tiles don't see. */
  async getTileData(request) {
    const tile = await super.getTileData(request);
    const {properties = [], fields = []} = tile?.polygons ?? {};
    properties.forEach((own, at) => { own.id = fields[at]?.id; });
    return tile;
  }
}

class PlinthLayer extends MVTLayer {
  static layerName = 'PlinthLayer';
}

/** Functions that layers name by `@@function`; `loads` are the live numbers by code, `days` since a visit by building. */
function functions(loads, scale, days) {
  const load = (feature, property) => loads.get(String(feature.properties.code)) ?? feature.properties[property] ?? 0;
  return {
    property: ({property, otherwise}) => feature => feature.properties[property] ?? otherwise,
    quantile: ({property, colours}) => feature => colours[scale.place(load(feature, property))],
    quantileHeight: ({property, heights}) => feature => heights[scale.place(load(feature, property))],
    tone: ({stops, kinds, alpha}) => feature => tone(stops, kinds, alpha, feature.properties),
    kind: ({colours, otherwise, alpha}) => {
      const full = Object.fromEntries(Object.entries(colours).map(([kind, colour]) => [kind, [...colour, alpha]]));
      return ({properties: {kind}}) => full[kind] ?? [...otherwise, alpha];
    },
    visit: ({limits, colours, alpha}) => {
      const full = colours.map(colour => [...colour, alpha]);
      return ({properties: {id}}) => {
        const since = days().get(Number(id));
        return since === undefined ? full.at(-1) : full[limits.filter(limit => since >= limit).length];
      };
    },
  };
}

function tone(stops, kinds, alpha, {height = 6, kind, id = 0}) {
  let at = 1;
  while (at < stops.length - 1 && height > stops[at][0]) at++;
  const [low, high] = [stops[at - 1], stops[at]];
  const share = Math.min(1, Math.max(0, (height - low[0]) / (high[0] - low[0])));
  const own = kinds[kind];
  // Kind tells among low buildings; tall ones shine alike. A little grain keeps rows from flatness.
  const weight = own ? 0.55 * (1 - Math.min(1, height / stops[stops.length - 1][0])) : 0;
  const grain = 0.9 + ((Number(id) * 2654435761) % 1000) / 5000;
  const mixed = [1, 2, 3].map(i => {
    const base = low[i] + (high[i] - low[i]) * share;
    return Math.min(255, (base * (1 - weight) + (own ? own[i - 1] : 0) * weight) * grain);
  });
  return [...mixed, alpha];
}

export class LayerFactory {
  /** `entries`: the registry's, each with its layer as JSON; `redraw` is called when something came. */
  constructor({entries, mvtWorker, store, switches, data, redraw}) {
    Object.assign(this, {entries, mvtWorker, store, switches, data, redraw, kept: {}});
    this.loads = new Map();
    this.loadVersion = 0;
    this.tileVersion = 0;
    this.scale = new LoadScale(this.spec('areas').getFillColor);
    this.onLegend = () => {};
    this.converter = new JSONConverter({configuration: {
      classes: {BeamLayer, BuildingLayer, DispatchLayer, GeoJsonLayer, HeatLayer, HexagonLayer, IncidentLayer, MVTLayer, PathLayer, PlinthLayer,
        PolygonLayer, ScatterplotLayer, SolidPolygonLayer, TrailLayer},
      functions: functions(this.loads, this.scale, () => this.data.found.visits ?? new Map()),
    }});
  }

  spec(name) {
    return this.entries.find(entry => entry.name === name).layer;
  }

  setLoads(rows) {
    this.loads.clear();
    for (const {code, load} of rows) this.loads.set(String(code), load);
    this.scale.fit(rows.map(row => row.load));
    this.onLegend('load', this.scale.legend());
    this.loadVersion++;
  }

  addLoad(code, change) {
    if (!code) return;
    this.loads.set(code, Math.max(0, (this.loads.get(code) ?? 0) + change));
    this.loadVersion++;
  }

  /** Ids of the shown layers that are drawn from tiles. */
  tiled() {
    return this.switches.shown().map(({layer}) => layer).filter(({data}) => typeof data === 'string').map(({id}) => id);
  }

  /** Whether the shown layers are made, and all they need beside tiles has come or was refused. */
  isFed() {
    const own = [...this.switches.needs()].filter(name => name !== 'incidents');
    return !this.stale && !this.later && own.every(name => name in this.data.found || this.data.failed.has(name));
  }

  /** Layers for this moment: `night` 0-1, `zoom` of the map. */
  make(moment) {
    this.stale = false;
    const shown = this.switches.shown();
    const {layers} = this.converter.convert({layers: shown.map(({layer}) => ({...layer}))});
    return layers.map((layer, at) => layer.clone(this.dress(shown[at], moment)));
  }

  /** What a layer is given beside its description. */
  dress({name, layer: spec}, moment) {
    const {found} = this.data;
    const dresses = {
      areas: () => ({...this.tiles(spec, moment), updateTriggers: {getFillColor: this.loadVersion}}),
      plinths: () => ({
        ...this.tiles(spec, moment), ...this.lights(moment, this.facets ??= new Facets()), material: UNLIT,
        updateTriggers: {getFillColor: this.loadVersion, getElevation: this.loadVersion},
      }),
      buildings: () => ({
        ...this.tiles(spec, moment), ...this.lights(moment), updateTriggers: {getFillColor: [spec.tint, spec.tint === 'visit' ? found.visits : 0]},
      }),
      incidents: () => ({columns: this.store.columns()}),
      beams: () => ({data: this.beams(), parameters: beamParameters(spec.glow)}),
      heat: () => ({counted: this.count('heat', 0, columns => countHeat(spec, columns))}),
      hexagons: () => ({counted: this.count('hexagons', hexagonRadius(spec, moment.zoom), columns => countHexagons(spec, columns, moment.zoom))}),
      trails: () => ({columns: found.trails ?? NOTHING}),
      dispatches: () => ({columns: found.dispatches ?? NOTHING}),
    };
    return dresses[name in dresses ? name : spec.id]();
  }

  tiles(spec, {onTiles, onTileError}) {
    return {
      loadOptions: {mvt: {workerUrl: this.mvtWorker}}, onViewportLoad: () => onTiles(spec.id), onTileError, data: this.address(spec.data),
    };
  }

  lights({night}, ...more) {
    return {night, extensions: [this.city ??= new CityLights(), ...more]};
  }

  beams() {
    const columns = this.store.columns();
    if (this.beamsOf !== columns) {
      this.beamsOf = columns;
      this.beamData = {length: columns.length, attributes: {getPosition: {value: columns.position, size: 2}, getRadius: {value: columns.urgency, size: 1}}};
    }
    return this.beamData;
  }

  /** Counts incidents anew when they or the question changed, yet not without a rest. */
  count(name, question, how) {
    const kept = this.kept[name];
    const same = kept?.question === question;
    if (same && kept.version === this.store.version) return kept.counted;
    const rest = same && kept.counted ? kept.at + REST_MS - performance.now() : 0;
    if (rest > 0) {
      this.later ??= setTimeout(() => { this.later = null; this.redraw(); }, rest);
      return kept.counted;
    }
    const {counted, legend} = how(this.store.columns());
    this.kept[name] = {question, counted, version: this.store.version, at: performance.now()};
    this.onLegend(name, legend);
    return counted;
  }

  /** A redraw of boundaries asks for the tiles anew. */
  address(template) {
    if (!this.tileVersion) return template;
    return `${template}${template.includes('?') ? '&' : '?'}v=${this.tileVersion}`;
  }

  close() {
    clearTimeout(this.later);
  }
}
