// Marks that move are elements with CSS animation: the compositor turns them, and the map
// need not be drawn again for a pulse.
import maplibregl from 'maplibre-gl/dist/maplibre-gl-csp.js';
import {make} from '../common.js';

const MOST = 40;
const PULSE_MS = 14_000;

export class Marks {
  constructor(map) {
    this.map = map;
    this.pulses = [];
  }

  pulse(lon, lat, colour) {
    const element = make('div', {class: 'pulse', '--tone': colour}, make('i'), make('i'));
    const marker = new maplibregl.Marker({element}).setLngLat([lon, lat]).addTo(this.map);
    const entry = {marker, timer: setTimeout(() => this.drop(entry), PULSE_MS)};
    this.pulses.push(entry);
    if (this.pulses.length > MOST) this.drop(this.pulses[0]);
  }

  drop(entry) {
    clearTimeout(entry.timer);
    entry.marker.remove();
    this.pulses = this.pulses.filter(other => other !== entry);
  }

  emergency({id, lon, lat, t, n}, label, milliseconds, onClick) {
    const element = make('button', {class: 'beacon', type: 'button', onclick: () => onClick(id)},
      make('i'), make('i'), make('span', {class: 'beacon-label'},
        make('b', {text: label}), make('em', {text: [n, t].filter(Boolean).join(' · ')})));
    const marker = new maplibregl.Marker({element}).setLngLat([lon, lat]).addTo(this.map);
    setTimeout(() => marker.remove(), milliseconds);
  }

  select(lon, lat) {
    this.selected?.remove();
    this.selected = lon === undefined ? null
      : new maplibregl.Marker({element: make('div', {class: 'selected'})}).setLngLat([lon, lat]).addTo(this.map);
  }

  close() {
    this.pulses.forEach(entry => clearTimeout(entry.timer));
  }
}
