import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Scale, borders, faded} from '../src/editor/colours.js';
import {Latest} from '../src/editor/latest.js';
import {between, nearestOnLine, stretched} from '../src/editor/lines.js';

test('classes hold equal numbers, and no class is empty', () => {
  assert.deepEqual(borders([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]), [3, 5, 7, 9]);
  assert.deepEqual(borders([5, 5, 5]), []);
  assert.deepEqual(borders([]), []);
  assert.deepEqual(borders([0, 0, 0, 0, 9]), [9]);
});

test('the legend says the colours that are shown', () => {
  const scale = new Scale([1, 2, 3, 4, 5, null], 'dark');
  const legend = scale.legend();
  assert.equal(legend.length, 5);
  assert.equal(legend[0][1], undefined);
  assert.equal(legend.at(-1)[2], undefined);
  for (const [colour, from] of legend.slice(1)) assert.equal(scale.colour(from), colour);
  assert.equal(scale.colour(null), scale.unknown);
  assert.deepEqual(new Scale([null], 'light').legend(), []);
  assert.equal(faded('#ff8000', 0.5), 'rgba(255, 128, 0, 0.5)');
});

test('what lies between two places on a line, either way', () => {
  const line = [[0, 0], [1, 0], [1, 1], [2, 1]];
  assert.deepEqual(between(line, [0.5, 0], [1.5, 1]), [[0.5, 0], [1, 0], [1, 1], [1.5, 1]]);
  assert.deepEqual(between(line, [1.5, 1], [0.5, 0]), [[1.5, 1], [1, 1], [1, 0], [0.5, 0]]);
  assert.equal(nearestOnLine([0.4, 0.1], line).index, 0);
});

test('a line is stretched over the border it was drawn to', () => {
  assert.deepEqual(stretched([[0, 0], [0, 1]], 0.5), [[0, -0.5], [0, 1.5]]);
});

test('while a question is under way only the last one waits, and late answers are not heard', async t => {
  t.mock.timers.enable({apis: ['setTimeout']});
  const asked = [];
  const heard = [];
  const answers = [];
  const latest = new Latest({ask: value => { asked.push(value); return new Promise(resolve => answers.push(resolve)); }, heard: value => heard.push(value), wait_ms: 100});
  const settle = async () => { for (let turn = 0; turn < 5; turn++) await Promise.resolve(); };
  latest.put(1);
  latest.put(2);
  t.mock.timers.tick(100);
  assert.deepEqual(asked, [2]);
  latest.put(3);
  latest.put(4);
  t.mock.timers.tick(100);
  assert.deepEqual(asked, [2]);
  answers[0]('two');
  await settle();
  t.mock.timers.tick(100);
  assert.deepEqual([asked, heard], [[2, 4], ['two']]);
  latest.stop();
  answers[1]('four');
  await settle();
  assert.deepEqual(heard, ['two']);
});
