// The surface and the hexagons of where incidents crowd; counted when incidents changed, never by the frame.
import {CompositeLayer} from '@deck.gl/core';
import {BitmapLayer, ColumnLayer} from '@deck.gl/layers';
import {Facets, UNLIT} from './facets.js';
import {hexagons, paint, surface, surfaceLegend} from './density.js';
import {LoadScale} from './load-scale.js';

const FACETS = new Facets();

export class HeatLayer extends CompositeLayer {
  static layerName = 'HeatLayer';
  static defaultProps = {counted: {type: 'object', value: null, compare: true}};

  renderLayers() {
    const {counted} = this.props;
    if (!counted) return [];
    return [new BitmapLayer(this.getSubLayerProps({id: 'surface'}), {
      image: counted.image, bounds: counted.bounds, parameters: {depthCompare: 'always', depthWriteEnabled: false},
    })];
  }
}

export class HexagonLayer extends CompositeLayer {
  static layerName = 'HexagonLayer';
  static defaultProps = {
    counted: {type: 'object', value: null, compare: true}, height: 400, coverage: 0.9,
    highlightColor: {type: 'array', value: [255, 255, 255, 80]},
  };

  renderLayers() {
    const {counted, height, coverage} = this.props;
    if (!counted) return [];
    return [new ColumnLayer(this.getSubLayerProps({id: 'cells'}), {
      data: {length: counted.length, attributes: {
        getPosition: {value: counted.position, size: 2}, getElevation: {value: counted.count, size: 1},
        getFillColor: {value: counted.colour, size: 4, normalized: true},
      }},
      diskResolution: 6, radius: counted.radius, coverage, extruded: true, elevationScale: height / counted.most,
      material: UNLIT, extensions: [FACETS],
    })];
  }
}

/** What the surface shows and what its legend says, of columns of incidents. */
export function countHeat(spec, {position, length}) {
  const found = surface(position, length, spec.radius);
  if (!found) return {counted: null, legend: []};
  return {counted: {image: picture(paint(found, spec)), bounds: found.bounds}, legend: surfaceLegend(found, spec)};
}

/** What the hexagons show and what their legend says, for a zoom. */
export function countHexagons(spec, {position, length}, zoom) {
  if (!length) return {counted: null, legend: []};
  const radius = hexagonRadius(spec, zoom);
  const counted = hexagons(position, length, radius);
  const scale = new LoadScale(spec.scale);
  scale.fit(Array.from(counted.count));
  counted.radius = radius;
  counted.colour = new Uint8Array(4 * counted.length);
  counted.count.forEach((count, at) => counted.colour.set([...scale.colour(count), spec.alpha], 4 * at));
  return {counted, legend: scale.legend().slice(1)};
}

/** Of the kinds of pictures that make a texture, that which takes bytes. */
function picture({data, width, height}) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

export const hexagonRadius = ({radii}, zoom) => radii.findLast(([from]) => zoom >= from)[1];
