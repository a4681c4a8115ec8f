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

/** An edge carried off in parallel. An end where more than two edges meet stays, and a step is made beside it. */
export function carry(coverage, [a, b], [dx, dy]) {
  const shifted = place => snapped([place[0] + dx, place[1] + dy]);
  const before = coverage.nextTo(a).filter(place => place !== b && !(place[0] === b[0] && place[1] === b[1]));
  const after = coverage.nextTo(b).filter(place => !(place[0] === a[0] && place[1] === a[1]));
  const edge = [a, b];
  const to = [shifted(a), shifted(b)];
  if (before.length === 1) edge.unshift(before[0]);
  if (after.length === 1) edge.push(after[0]);
  to.unshift(edge[0]);
  to.push(edge.at(-1));
  return moveEdge(coverage, edge, to);
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
