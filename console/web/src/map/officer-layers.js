// Where officers went, and to what they were sent.
import {CompositeLayer} from '@deck.gl/core';
import {ArcLayer, ScatterplotLayer} from '@deck.gl/layers';
import {TripsLayer} from '@deck.gl/geo-layers';

const EMPTY = {type: 'object', value: {length: 0}, compare: true};
const OVER = {depthCompare: 'always', depthWriteEnabled: false};

/** Ways that fade with their age, counted from the newest fix: nothing moves between two answers. */
export class TrailLayer extends CompositeLayer {
  static layerName = 'TrailLayer';
  static defaultProps = {
    columns: EMPTY, colour: {type: 'array', value: [0, 0, 0]}, headColour: {type: 'array', value: [0, 0, 0]},
    width: 3, headRadius: 4, minutes: 60,
  };

  renderLayers() {
    const {columns, colour, headColour, width, headRadius, minutes} = this.props;
    if (!columns.length) return [];
    return [
      new TripsLayer(this.getSubLayerProps({id: 'ways'}), {
        data: {length: columns.length, startIndices: columns.starts, attributes: {
          getPath: {value: columns.position, size: 2}, getTimestamps: {value: columns.seconds, size: 1},
        }},
        _pathType: 'open', getColor: colour, getWidth: width, widthUnits: 'pixels', capRounded: true, jointRounded: true,
        currentTime: columns.end, trailLength: minutes * 66, pickable: false, parameters: OVER,
      }),
      new ScatterplotLayer(this.getSubLayerProps({id: 'heads'}), {
        data: {length: columns.length, attributes: {getPosition: {value: columns.head, size: 2}}},
        getRadius: headRadius, radiusUnits: 'pixels', billboard: true, getFillColor: headColour,
        stroked: true, getLineColor: colour, lineWidthUnits: 'pixels', getLineWidth: 2, parameters: OVER,
      }),
    ];
  }
}

export class DispatchLayer extends CompositeLayer {
  static layerName = 'DispatchLayer';
  static defaultProps = {
    columns: EMPTY, originColours: {type: 'array', value: []}, incidentColour: {type: 'array', value: [0, 0, 0]},
    width: 2, rise: 0.5, alpha: 200,
  };

  renderLayers() {
    const {columns, incidentColour, width, rise, alpha} = this.props;
    if (!columns.length) return [];
    return [new ArcLayer(this.getSubLayerProps({id: 'arcs'}), {
      data: {length: columns.length, attributes: {
        getSourcePosition: {value: columns.source, size: 2}, getTargetPosition: {value: columns.target, size: 2},
        getSourceColor: {value: this.sourceColours(), size: 4, normalized: true},
      }},
      getTargetColor: [...incidentColour, alpha], getWidth: width, getHeight: rise, numSegments: 24, parameters: OVER,
    })];
  }

  /** A colour for each arc's beginning, found once an answer. */
  sourceColours() {
    const {columns, originColours, alpha} = this.props;
    if (this.state?.of === columns) return this.state.colours;
    const colours = new Uint8Array(4 * columns.length);
    columns.origin.forEach((origin, at) => colours.set([...originColours[origin], alpha], 4 * at));
    this.setState({of: columns, colours});
    return colours;
  }
}
