import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LiveHub, parseId} from '../src/live/hub.js';
import {EventParser} from '../src/live/stream.js';
import {IncidentStore} from '../src/map/points.js';

function hubWithStream() {
  const stream = {
    running: false, state: 'open', since: 0, starts: [], time: () => 5,
    start(after) { this.running = true; this.starts.push(after); },
    stop() { this.running = false; },
  };
  const hub = new LiveHub('/live', options => Object.assign(stream, options));
  return {hub, stream};
}

function port() {
  const got = [];
  return {got, postMessage: message => got.push(message), ids: () => got.filter(m => m.type === 'event').map(m => m.id ?? m.name)};
}

const event = sequence => ({name: 'incident', id: `e-1-${sequence}`, data: '{}'});

test('an id ends in its sequence, whatever the epoch holds', () => {
  assert.deepEqual(parseId('a-b-12'), {epoch: 'a-b', sequence: 12});
  assert.equal(parseId(null), null);
});

test('events are parsed across chunks, comments and all line ends', () => {
  const got = [];
  const parser = new EventParser(e => got.push(e));
  for (const chunk of [': beat\n\nid: e-1\r\nevent: inci', 'dent\ndata: {"a":', '1}\n\nevent: resync\n\n']) parser.push(chunk);
  assert.deepEqual(got.map(e => [e.name, e.data]), [['incident', '{"a":1}'], ['resync', '']]);
  assert.equal(got[0].id, 'e-1');
});

test('a second tab gets exactly what came after its own snapshot', () => {
  const {hub, stream} = hubWithStream();
  const [first, second] = [port(), port()];
  hub.start(first, 'e-1-10');
  for (const n of [11, 12, 13]) hub.receive(event(n));
  hub.start(second, 'e-1-12');
  hub.receive(event(14));
  assert.deepEqual(second.ids(), ['e-1-13', 'e-1-14']);
  assert.deepEqual(first.ids(), ['e-1-11', 'e-1-12', 'e-1-13', 'e-1-14']);
  assert.deepEqual(stream.starts, ['e-1-10']);
});

test('a tab older than what is kept, or of another epoch, takes a new snapshot', () => {
  const {hub} = hubWithStream();
  hub.start(port(), 'e-1-10');
  for (const after of ['e-1-9', 'e-2-11']) {
    const late = port();
    hub.start(late, after);
    assert.deepEqual(late.ids(), ['resync']);
  }
});

test('resync reaches all tabs and stops the stream until a tab has a snapshot', () => {
  const {hub, stream} = hubWithStream();
  const tab = port();
  hub.start(tab, 'e-1-10');
  hub.receive({name: 'resync', id: null, data: ''});
  assert.deepEqual(tab.ids(), ['resync']);
  assert.equal(stream.running, false);
  hub.start(tab, 'e-1-20');
  assert.equal(stream.running, true);
});

test('what the server says of itself reaches every tab, also a later one, and has no place in the order', () => {
  const {hub} = hubWithStream();
  const told = one => one.got.filter(m => ['pace', 'trouble'].includes(m.name)).map(m => m.data);
  const [first, second, third] = [port(), port(), port()];
  hub.start(first, 'e-1-10');
  hub.receive({name: 'pace', id: undefined, data: '{"slower":5}'});
  hub.receive({name: 'trouble', id: undefined, data: '{"kind":"away"}'});
  hub.start(second, 'e-1-10');
  assert.deepEqual(told(first), ['{"slower":5}', '{"kind":"away"}']);
  assert.deepEqual(told(second), told(first));
  hub.receive({name: 'ready', id: 'e-1-10', data: '{}'});
  hub.start(third, 'e-1-10');
  assert.deepEqual(told(second).slice(2), ['{"slower":1}', '{"kind":null}']);
  assert.deepEqual(told(third), []);
});

test('the last tab closes the stream', () => {
  const {hub, stream} = hubWithStream();
  const tab = port();
  hub.start(tab, 'e-1-10');
  hub.leave(tab);
  assert.equal(stream.running, false);
});

test('columns keep their rows together when one leaves', () => {
  const store = new IncidentStore({classColours: [[1, 2, 3]], urgencyRadii: [4, 5, 6, 7], coreAlpha: 255, finished: ['closed']});
  for (let id = 0; id < 3000; id++) store.upsert({id, lon: 120 + id / 1e4, lat: 30, c: 0, u: id % 4, s: 'reported'});
  assert.equal(store.upsert({id: 7, lon: 1, lat: 1, c: 0, u: 1, s: 'closed'}), 'gone');
  assert.equal(store.upsert({id: 7, s: 'closed'}), 'none');
  assert.equal(store.upsert({id: 9, lon: 120, lat: 31, c: 0, u: 3, s: 'handling'}), 'changed');
  assert.equal(store.upsert({id: 5000, lon: Number.NaN, lat: 31, c: 0, u: 3, s: 'handling'}), 'none');
  const {length, position, radius} = store.columns();
  assert.equal(length, 2999);
  assert.equal(position.length, 2 * length);
  store.rows.forEach((row, at) => {
    assert.equal(position[2 * at], row.lon);
    assert.equal(radius[at], 4 + row.u);
    assert.equal(store.index.get(row.id), at);
  });
});
