// The camera belongs to the hand on it. An emergency and the tour move it only while no hand does.
import {reducedMotion} from '../common.js';

const HAND_MS = 15_000;
const TOUR_STOP_MS = 11_000;

export class Camera {
  constructor(map, {tourIdleMinutes, emergencySeconds, onTour}) {
    Object.assign(this, {map, tourIdleMs: tourIdleMinutes * 60_000, emergencyMs: emergencySeconds * 1000, onTour});
    this.touched = -Infinity;
    this.idleSince = Date.now();
    this.streets = [];
    this.touring = false;
    this.queue = [];
    const touch = () => this.touch();
    const box = map.getCanvasContainer();
    for (const name of ['pointerdown', 'wheel', 'touchstart']) box.addEventListener(name, touch, {passive: true});
    this.timer = setInterval(() => this.tick(), 1000);
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.returning);
    clearTimeout(this.next);
  }

  touch() {
    this.touched = this.idleSince = Date.now();
    this.stopTour();
    clearTimeout(this.returning);
    this.returning = null;
    this.home = this.tourHome = null;
    this.queue = [];
  }

  view() {
    const {lng, lat} = this.map.getCenter();
    return {center: [lng, lat], zoom: this.map.getZoom(), pitch: this.map.getPitch(), bearing: this.map.getBearing()};
  }

  fly(target, duration = 3200) {
    if (reducedMotion()) this.map.jumpTo(target);
    else this.map.flyTo({...target, duration, curve: 1.3, essential: true});
  }

  /** Flies to an emergency and back; several wait their turn. */
  emergency(center) {
    if (Date.now() - this.touched < HAND_MS) return false;
    this.queue.push(center);
    if (!this.returning) this.visitNext();
    return true;
  }

  visitNext() {
    const center = this.queue.shift();
    if (!center) {
      const home = this.home;
      this.home = this.returning = null;
      if (home) this.fly(home);
      if (this.wasTouring) this.startTour();
      return;
    }
    if (!this.home) {
      this.wasTouring = this.touring;
      this.home = this.view();
      this.stopTour();
    }
    this.idleSince = Date.now();
    // The stay begins on arrival: a slow machine flies longer.
    this.returning = true;
    this.map.once('moveend', () => {
      if (this.home) this.returning = setTimeout(() => this.visitNext(), this.emergencyMs);
    });
    this.fly({center, zoom: Math.max(15.6, this.home.zoom), pitch: 58, bearing: this.home.bearing + 20});
  }

  tick() {
    const idle = this.tourIdleMs > 0 && Date.now() - this.idleSince > this.tourIdleMs;
    if (idle && !this.touring && !this.returning && !reducedMotion()) this.startTour();
  }

  toggleTour() {
    if (this.touring) this.touch();
    else this.startTour();
  }

  startTour() {
    if (!this.streets.length || this.touring) return;
    this.touring = true;
    this.stop = 0;
    this.tourHome ??= this.view();
    this.nextStop();
  }

  nextStop() {
    const end = this.stop >= this.streets.length;
    const street = this.streets[this.stop];
    this.onTour(end ? null : street);
    if (end) {
      this.stop = 0;
      this.fly(this.tourHome, 4200);
    } else {
      this.stop++;
      const bearing = this.tourHome.bearing + (this.stop % 2 ? 24 : -28);
      this.fly({center: [street.lon, street.lat], zoom: this.tourHome.zoom + 1.7, pitch: 58, bearing}, 4200);
    }
    this.next = setTimeout(() => this.nextStop(), TOUR_STOP_MS);
  }

  stopTour() {
    if (!this.touring) return;
    this.touring = false;
    clearTimeout(this.next);
    this.onTour(null);
  }
}
