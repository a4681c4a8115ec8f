// Lines and rings of [lon, lat], measured in a plane where a degree of longitude is as long as it is there.

const squash = lat => Math.cos((lat * Math.PI) / 180);

export const same = (a, b) => a[0] === b[0] && a[1] === b[1];

/** Distance of two places in degrees of latitude. */
export function distance(a, b) {
  return Math.hypot((a[0] - b[0]) * squash((a[1] + b[1]) / 2), a[1] - b[1]);
}

/** The place on a segment that lies nearest: `{at, far, part}`, part from 0 at a to 1 at b. */
export function nearestOnSegment(place, a, b) {
  const k = squash(place[1]);
  const [dx, dy] = [(b[0] - a[0]) * k, b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const part = square ? Math.min(1, Math.max(0, (((place[0] - a[0]) * k) * dx + (place[1] - a[1]) * dy) / square)) : 0;
  const at = [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
  return {at, far: distance(place, at), part};
}

/** The place on a line that lies nearest: `{at, far, index}`, between the points index and index + 1. */
export function nearestOnLine(place, line) {
  let best = null;
  for (let index = 0; index + 1 < line.length; index++) {
    const found = nearestOnSegment(place, line[index], line[index + 1]);
    if (!best || found.far < best.far) best = {...found, index};
  }
  return best;
}

/** What of a line lies between two places on it, in the order asked for. */
export function between(line, from, to) {
  const [a, b] = [nearestOnLine(from, line), nearestOnLine(to, line)];
  const forward = a.index < b.index || (a.index === b.index && a.part <= b.part);
  const [first, last] = forward ? [a, b] : [b, a];
  const inner = line.slice(first.index + 1, last.index + 1);
  const found = [first.at, ...inner, last.at].filter((one, index, all) => !index || !same(one, all[index - 1]));
  return forward ? found : found.reverse();
}

/** Whether a place lies within a ring, by the rule of even and odd. */
function inRing([x, y], ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

export const polygons = geometry => (geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates);

export function within(place, geometry) {
  return polygons(geometry).some(([shell, ...holes]) => inRing(place, shell) && !holes.some(hole => inRing(place, hole)));
}

/** Places along a line, ends and corners left out: by them one sees through which ground it goes. */
export function samples(line, count = 24) {
  const found = [];
  for (let index = 0; index + 1 < line.length; index++) {
    const [a, b] = [line[index], line[index + 1]];
    for (let step = 0; step < count; step++) {
      const part = (step + 0.5) / count;
      found.push([a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part]);
    }
  }
  return found;
}

export function lengthOf(line) {
  return line.slice(1).reduce((sum, one, index) => sum + distance(line[index], one), 0);
}

/** A line with a little more at both ends, so that it goes over the border which it was drawn to. */
export function stretched(line, by) {
  const beyond = (inner, end) => {
    const far = distance(inner, end) || 1;
    return [end[0] + ((end[0] - inner[0]) * by) / far, end[1] + ((end[1] - inner[1]) * by) / far];
  };
  return [beyond(line[1], line[0]), ...line.slice(1, -1), beyond(line.at(-2), line.at(-1))];
}
