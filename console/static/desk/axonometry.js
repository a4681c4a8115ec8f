// A building as storeys stacked on its footprint, seen aslant from above: geometry only, metres in and metres out.
// Plans are in u and v, the eye stands towards +u +v; x goes right and y down on the picture.
const HALF_TURN = Math.SQRT1_2;
const RISE_RAD = (33 * Math.PI) / 180;
const DEPTH = HALF_TURN * Math.sin(RISE_RAD);
const HEIGHT = Math.cos(RISE_RAD);
// Where the light comes from, in the plan: from the left, a little from the front; and how far shadows reach for a metre of height.
const LIGHT = [-0.33, 0.944];
const SHADOW = 0.42;
export const LEVELS = 5;

const area = ring => ring.reduce((sum, [x, y], at) => {
  const [nextX, nextY] = ring[(at + 1) % ring.length];
  return sum + x * nextY - nextX * y;
}, 0) / 2;

const positive = ring => (area(ring) < 0 ? [...ring].reverse() : ring);

function inside([x, y], ring) {
  let found = false;
  ring.forEach(([ax, ay], at) => {
    const [bx, by] = ring[(at + 1) % ring.length];
    if ((ay > y) !== (by > y) && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) found = !found;
  });
  return found;
}

/** Rings of an SVG path of straight lines (`M x y L x y … Z`), shells turning one way and courtyards the other. */
export function rings(path, scale = 1) {
  const found = path.split('M').slice(1).map(part => {
    const numbers = (part.match(/-?\d+(?:\.\d+)?/g) ?? []).map(one => Number(one) * scale);
    return Array.from({length: numbers.length >> 1}, (_, at) => [numbers[2 * at], numbers[2 * at + 1]]);
  }).map(ring => (ring.length > 1 && `${ring[0]}` === `${ring.at(-1)}` ? ring.slice(0, -1) : ring)).filter(ring => ring.length > 2 && area(ring) !== 0);
  return found.map(ring => {
    const around = found.filter(other => other !== ring && inside(ring[0], other)).length;
    return around % 2 ? positive(ring).reverse() : positive(ring);
  });
}

/** The plan, turned so that its longest side lies along an axis and the eye looks from the south as nearly as it can; and how far it was turned. */
export function faced(plan) {
  const sides = plan.flatMap(ring => ring.map((from, at) => [from, ring[(at + 1) % ring.length]]));
  const long = ([[ax, ay], [bx, by]]) => Math.hypot(bx - ax, by - ay);
  const [from, to] = sides.reduce((best, side) => (long(side) > long(best) ? side : best));
  const along = Math.atan2(to[1] - from[1], to[0] - from[0]);
  // South is +y; turned, it should point at the eye: the least angle to the diagonal.
  const turns = [0, 1, 2, 3].map(quarter => (quarter * Math.PI) / 2 - along);
  const turn = turns.reduce((best, one) => (Math.cos(Math.PI / 4 + one) > Math.cos(Math.PI / 4 + best) ? one : best), turns[0]);
  return {plan: plan.map(ring => ring.map(([x, y]) => turned(x, y, turn))), turn};
}

const turned = (x, y, by) => [x * Math.cos(by) - y * Math.sin(by), x * Math.sin(by) + y * Math.cos(by)];

/** Where north lies on the picture, as a unit step. */
export function north(turn) {
  const [x, y] = project(...turned(0, -1, turn));
  const far = Math.hypot(x, y);
  return [x / far, y / far];
}

export const project = (u, v, z = 0) => [(u - v) * HALF_TURN, (u + v) * DEPTH - z * HEIGHT];

/** An SVG path through places of the picture, closed. */
export const path = places => `M${places.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join('L')}Z`;

/** The plan at a height, as one path; fill it by the even-odd rule. */
export const level = (plan, z) => plan.map(ring => path(ring.map(([u, v]) => project(u, v, z)))).join('');

/** Walls that the eye sees, the farthest first: `{from, to, light}`, light from 0 (dark) to LEVELS - 1. */
export function walls(plan) {
  const found = plan.flatMap(ring => ring.map((from, at) => {
    const to = ring[(at + 1) % ring.length];
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const normal = [(to[1] - from[1]) / length, (from[0] - to[0]) / length];
    return {from, to, length, near: (from[0] + from[1] + to[0] + to[1]) / 2, faces: normal[0] + normal[1],
      light: Math.round(((normal[0] * LIGHT[0] + normal[1] * LIGHT[1] + 1) / 2) * (LEVELS - 1))};
  }));
  return found.filter(({length, faces}) => length > 0.05 && faces > 1e-6).sort((a, b) => a.near - b.near);
}

/** A wall between two heights. */
export const wallPath = ({from, to}, low, high) => path([project(...from, low), project(...to, low), project(...to, high), project(...from, high)]);

/** Windows of a wall between two heights, all in one path; none where there is no room. */
export function windows({from, to, length}, low, high, bay = 3.4) {
  const count = Math.min(48, Math.floor(length / bay));
  const at = part => [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
  const [bottom, top] = [low + (high - low) * 0.3, low + (high - low) * 0.78];
  return Array.from({length: count}, (_, one) => {
    const [left, right] = [at((one + 0.24) / count), at((one + 0.76) / count)];
    return path([project(...left, bottom), project(...right, bottom), project(...right, top), project(...left, top)]);
  }).join('');
}

/** What a building of a height casts on the ground, in one path of one winding. */
export function shadow(plan, height) {
  const [du, dv] = LIGHT.map(one => -one * height * SHADOW);
  const away = ([u, v]) => [u + du, v + dv];
  const shells = plan.filter(ring => area(ring) > 0);
  const parts = shells.flatMap(ring => [ring, ring.map(away), ...ring.map((from, at) => {
    const to = ring[(at + 1) % ring.length];
    return [from, to, away(to), away(from)];
  })]);
  return parts.map(ring => path(positive(ring).map(([u, v]) => project(u, v)))).join('');
}

const bounds = plan => [0, 1].map(axis => [Math.min(...plan.flat().map(one => one[axis])), Math.max(...plan.flat().map(one => one[axis]))]);

/** The ground that a building stands on: a rectangle of the plan, with room around it. */
export function lawn(plan, room) {
  const [[west, east], [back, front]] = bounds(plan);
  return [[west - room, back - room], [east + room, back - room], [east + room, front + room], [west - room, front + room]];
}

/** The part of a ring on one side of a line across an axis. */
function clipped(ring, axis, limit, sign) {
  const keeps = place => sign * (place[axis] - limit) >= 0;
  return ring.flatMap((from, at) => {
    const to = ring[(at + 1) % ring.length];
    const part = (limit - from[axis]) / (to[axis] - from[axis]);
    const cut = [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
    return [...(keeps(from) ? [from] : []), ...(keeps(from) !== keeps(to) ? [cut] : [])];
  });
}

/** The plan in `count` parts of equal width along its longer side: where each house is drawn, for there are no plans of rooms. */
export function cells(plan, count) {
  const [u, v] = bounds(plan);
  const axis = u[1] - u[0] >= v[1] - v[0] ? 0 : 1;
  const [low, high] = axis ? v : u;
  return Array.from({length: count}, (_, one) => {
    const [from, to] = [low + ((high - low) * one) / count, low + ((high - low) * (one + 1)) / count];
    const parts = plan.map(ring => clipped(clipped(ring, axis, from, 1), axis, to, -1)).filter(ring => ring.length > 2);
    const middle = axis ? [(u[0] + u[1]) / 2, (from + to) / 2] : [(from + to) / 2, (v[0] + v[1]) / 2];
    return {plan: parts, middle, wide: (to - from) * HALF_TURN};
  });
}

/** West, north, width and height of what holds all places of a picture. */
export function frame(places, room = 0) {
  const [x, y] = [0, 1].map(axis => places.map(place => place[axis]));
  const [west, north_] = [Math.min(...x) - room, Math.min(...y) - room];
  return [west, north_, Math.max(...x) + room - west, Math.max(...y) + room - north_];
}
