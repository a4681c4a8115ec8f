// Turns the JSON of pydeck objects into deck.gl layers.
import {CompositeLayer} from '@deck.gl/core';
import {GeoJsonLayer, PathLayer, PolygonLayer, ScatterplotLayer, SolidPolygonLayer} from '@deck.gl/layers';
import {MVTLayer} from '@deck.gl/geo-layers';
import {JSONConverter} from '@deck.gl/json';
import {CityLights} from './city-lights.js';
import {LoadScale} from './load-scale.js';

/** Points with a soft glow beneath; `columns` are the store's, not rows. */
class IncidentLayer extends CompositeLayer {
  static layerName = 'IncidentLayer';
  static defaultProps = {
    columns: {type: 'object', value: {length: 0}, compare: true},
    classColours: {type: 'array', value: []}, urgencyRadii: {type: 'array', value: []},
    coreAlpha: 245, glowAlpha: 60, glowTimes: 2.4,
  };

  renderLayers() {
    const {columns, glowAlpha, glowTimes} = this.props;
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
        stroked: true, getLineColor: [4, 10, 22, 220], lineWidthUnits: 'pixels', getLineWidth: 1,
      }),
    ];
  }
}

class BuildingLayer extends MVTLayer {
  static layerName = 'BuildingLayer';
}

/** Functions that layers name by `@@function`; `loads` are the live numbers by code. */
function functions(loads, scale) {
  return {
    property: ({property, otherwise}) => feature => feature.properties[property] ?? otherwise,
    quantile: ({property}) => feature => scale.colour(loads.get(String(feature.properties.code)) ?? feature.properties[property] ?? 0),
    tone: ({stops, kinds, alpha}) => feature => tone(stops, kinds, alpha, feature.properties),
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
  constructor({specs, mvtWorker}) {
    this.specs = specs;
    this.mvtWorker = mvtWorker;
    this.loads = new Map();
    this.loadVersion = 0;
    this.tileVersion = 0;
    this.scale = new LoadScale(this.spec('areas').getFillColor);
    this.onScale = () => {};
    this.converter = new JSONConverter({configuration: {
      classes: {BuildingLayer, GeoJsonLayer, IncidentLayer, MVTLayer, PathLayer, PolygonLayer, ScatterplotLayer, SolidPolygonLayer},
      functions: functions(this.loads, this.scale),
    }});
  }

  spec(id) {
    return this.specs.find(layer => layer.id === id);
  }

  setLoads(rows) {
    this.loads.clear();
    for (const {code, load} of rows) this.loads.set(String(code), load);
    this.scale.fit(rows.map(row => row.load));
    this.onScale(this.scale.legend());
    this.loadVersion++;
  }

  addLoad(code, change) {
    if (!code) return;
    this.loads.set(code, Math.max(0, (this.loads.get(code) ?? 0) + change));
    this.loadVersion++;
  }

  /** Layers for this moment: `columns` of incidents, `night` 0-1. */
  make({columns, night, onTiles, onTileError}) {
    const {layers} = this.converter.convert({layers: this.specs.map(spec => ({...spec}))});
    return layers.map(layer => {
      if (layer.id === 'incidents') return layer.clone({columns});
      const tiles = {
        loadOptions: {mvt: {workerUrl: this.mvtWorker}}, onViewportLoad: () => onTiles(layer.id), onTileError,
        data: this.address(layer.props.data),
      };
      if (layer.id === 'areas') {
        return layer.clone({...tiles, updateTriggers: {getFillColor: this.loadVersion}});
      }
      return layer.clone({...tiles, night, extensions: [this.lights ??= new CityLights()]});
    });
  }

  /** A redraw of boundaries asks for the tiles anew. */
  address(template) {
    if (!this.tileVersion) return template;
    return `${template}${template.includes('?') ? '&' : '?'}v=${this.tileVersion}`;
  }
}
