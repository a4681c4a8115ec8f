import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LoadScale} from '../src/map/load-scale.js';

const SPEC = {shares: [0.4, 0.68, 0.86, 0.96], colours: [0, 1, 2, 3, 4, 5].map(at => [at, at, at, 90])};
const shareOf = (scale, loads, colour) => loads.filter(load => scale.colour(load)[0] === colour).length / loads.length;

test('breaks rise whatever the data', () => {
  for (const loads of [[], [0, 0], [1], [3, 3, 3, 3], Array.from({length: 543}, (_, at) => at % 7)]) {
    const scale = new LoadScale(SPEC);
    scale.fit(loads);
    assert.equal(scale.breaks.length, SPEC.colours.length - 1);
    scale.breaks.forEach((limit, at) => assert.ok(!at || limit > scale.breaks[at - 1]));
  }
});

test('a busy district is not all of the gravest colour', () => {
  const loads = Array.from({length: 543}, (_, at) => 8 + Math.round(30 * (at / 543) ** 2));
  const scale = new LoadScale(SPEC);
  scale.fit(loads);
  assert.ok(shareOf(scale, loads, 5) < 0.1);
  assert.ok(shareOf(scale, loads, 1) > 0.25);
});

test('the legend names the very classes that colour', () => {
  const scale = new LoadScale(SPEC);
  scale.fit([1, 1, 1, 2, 2, 4, 6, 9, 20]);
  const legend = scale.legend();
  assert.equal(legend.length, SPEC.colours.length);
  for (let load = 0; load < 40; load++) {
    const {label} = legend[scale.colour(load)[0]];
    const [low, high] = label.startsWith('≥') ? [Number(label.slice(2)), Infinity] : label.split('–').map(Number);
    assert.ok(low <= load && load <= (high ?? low), `${load} is not in ${label}`);
  }
});
