// Streets of the neighbourhood: to snap to, to follow, to split along.
import Feature from 'ol/Feature.js';
import VectorSource from 'ol/source/Vector.js';
import {fromScreen, shape, toScreen} from './frame.js';

const REACH = 16;

export class Streets {
  constructor(frame) {
    Object.assign(this, {frame, source: new VectorSource()});
  }

  show(features) {
    this.source.clear(true);
    this.source.addFeatures(features.map(({geometry}) => {
      const made = new Feature(shape(geometry));
      made.set('line', geometry.type === 'LineString' ? geometry.coordinates : geometry.coordinates[0]);
      return made;
    }));
  }

  /** The street within a hand's reach of a place, or null. */
  near(place) {
    const at = toScreen(place);
    const street = this.source.getClosestFeatureToCoordinate(at);
    if (!street) return null;
    const [x, y] = street.getGeometry().getClosestPoint(at);
    return Math.hypot(x - at[0], y - at[1]) < REACH * this.frame.view.getResolution() ? street : null;
  }

  /** The place, drawn onto a street where one is near. */
  snap(place) {
    const street = this.near(place);
    return street ? fromScreen(street.getGeometry().getClosestPoint(toScreen(place))) : place;
  }

  /** Lights the street under the hand; null puts it out. */
  light(place) {
    const source = this.frame.source('street');
    source.clear();
    const street = place && this.near(place);
    if (street) source.addFeature(street.clone());
  }
}
