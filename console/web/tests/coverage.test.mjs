import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Coverage, replaceInRing} from '../src/editor/coverage.js';
import {bend, carry, cutBy, freshKey, moveVertex, ringIn, straighten} from '../src/editor/operations.js';

const square = (key, x, y) => ({type: 'Feature', properties: {key}, geometry: {type: 'Polygon', coordinates: [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]]]}});
// Four squares around the node [121, 31]; the lower two share a corner more.
const four = () => new Coverage([square('a', 120, 30), square('b', 121, 30), square('c', 120, 31), square('d', 121, 31)]);

test('what lies under the hand is found: vertex, edge, face', () => {
  const coverage = four();
  assert.deepEqual(coverage.vertexNear([121.001, 31.001], 0.01).at, [121, 31]);
  assert.equal(coverage.vertexNear([120.5, 30.5], 0.01), null);
  assert.deepEqual(coverage.edgeNear([121.003, 30.5], 0.01).at, [121, 30.5]);
  assert.equal(coverage.faceAt([120.5, 31.5]).key, 'c');
  assert.equal(coverage.faceAt([119, 31.5]), null);
});

test('a vertex is moved in every face that has it, and in no other', () => {
  const coverage = four();
  const {operation, preview} = moveVertex(coverage, [121, 31], [121.1234567891, 31.2]);
  assert.deepEqual(operation, {op: 'move_vertex', at: [121, 31], to: [121.123456789, 31.2]});
  assert.deepEqual([...preview.keys()].sort(), ['a', 'b', 'c', 'd']);
  for (const geometry of preview.values()) assert.ok(geometry.coordinates[0].some(([x, y]) => x === 121.123456789 && y === 31.2));
  assert.deepEqual([...moveVertex(coverage, [120, 30], [120.1, 30.1]).preview.keys()], ['a']);
});

test('the first corner of a ring is moved where it closes too', () => {
  const ring = moveVertex(four(), [120, 30], [120.1, 30.1]).preview.get('a').coordinates[0];
  assert.deepEqual(ring[0], ring.at(-1));
});

test('an edge bends in both its faces', () => {
  const {operation, preview} = bend(four(), [[121, 30], [121, 31]], [121.2, 30.5]);
  assert.deepEqual(operation, {op: 'move_edge', edge: [[121, 30], [121, 31]], to: [[121, 30], [121.2, 30.5], [121, 31]]});
  assert.deepEqual([...preview.keys()].sort(), ['a', 'b']);
  assert.equal(preview.get('a').coordinates[0].length, 6);
});

test('a corner between two edges can be taken out, a node can not', () => {
  const coverage = four();
  const bent = bend(coverage, [[121, 30], [121, 31]], [121.2, 30.5]);
  for (const [key, geometry] of bent.preview) coverage.set({properties: {key}, geometry});
  const {operation, preview} = straighten(coverage, [121.2, 30.5]);
  assert.equal(operation.edge.length, 3);
  assert.equal(operation.to.length, 2);
  assert.equal(preview.get('b').coordinates[0].length, 5);
  assert.equal(straighten(coverage, [121, 31]), null);
});

test('an edge carried off takes all that meets in its ends with it', () => {
  const {operation, preview} = carry(four(), [[121, 30], [121, 31]], [0.1, 0]);
  assert.deepEqual(operation, {op: 'move_edge', edge: [[121, 30], [121, 31]], to: [[121.1, 30], [121.1, 31]]});
  assert.deepEqual([...preview.keys()].sort(), ['a', 'b', 'c', 'd']);
});

test('a piece of a ring is found over its seam and in either direction', () => {
  const ring = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]];
  assert.deepEqual(replaceInRing(ring, [[0, 1], [0, 0], [1, 0]], [[0, 1], [1, 0]]), [[0, 1], [1, 0], [1, 1], [0, 1]]);
  assert.deepEqual(replaceInRing(ring, [[1, 0], [0, 0]], [[1, 0], [0.5, -1], [0, 0]]), [[0, 0], [0.5, -1], [1, 0], [1, 1], [0, 1], [0, 0]]);
  assert.equal(replaceInRing(ring, [[0, 0], [1, 1]], []), null);
});

test('a line cuts the face through which most of it goes', () => {
  assert.equal(cutBy(four(), [[119.9, 30.4], [121.2, 30.6]]), 'a');
  assert.equal(cutBy(four(), [[110, 30.4], [111, 30.6]]), null);
});

test('a ring tells what it was drawn around, most first', () => {
  assert.deepEqual(ringIn(four(), [[120.2, 30.2], [121.1, 30.2], [121.1, 30.8], [120.2, 30.8], [120.2, 30.2]]), ['a', 'b']);
});

test('new keys go on from those that are there', () => {
  const coverage = four();
  assert.equal(freshKey(coverage), '+1');
  coverage.set(square('+4', 130, 30));
  assert.equal(freshKey(coverage, ['+6']), '+7');
});

test('neighbours are those with a common edge, not a common corner', () => {
  const coverage = four();
  assert.deepEqual([...coverage.neighbours('a').keys()].sort(), ['b', 'c']);
  coverage.remove('b');
  assert.deepEqual([...coverage.neighbours('a').keys()], ['c']);
});
