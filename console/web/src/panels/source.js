// Figures for all panels of a page, asked for once: every few seconds, sooner after a live event.
import {getJson, listen, meetingPoint, wallStart} from '../common.js';

const SLOW = 6;

class FiguresSource {
  constructor(scheme, interval) {
    Object.assign(this, {scheme, address: `/api/wall/figures?scheme=${encodeURIComponent(scheme)}`, interval, takers: new Set()});
    this.ask = this.ask.bind(this);
    listen('incident', () => { this.due = true; });
    listen('snapshot', () => { this.due = true; });
  }

  subscribe(taker) {
    this.takers.add(taker);
    if (this.figures) taker.show(this.figures);
    if (this.takers.size === 1) { this.rest = 0; this.ask(); this.timer = setInterval(() => this.tick(), this.interval); }
    return () => {
      this.takers.delete(taker);
      if (!this.takers.size) clearInterval(this.timer);
    };
  }

  /** A quiet district is asked for less often than a busy one, and so is a server with much to do. */
  tick() {
    this.rest += 1;
    const {pace} = meetingPoint();
    if (this.rest < (this.due ? pace : SLOW * pace)) return;
    this.ask();
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.due = false;
    this.rest = 0;
    try {
      // Times among the figures are written in the city's zone, which the start tells.
      await wallStart(this.scheme);
      this.figures = await getJson(this.address);
      for (const taker of this.takers) taker.show(this.figures);
    } catch (error) {
      this.due = true;
      for (const taker of this.takers) taker.fail(Boolean(this.figures));
      console.warn(error.message);
    } finally {
      this.asking = false;
    }
  }
}

const sources = new Map();

export function figuresOf(scheme, interval) {
  if (!sources.has(scheme)) sources.set(scheme, new FiguresSource(scheme, interval));
  return sources.get(scheme);
}
