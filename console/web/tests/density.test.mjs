import assert from 'node:assert/strict';
import {test} from 'node:test';
import {hexagons, paint, plane, surface, surfaceLegend} from '../src/map/density.js';

const STYLE = {colours: [[0, 0, 60], [90, 0, 90], [200, 60, 60], [250, 200, 90]], parts: [0.1, 0.3, 0.6, 1], alpha: 200};

/** Points of a seeded walk about a town. */
function points(count, seed = 7) {
  let state = seed;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  return Float64Array.from({length: 2 * count}, (_, at) => (at % 2 ? 30.25 : 120.2) + (random() + random() - 1) * 0.06);
}

test('a surface holds as many incidents as there are', () => {
  const position = points(3000);
  const {values, width, height, bounds} = surface(position, 3000, 260);
  const {kx, ky} = plane(position, 3000);
  const squareKm = ((bounds[2] - bounds[0]) * kx * (bounds[3] - bounds[1]) * ky) / (width * height) / 1e6;
  const held = values.reduce((sum, value) => sum + value, 0) * squareKm;
  assert.ok(Math.abs(held / 3000 - 1) < 0.01, String(held));
});

test('a lone incident is highest where it lies', () => {
  const {values, width, most, bounds} = surface(Float64Array.from([120.2, 30.25]), 1, 260);
  const at = values.indexOf(most);
  const lon = bounds[0] + ((at % width) + 0.5) * ((bounds[2] - bounds[0]) / width);
  assert.ok(Math.abs(lon - 120.2) < 0.0006);
  assert.equal(surface(new Float64Array(0), 0, 260), null);
});

test('an incident far away costs no more cells', () => {
  const position = points(100);
  position.set([75, 39], 0);
  const {width, height} = surface(position, 100, 260);
  assert.ok(Math.max(width, height) <= 384);
});

test('a picture is clear where nothing is, and of the last colour where most is; the legend says the same colours', () => {
  const found = surface(points(2000), 2000, 260);
  const {data, width, height} = paint(found, STYLE);
  assert.equal(data.length, 4 * width * height);
  assert.equal(data[3], 0);
  const top = found.values.indexOf(found.most);
  const out = 4 * ((height - 1 - Math.floor(top / width)) * width + (top % width));
  assert.deepEqual([...data.slice(out, out + 3)], STYLE.colours.at(-1));
  const legend = surfaceLegend(found, STYLE);
  assert.equal(legend.length, STYLE.colours.length);
  assert.equal(legend.at(-1).colour, 'rgb(250 200 90)');
});

test('hexagons count every incident once, and each lies in the nearest', () => {
  const position = points(4000);
  const radius = 240;
  const {length, position: middles, count, most} = hexagons(position, 4000, radius);
  assert.equal(count.reduce((sum, value) => sum + value, 0), 4000);
  assert.equal(Math.max(...count), most);
  const {kx, ky} = plane(position, 4000);
  const away = (i, j) => Math.hypot((position[2 * i] - middles[2 * j]) * kx, (position[2 * i + 1] - middles[2 * j + 1]) * ky);
  const counted = new Float32Array(length);
  for (let i = 0; i < 4000; i++) {
    let nearest = 0;
    for (let j = 1; j < length; j++) if (away(i, j) < away(i, nearest)) nearest = j;
    assert.ok(away(i, nearest) <= radius * 1.0001);
    counted[nearest]++;
  }
  assert.deepEqual(counted, count);
});
