// What is measured of each grid, and how it is written.
import {number, t} from './common.js';

const plain = value => number(value === null || value === undefined ? null : Math.round(value));
const share = value => (value === null || value === undefined ? '—' : value.toFixed(2));

/** By what the map is coloured and the table sorted: `value(figures)`, `words(value)`. */
export const MEASURES = {
  households: {value: row => row.households, words: plain},
  actual: {value: row => row.actual, words: plain},
  open: {value: row => row.open, words: plain},
  per_officer: {value: row => (row.officers ? row.actual / row.officers : null), words: plain},
  compactness: {value: row => row.compactness, words: share},
  area: {value: row => (row.area_m2 === undefined ? null : row.area_m2 / 10000), words: value => (value === null || value === undefined ? '—' : number(Number(value.toFixed(1))))},
};

const radians = Math.PI / 180;

/** Area over that of the circle of equal circumference (Polsby–Popper): 1 is a circle. */
export function compactness(geometry) {
  let [area, around] = [0, 0];
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
  for (const ring of rings) {
    const k = Math.cos(ring[0][1] * radians);
    for (let index = 0; index + 1 < ring.length; index++) {
      const [[x, y], [u, v]] = [ring[index], ring[index + 1]];
      area += ((x - ring[0][0]) * (v - ring[0][1]) - (u - ring[0][0]) * (y - ring[0][1])) * k;
      around += Math.hypot((u - x) * k, v - y);
    }
  }
  return around ? (4 * Math.PI * Math.abs(area / 2)) / (around * around) : null;
}

/** Gini coefficient of values that are not negative: 0 where all are equal. Σ(2i − n − 1)·xᵢ / (n·Σx), x ascending. */
export function gini(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const sum = sorted.reduce((all, one) => all + one, 0);
  return sum ? sorted.reduce((all, one, index) => all + (2 * (index + 1) - sorted.length - 1) * one, 0) / (sorted.length * sum) : null;
}

/** Figures by the names that the table goes by, as a draft or what is in force tells them. */
export function figuresOf({households, actual, actual_residents, registered, registered_residents, officers, open, open_incidents, area_m2, compactness: round}) {
  return {households, actual: actual ?? actual_residents, registered: registered ?? registered_residents, officers, open: open ?? open_incidents, area_m2, compactness: round};
}
