// From a gesture to the operation that the server is asked for, and to the shapes shown until it answers.
import {lengthOf, samples, within} from './lines.js';

const GRID = 1e9;
export const snapped = ([lon, lat]) => [Math.round(lon * GRID) / GRID, Math.round(lat * GRID) / GRID];

export function moveVertex(coverage, at, to) {
  const place = snapped(to);
  return {operation: {op: 'move_vertex', at, to: place}, preview: coverage.moved(at, place)};
}

function moveEdge(coverage, edge, to) {
  return {operation: {op: 'move_edge', edge, to}, preview: coverage.redrawn(edge, to)};
}

/** A new corner in an edge. */
export function bend(coverage, [a, b], to) {
  return moveEdge(coverage, [a, b], [a, snapped(to), b]);
}

/** An edge carried off in parallel, its ends and all that meets in them with it. */
export function carry(coverage, edge, [dx, dy]) {
  const to = edge.map(([x, y]) => snapped([x + dx, y + dy]));
  return {operation: {op: 'move_edge', edge, to}, preview: coverage.carried(edge, to)};
}

/** An edge without one of its corners; null where more than two edges meet, for that one holds them together. */
export function straighten(coverage, at) {
  const ends = coverage.nextTo(at);
  return ends.length === 2 ? moveEdge(coverage, [ends[0], at, ends[1]], ends) : null;
}

/** The face that a drawn line is meant to cut: the one through which most of it goes. */
export function cutBy(coverage, line) {
  const length = lengthOf(line);
  if (!length) return null;
  const counts = new Map();
  for (const place of samples(line)) {
    const face = coverage.faceAt(place);
    if (face) counts.set(face.key, (counts.get(face.key) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
}

/** The key that a new grid bears until its code is minted: `+1`, `+2`, … */
export function freshKey(coverage, more = []) {
  const taken = [...coverage.faces.keys(), ...more].filter(key => key.startsWith('+')).map(key => Number(key.slice(1)));
  return `+${Math.max(0, ...taken.filter(Number.isFinite)) + 1}`;
}

/** What a ring was drawn around: the faces in it by how many of its corners' inner points lie there. */
export function ringIn(coverage, ring) {
  const polygon = {type: 'Polygon', coordinates: [ring]};
  const [xs, ys] = [ring.map(place => place[0]), ring.map(place => place[1])];
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const counts = new Map();
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) {
      const place = [west + ((i + 0.5) * (east - west)) / 20, south + ((j + 0.5) * (north - south)) / 20];
      const face = within(place, polygon) && coverage.faceAt(place);
      if (face) counts.set(face.key, (counts.get(face.key) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
}

/** A ring that begins and ends outside a face, so that it cuts the face like a line; null where it lies wholly within. */
export function openedOutside(coverage, ring, key) {
  const open = ring.slice(0, -1);
  const {geometry} = coverage.get(key);
  const start = open.findIndex(place => !within(place, geometry));
  return start < 0 ? null : [...open.slice(start), ...open.slice(0, start), open[start]];
}
