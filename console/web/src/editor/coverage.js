// A coverage as the hand takes hold of it: faces, the vertices they share, and what a drag makes of them.
import {nearestOnSegment, distance, polygons, same, within} from './lines.js';

const CELL = 0.002;
const mark = place => `${place[0]},${place[1]}`;
const cell = value => Math.floor(value / CELL);

function bounds(geometry) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of polygons(geometry).flat(2)) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

function* segments(geometry) {
  for (const ring of polygons(geometry).flat()) {
    for (let index = 0; index + 1 < ring.length; index++) yield [ring[index], ring[index + 1]];
  }
}

const withRings = (geometry, change) => ({...geometry, coordinates: geometry.type === 'Polygon'
  ? geometry.coordinates.map(change) : geometry.coordinates.map(rings => rings.map(change))});

/** A closed ring with the piece `edge` (in either direction) replaced by `path`; null where it isn't in it. */
export function replaceInRing(ring, edge, path) {
  const open = ring.slice(0, -1);
  const count = open.length;
  for (const [piece, put] of [[edge, path], [[...edge].reverse(), [...path].reverse()]]) {
    const start = open.findIndex((_, at) => piece.every((place, step) => same(open[(at + step) % count], place)));
    if (start < 0) continue;
    const rest = Array.from({length: count - piece.length}, (_, step) => open[(start + piece.length + step) % count]);
    const made = [...put, ...rest];
    return [...made, made[0]];
  }
  return null;
}

export class Coverage {
  constructor(features = []) {
    this.faces = new Map();
    this.atVertex = new Map();
    this.cells = new Map();
    for (const feature of features) this.set(feature);
  }

  get size() {
    return this.faces.size;
  }

  get(key) {
    return this.faces.get(key) ?? null;
  }

  /** Puts a face in, or in the place of the one of its key. */
  set({geometry, properties}) {
    this.remove(properties.key);
    const face = {key: properties.key, geometry, properties, box: bounds(geometry)};
    this.faces.set(face.key, face);
    this.walk(face, (set, key) => set.add(key), true);
    return face;
  }

  remove(key) {
    const face = this.faces.get(key);
    if (!face) return;
    this.faces.delete(key);
    this.walk(face, (set, one) => set.delete(one), false);
  }

  walk(face, change, make) {
    const note = (map, at) => {
      let set = map.get(at);
      if (!set && make) map.set(at, set = new Set());
      if (!set) return;
      change(set, face.key);
      if (!set.size) map.delete(at);
    };
    for (const [a, b] of segments(face.geometry)) {
      note(this.atVertex, mark(a));
      for (const at of this.cellsOf(Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1]))) note(this.cells, at);
    }
  }

  cellsOf(west, south, east, north) {
    const found = [];
    for (let x = cell(west); x <= cell(east); x++) {
      for (let y = cell(south); y <= cell(north); y++) found.push(`${x}/${y}`);
    }
    return found;
  }

  near([x, y], radius) {
    const wide = radius * 2;
    const keys = new Set();
    for (const at of this.cellsOf(x - wide, y - radius, x + wide, y + radius)) {
      for (const key of this.cells.get(at) ?? []) keys.add(key);
    }
    return [...keys].map(key => this.faces.get(key));
  }

  faceAt(place) {
    for (const face of this.faces.values()) {
      const [west, south, east, north] = face.box;
      if (place[0] >= west && place[0] <= east && place[1] >= south && place[1] <= north && within(place, face.geometry)) return face;
    }
    return null;
  }

  /** The vertex within a radius (degrees of latitude): `{at, far}`, or null. */
  vertexNear(place, radius) {
    let best = null;
    for (const face of this.near(place, radius)) {
      for (const [at] of segments(face.geometry)) {
        const far = distance(place, at);
        if (far <= radius && (!best || far < best.far)) best = {at, far};
      }
    }
    return best;
  }

  /** The segment within a radius: `{edge: [a, b], at, far}`, or null. */
  edgeNear(place, radius) {
    let best = null;
    for (const face of this.near(place, radius)) {
      for (const edge of segments(face.geometry)) {
        const {at, far} = nearestOnSegment(place, ...edge);
        if (far <= radius && (!best || far < best.far)) best = {edge, at, far};
      }
    }
    return best;
  }

  facesAt(place) {
    return [...this.atVertex.get(mark(place)) ?? []];
  }

  /** The vertices that lie next to one, over all faces: more than two make it a node. */
  nextTo(place) {
    const found = new Map();
    for (const key of this.facesAt(place)) {
      for (const [a, b] of segments(this.faces.get(key).geometry)) {
        if (same(a, place)) found.set(mark(b), b);
        if (same(b, place)) found.set(mark(a), a);
      }
    }
    return [...found.values()];
  }

  /** Keys of the faces that share an edge with one, and how long it is (degrees of latitude). */
  neighbours(key) {
    const found = new Map();
    for (const [a, b] of segments(this.faces.get(key).geometry)) {
      for (const other of this.facesAt(a)) {
        if (other !== key && this.facesAt(b).includes(other)) found.set(other, (found.get(other) ?? 0) + distance(a, b));
      }
    }
    return found;
  }

  /** Faces as they would be with vertices elsewhere: key → geometry. */
  carried(from, to) {
    const move = ring => ring.map(place => to[from.findIndex(one => same(one, place))] ?? place);
    return new Map(from.flatMap(place => this.facesAt(place)).map(key => [key, withRings(this.faces.get(key).geometry, move)]));
  }

  moved(at, to) {
    return this.carried([at], [to]);
  }

  /** Faces as they would be with a piece of a shared edge drawn otherwise: key → geometry. */
  redrawn(edge, path) {
    const keys = this.facesAt(edge[0]).filter(key => edge.every(place => this.facesAt(place).includes(key)));
    const found = new Map();
    for (const key of keys) {
      let changed = false;
      const geometry = withRings(this.faces.get(key).geometry, ring => {
        const made = replaceInRing(ring, edge, path);
        changed ||= Boolean(made);
        return made ?? ring;
      });
      if (changed) found.set(key, geometry);
    }
    return found;
  }
}
