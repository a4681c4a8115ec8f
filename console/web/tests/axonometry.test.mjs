// A building in 2.5D: what is seen of it, in which order, and on what its storeys stand.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {cells, faced, north, project, rings, shadow, walls, windows} from '../../static/desk/axonometry.js';
import {counts, extent, storeys, stretch} from '../../static/desk/storeys.js';

const BLOCK = 'M 0 0 L 40 0 40 12 0 12 Z';
const COURT = 'M 0 0 L 0 30 30 30 30 0 Z M 10 10 L 20 10 20 20 10 20 Z';
const area = ring => ring.reduce((sum, [x, y], at) => sum + x * ring[(at + 1) % ring.length][1] - ring[(at + 1) % ring.length][0] * y, 0) / 2;

test('shells turn one way and courtyards the other, however they came', () => {
  assert.deepEqual(rings(COURT).map(ring => Math.sign(area(ring))), [1, -1]);
  assert.deepEqual(rings('M 0 0 L 40 0 40 12 0 12 0 0').map(ring => ring.length), [4]);
  assert.deepEqual(rings('M 1 1 L 2 2 Z'), []);
  assert.equal(area(rings(BLOCK, 0.5)[0]), 120);
});

test('of a block the eye sees two walls, of a courtyard the two far ones, the farthest first', () => {
  assert.equal(walls(rings(BLOCK)).length, 2);
  const seen = walls(rings(COURT));
  assert.equal(seen.length, 4);
  assert.deepEqual(seen.slice(0, 2).map(({length}) => length), [10, 10]);
  const near = seen.map(one => one.near);
  assert.deepEqual(near, [...near].sort((a, b) => a - b));
});

test('one wall is in the light and the other in the dark', () => {
  const [a, b] = walls(rings(BLOCK)).map(({light}) => light).sort();
  assert.ok(b - a >= 2);
});

test('a building keeps its shape and size when it is turned, and the eye looks from the south', () => {
  for (const degrees of [0, 17, 45, 63, 90, 140]) {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const plan = rings(BLOCK).map(ring => ring.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos]));
    const seen = faced(plan);
    assert.ok(Math.abs(area(seen.plan[0]) - 480) < 1e-6);
    const sides = seen.plan[0].map(([u, v], at) => [u - seen.plan[0].at(at - 1)[0], v - seen.plan[0].at(at - 1)[1]]);
    assert.ok(sides.every(([du, dv]) => Math.min(Math.abs(du), Math.abs(dv)) < 1e-6), 'its sides lie along the axes');
    assert.ok(north(seen.turn)[1] <= 1e-9, 'north is up');
  }
});

test('higher is higher on the picture, and nearer is lower', () => {
  assert.ok(project(0, 0, 10)[1] < project(0, 0, 0)[1]);
  assert.ok(project(5, 5)[1] > project(0, 0)[1]);
});

test('houses share a floor without a rest', () => {
  const plan = rings(COURT);
  const parts = cells(plan, 7);
  const whole = parts.flatMap(one => one.plan).reduce((sum, ring) => sum + area(ring), 0);
  assert.ok(Math.abs(whole - 800) < 1e-6);
  assert.equal(windows({from: [0, 0], to: [2, 0], length: 2}, 0, 3), '');
  assert.equal(shadow(plan, 20).split('M').length - 1, 1 + 1 + 4);
});

test('storeys come from what is known: floors, height, or the houses themselves', () => {
  assert.deepEqual(extent({floors: 6, height_m: 19.2}, []), {low: 1, high: 6, storey_m: 19.2 / 6});
  assert.equal(extent({floors: null, height_m: 30}, []).high, 10);
  assert.equal(extent({floors: null, height_m: null}, [3, 8]).high, 8);
  assert.deepEqual(extent({floors: 2, height_m: 300}, [-2]), {low: -2, high: 2, storey_m: 3});
  const made = storeys({floors: 3, height_m: 9}, [{floor: 'B1', storey: -1, houses: [{code: 'a'}]}, {floor: '2', storey: 2, houses: [{code: 'b'}]}, {floor: '', storey: 0, houses: [{code: 'c'}]}]);
  assert.deepEqual(made.map(({storey, z, label, houses}) => [storey, z, label, houses.length]), [[-1, -3, 'B1', 1], [1, 0, '1', 0], [2, 3, '2', 1], [3, 6, '3', 0]]);
  assert.deepEqual([stretch(100, 40), stretch(3, 40)], [1, 1.7]);
});

test('a floor is counted by what its houses tell', () => {
  assert.deepEqual(counts([{occupancy: 'let', actual_residents: 2}, {occupancy: 'vacant'}, {enterprises: 3, actual_residents: 1}]), {houses: 3, people: 3, let: 1, vacant: 1, enterprises: 3});
});
