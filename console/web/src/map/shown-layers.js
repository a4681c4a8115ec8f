// The layers of one wall: which are shown, what they are fed with, and what is made of both.
import {LayerData} from './layer-data.js';
import {LayerFactory} from './layers.js';
import {Switches} from './switches.js';

/** The browser's memory, where it has one for us. */
function memory() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

export class ShownLayers {
  constructor({model, store, redraw}) {
    this.redraw = redraw;
    this.onChange = () => {};
    const asked = new URLSearchParams(location.search).get('layers');
    this.switches = new Switches({entries: model.layers, asked, memory: memory()});
    this.data = new LayerData({settings: {trails: {minutes: this.spec(model, 'trails').minutes}}, onChange: () => this.changed()});
    this.factory = new LayerFactory({
      entries: model.layers, mvtWorker: model.workers.mvt, store, switches: this.switches, data: this.data, redraw,
    });
    this.switches.onChange = () => { this.feed(); this.changed(); };
  }

  spec({layers}, name) {
    return layers.find(entry => entry.name === name).layer;
  }

  feed() {
    this.data.want(this.switches.needs());
  }

  changed() {
    this.factory.stale = true;
    this.redraw();
    this.onChange();
  }

  /** Whether `tiles` holds all tile layers that are shown, and the others have what they need. */
  isSettled(tiles) {
    return this.factory.tiled().every(id => tiles.has(id)) && this.factory.isFed();
  }

  /** The legend's groups in the order of the layers, each once. */
  legends() {
    return [...new Set(this.switches.shown().flatMap(({legends}) => legends))];
  }

  /** What is wrong, by group of the legend. */
  notes() {
    const wrong = this.switches.shown().filter(({needs}) => this.data.failed.has(needs));
    return Object.fromEntries(wrong.flatMap(({legends}) => legends.map(name => [name, 'layer.unread'])));
  }

  /** What each of the keys shows or hides. */
  keys() {
    const keyed = this.switches.entries.filter(({key}) => key);
    return Object.fromEntries(keyed.map(({key, name}) => [key, () => this.switches.toggle(name)]));
  }

  close() {
    this.data.close();
    this.factory.close();
  }
}
