import assert from 'node:assert/strict';
import {test} from 'node:test';

let still = false;
globalThis.matchMedia = () => ({matches: still});
const {Camera} = await import('../src/map/camera.js');
const STREETS = [{name: 'a', lon: 1, lat: 1}, {name: 'b', lon: 2, lat: 2}];

function stage(t, {motion = true} = {}) {
  t.mock.timers.enable({apis: ['setTimeout', 'setInterval', 'Date'], now: 1_000_000});
  still = !motion;
  const box = new EventTarget();
  const moves = [];
  let arrived = () => {};
  const move = kind => target => { moves.push({kind, center: target.center}); const then = arrived; arrived = () => {}; then(); };
  const map = {
    getCanvasContainer: () => box, getCenter: () => ({lng: 0, lat: 0}), getZoom: () => 13, getPitch: () => 46, getBearing: () => 0,
    once: (name, handler) => { arrived = handler; }, flyTo: move('fly'), jumpTo: move('jump'),
  };
  const signs = [];
  const camera = new Camera(map, {tourIdleMinutes: 5, emergencySeconds: 12, onTour: street => signs.push(street?.name ?? null)});
  camera.streets = STREETS;
  return {camera, moves, signs, touch: () => box.dispatchEvent(new Event('pointerdown')), pass: seconds => { for (let at = 0; at < seconds; at++) t.mock.timers.tick(1000); }};
}

test('an idle wall visits every street and comes home', t => {
  const {signs, moves, pass} = stage(t);
  pass(299);
  assert.deepEqual(signs, []);
  pass(3);
  pass(22);
  assert.deepEqual(signs, ['a', 'b', null]);
  assert.deepEqual(moves.map(move => move.center), [[1, 1], [2, 2], [0, 0]]);
});

test('a hand ends the tour', t => {
  const {signs, moves, pass, touch} = stage(t);
  pass(302);
  touch();
  pass(60);
  assert.deepEqual(signs, ['a', null]);
  assert.equal(moves.length, 1);
});

test('the camera goes to an emergency and back; others wait their turn', t => {
  const {camera, moves, pass} = stage(t);
  assert.equal(camera.emergency([7, 7]), true);
  camera.emergency([8, 8]);
  assert.deepEqual(moves.map(move => move.center), [[7, 7]]);
  pass(12);
  pass(12);
  assert.deepEqual(moves.map(move => move.center), [[7, 7], [8, 8], [0, 0]]);
});

test('a hand on the map is left alone, and cancels the way back', t => {
  const {camera, moves, pass, touch} = stage(t);
  touch();
  assert.equal(camera.emergency([7, 7]), false);
  pass(16);
  assert.equal(camera.emergency([7, 7]), true);
  touch();
  pass(60);
  assert.deepEqual(moves.map(move => move.center), [[7, 7]]);
});

test('with reduced motion nothing flies and no tour begins', t => {
  const {camera, moves, signs, pass} = stage(t, {motion: false});
  camera.emergency([7, 7]);
  pass(12);
  pass(900);
  assert.deepEqual(moves.map(move => move.kind), ['jump', 'jump']);
  assert.deepEqual(signs, []);
});
