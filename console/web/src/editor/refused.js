// Where something was refused: its shape, and the reason hanging over it.
import Feature from 'ol/Feature.js';
import Overlay from 'ol/Overlay.js';
import {getCenter} from 'ol/extent.js';
import {shape} from './frame.js';

export class RefusedMarks {
  constructor(frame) {
    Object.assign(this, {frame, overlays: []});
  }

  /** `refusals`: each with its `place` as GeoJSON; `wordsOf(one)` is what hangs there. */
  show(refusals, wordsOf) {
    this.clear();
    for (const one of refusals) {
      if (!one.place) continue;
      const geometry = shape(one.place);
      this.frame.source('refused').addFeature(new Feature(geometry));
      const element = Object.assign(document.createElement('p'), {className: 'refused', textContent: wordsOf(one)});
      const overlay = new Overlay({element, positioning: 'bottom-center', offset: [0, -12], stopEvent: false, insertFirst: false});
      overlay.setPosition(getCenter(geometry.getExtent()));
      this.frame.map.addOverlay(overlay);
      this.overlays.push(overlay);
    }
  }

  clear() {
    this.frame.source('refused').clear();
    this.overlays.splice(0).forEach(one => this.frame.map.removeOverlay(one));
  }
}
