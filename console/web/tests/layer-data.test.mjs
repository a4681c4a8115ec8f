import assert from 'node:assert/strict';
import {test} from 'node:test';
import {readDispatches, readTrails, readVisits} from '../src/map/layer-data.js';
import {IncidentStore} from '../src/map/points.js';

test('trails lie one after the other; a single fix is no way', () => {
  const columns = readTrails({trails: [
    {officer_id: 'A', path: [[1, 2], [3, 4], [5, 6]], at: [1000, 1060, 1120]},
    {officer_id: 'B', path: [[9, 9]], at: [990]},
    {officer_id: 'C', path: [[7, 8], [9, 10]], at: [1030, 1090]},
  ]});
  assert.equal(columns.length, 2);
  assert.deepEqual([...columns.starts], [0, 3, 5]);
  assert.deepEqual([...columns.position], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual([...columns.seconds], [0, 60, 120, 30, 90]);
  assert.deepEqual([...columns.head], [5, 6, 9, 10]);
  assert.equal(columns.end, 120);
  assert.equal(readTrails({trails: []}).length, 0);
});

test('arcs are pairs of places', () => {
  const {length, source, target, origin} = readDispatches({ids: [5, 6], lon: [1, 2], lat: [3, 4], from_lon: [5, 6], from_lat: [7, 8], origin: [0, 1]});
  assert.equal(length, 2);
  assert.deepEqual([...source], [5, 7, 6, 8]);
  assert.deepEqual([...target], [1, 3, 2, 4]);
  assert.deepEqual([...origin], [0, 1]);
});

test('days by building are read as they were packed', () => {
  const bytes = new Uint8Array([0, 0, 0, 2, 0, 0, 0, 7, 0, 1, 0, 0, 0, 3, 1, 0]);
  assert.deepEqual([...readVisits(bytes.buffer)], [[7, 3], [65536, 256]]);
  assert.equal(readVisits(new ArrayBuffer(0)).size, 0);
});

test('columns are the same until an incident changes', () => {
  const store = new IncidentStore({classColours: [[1, 2, 3]], urgencyRadii: [1, 2, 3, 4], coreAlpha: 255, finished: ['closed']});
  store.upsert({id: 1, lon: 1, lat: 2, c: 0, u: 3, s: 'reported'});
  const columns = store.columns();
  assert.equal(store.columns(), columns);
  assert.deepEqual([...columns.urgency], [3]);
  store.upsert({id: 1, s: 'closed'});
  assert.notEqual(store.columns(), columns);
  assert.equal(store.columns().length, 0);
});
