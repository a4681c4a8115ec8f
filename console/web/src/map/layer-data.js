// What layers need beside tiles and incidents: asked for while they are shown, and kept as columns.
import {getJson} from '../common.js';

/** Trails one after the other: places and seconds since `start`, where each begins, and where each officer was last. */
export function readTrails({trails}) {
  const shown = trails.filter(({path}) => path.length > 1);
  const total = shown.reduce((sum, {path}) => sum + path.length, 0);
  const start = shown.reduce((least, {at}) => Math.min(least, at[0]), Infinity);
  const columns = {
    length: shown.length, start, rows: shown, starts: new Uint32Array(shown.length + 1),
    position: new Float64Array(2 * total), seconds: new Float32Array(total), head: new Float64Array(2 * shown.length), end: 0,
  };
  let to = 0;
  shown.forEach(({path, at}, index) => {
    columns.starts[index] = to;
    for (let i = 0; i < path.length; i++, to++) {
      columns.position.set(path[i], 2 * to);
      columns.seconds[to] = at[i] - start;
    }
    columns.end = Math.max(columns.end, at.at(-1) - start);
    columns.head.set(path.at(-1), 2 * index);
  });
  columns.starts[shown.length] = to;
  return columns;
}

/** Arcs: `[from lon, from lat]`, `[to lon, to lat]`, and where each begins. */
export function readDispatches({ids, lon, lat, from_lon: fromLon, from_lat: fromLat, origin}) {
  const pairs = (xs, ys) => Float64Array.from({length: 2 * xs.length}, (_, i) => (i % 2 ? ys : xs)[i >> 1]);
  return {length: ids.length, source: pairs(fromLon, fromLat), target: pairs(lon, lat), origin: Uint8Array.from(origin)};
}

/** Days by a building's number: a count, so many numbers of four bytes, then so many days of two, big end first. */
export function readVisits(buffer) {
  const view = new DataView(buffer);
  const length = buffer.byteLength ? view.getUint32(0) : 0;
  const days = new Map();
  for (let i = 0; i < length; i++) days.set(view.getUint32(4 + 4 * i), view.getUint16(4 + 4 * length + 2 * i));
  return days;
}

async function getVisits(address, signal) {
  const answer = await fetch(address, {signal});
  if (!answer.ok) throw Object.assign(new Error(`${address}: ${answer.status}`), {status: answer.status});
  return readVisits(await answer.arrayBuffer());
}

const SOURCES = {
  trails: {every: 30_000, ask: async (signal, {minutes}) => readTrails(await getJson(`/api/wall/trails?minutes=${minutes}`, signal))},
  dispatches: {every: 20_000, ask: async signal => readDispatches(await getJson('/api/wall/dispatches', signal))},
  visits: {every: 600_000, ask: signal => getVisits('/api/wall/visits', signal)},
};

export class LayerData {
  /** `settings`: by name of a source, what its question takes. */
  constructor({settings, onChange}) {
    Object.assign(this, {settings, onChange, found: {}, failed: new Set(), timers: new Map()});
    this.abort = new AbortController();
  }

  /** Asks for these and no others from now on. */
  want(needs) {
    for (const [name, timer] of this.timers) {
      if (needs.has(name)) continue;
      clearInterval(timer);
      this.timers.delete(name);
    }
    for (const name of needs) {
      if (!(name in SOURCES) || this.timers.has(name)) continue;
      this.timers.set(name, setInterval(() => this.ask(name), SOURCES[name].every));
      this.ask(name);
    }
  }

  async ask(name) {
    try {
      this.found[name] = await SOURCES[name].ask(this.abort.signal, this.settings[name] ?? {});
      this.failed.delete(name);
    } catch (error) {
      if (error.name === 'AbortError') return;
      // What was found before stays; the legend says that it grows old or is not for this account.
      this.failed.add(name);
    }
    this.onChange(name);
  }

  close() {
    this.abort.abort();
    this.timers.forEach(timer => clearInterval(timer));
  }
}
