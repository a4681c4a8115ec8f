// Where incidents crowd, counted in metres on the ground: as a surface, and in hexagons.
const METRES = 111_319.49;
const MOST_CELLS = 384;
const ROUNDS = 3;

/** A plane in metres about a latitude that does not move with every incident. */
export function plane(position, length) {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += position[2 * i + 1];
  const lat = length ? Math.round((sum / length) * 10) / 10 : 0;
  return {kx: METRES * Math.cos((lat * Math.PI) / 180), ky: METRES};
}

/** Running mean along lines of a grid: `ROUNDS` of them come near to a bell. */
function smooth(values, width, height, stepLine, stepCell, half) {
  const [lines, cells] = stepCell === 1 ? [height, width] : [width, height];
  const line = new Float32Array(cells);
  for (let at = 0; at < lines; at++) {
    const start = at * stepLine;
    for (let i = 0; i < cells; i++) line[i] = values[start + i * stepCell];
    let sum = 0;
    for (let i = -half; i < cells; i++) {
      if (i + half < cells) sum += line[i + half];
      if (i - half - 1 >= 0) sum -= line[i - half - 1];
      if (i >= 0) values[start + i * stepCell] = sum / (2 * half + 1);
    }
  }
}

/**
 * Incidents to a square kilometre on a grid of cells, south row first.
 * `radius`: metres that an incident reaches.
 */
export function surface(position, length, radius) {
  if (!length) return null;
  const {kx, ky} = plane(position, length);
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < length; i++) {
    const [lon, lat] = [position[2 * i], position[2 * i + 1]];
    if (lon < west) west = lon;
    if (lon > east) east = lon;
    if (lat < south) south = lat;
    if (lat > north) north = lat;
  }
  const [mx, my] = [(1.5 * radius) / kx, (1.5 * radius) / ky];
  [west, south, east, north] = [west - mx, south - my, east + mx, north + my];
  const cell = Math.max(radius / 8, ((east - west) * kx) / MOST_CELLS, ((north - south) * ky) / MOST_CELLS);
  const width = Math.ceil(((east - west) * kx) / cell);
  const height = Math.ceil(((north - south) * ky) / cell);
  const values = new Float32Array(width * height);
  for (let i = 0; i < length; i++) {
    const x = Math.min(width - 1, Math.floor(((position[2 * i] - west) * kx) / cell));
    const y = Math.min(height - 1, Math.floor(((position[2 * i + 1] - south) * ky) / cell));
    values[y * width + x] += 1;
  }
  const half = Math.max(1, Math.round(radius / cell / ROUNDS));
  for (let round = 0; round < ROUNDS; round++) {
    smooth(values, width, height, width, 1, half);
    smooth(values, width, height, 1, width, half);
  }
  const perSquareKm = 1e6 / (cell * cell);
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] *= perSquareKm;
    if (values[i] > most) most = values[i];
  }
  return {values, width, height, most, bounds: [west, south, west + (width * cell) / kx, south + (height * cell) / ky]};
}

/** The picture of a surface, north row first: colours are reached at `parts` of the most. */
export function paint({values, width, height, most}, {colours, parts, alpha}) {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    const from = (height - 1 - row) * width;
    for (let x = 0; x < width; x++) {
      const part = values[from + x] / most;
      let at = 1;
      while (at < parts.length - 1 && part > parts[at]) at++;
      const share = Math.min(1, Math.max(0, (part - parts[at - 1]) / (parts[at] - parts[at - 1])));
      const [low, high] = [colours[at - 1], colours[at]];
      const out = 4 * (row * width + x);
      for (let c = 0; c < 3; c++) data[out + c] = low[c] + (high[c] - low[c]) * share;
      // From nothing up to its first colour, the ground shows through.
      data[out + 3] = alpha * Math.min(1, part / parts[0]) * (0.45 + 0.55 * Math.min(1, part / parts[2]));
    }
  }
  return {data, width, height};
}

/** A density with two figures that count. */
const figure = value => (value >= 10 ? Math.round(value) : Math.round(value * 10) / 10);

export function surfaceLegend({most}, {colours, parts}) {
  return colours.map(([red, green, blue], at) => ({colour: `rgb(${red} ${green} ${blue})`, label: `${at === colours.length - 1 ? '' : '≥ '}${figure(parts[at] * most)}`}));
}

/** Incidents in flat-topped hexagons of a radius in metres: middles, counts, and the greatest count. */
export function hexagons(position, length, radius) {
  const {kx, ky} = plane(position, length);
  const counts = new Map();
  for (let i = 0; i < length; i++) {
    const [x, y] = [(position[2 * i] * kx) / radius, (position[2 * i + 1] * ky) / radius];
    const [q, r] = nearest((2 / 3) * x, (Math.sqrt(3) * y - x) / 3);
    const key = q * 2 ** 24 + r;
    const cell = counts.get(key);
    if (cell) cell[2]++;
    else counts.set(key, [q, r, 1]);
  }
  const cells = [...counts.values()];
  const found = {length: cells.length, position: new Float64Array(2 * cells.length), count: new Float32Array(cells.length), most: 0};
  cells.forEach(([q, r, count], at) => {
    found.position[2 * at] = (1.5 * q * radius) / kx;
    found.position[2 * at + 1] = (Math.sqrt(3) * (r + q / 2) * radius) / ky;
    found.count[at] = count;
    found.most = Math.max(found.most, count);
  });
  return found;
}

/** Rounds two of three coordinates whose sum is nought: the one that errs most follows from the others. */
function nearest(q, r) {
  const s = -q - r;
  let [rq, rr, rs] = [Math.round(q), Math.round(r), Math.round(s)];
  const [dq, dr, ds] = [Math.abs(rq - q), Math.abs(rr - r), Math.abs(rs - s)];
  if (dq > dr && dq > ds) rq = -rr - rs;
  else if (dr > ds) rr = -rq - rs;
  return [rq, rr];
}
