import assert from 'node:assert/strict';
import {test} from 'node:test';
import {LiveStream} from '../src/live/stream.js';

const settle = async () => { for (let turn = 0; turn < 30; turn++) await new Promise(resolve => setImmediate(resolve)); };

/** A server whose answers a test writes itself. */
function stage(t) {
  t.mock.timers.enable({apis: ['setTimeout', 'setInterval', 'Date'], now: 1_000_000});
  const calls = [];
  t.mock.method(globalThis, 'fetch', (address, {headers, signal}) => {
    const call = {address, after: headers['Last-Event-ID'], signal};
    calls.push(call);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => { reject(new Error('aborted')); call.writer?.error(new Error('aborted')); });
      call.open = () => resolve(new Response(new ReadableStream({start(writer) { call.writer = writer; }})));
      call.refuse = status => resolve(new Response('', {status}));
      call.breakOff = () => call.writer.close();
      call.send = text => call.writer.enqueue(new TextEncoder().encode(text));
    });
  });
  const [states, events, even] = [[], [], {}];
  const stream = new LiveStream({url: '/live', even: () => even.now ?? Date.now(), onEvent: event => events.push(event.id), onState: ({state}) => states.push(state)});
  const pass = async seconds => {
    for (let second = 0; second < seconds; second++) { t.mock.timers.tick(1000); await settle(); }
  };
  return {stream, calls, states, events, pass, even};
}

test('ten silent seconds are said, and the next beat takes it back', async t => {
  const {stream, calls, states, pass} = stage(t);
  stream.start('e-1');
  calls[0].open();
  await settle();
  await pass(9);
  assert.deepEqual(states, ['open']);
  await pass(3);
  assert.deepEqual(states, ['open', 'silent']);
  calls[0].send(':\n\n');
  await settle();
  assert.deepEqual(states, ['open', 'silent', 'open']);
  stream.stop();
});

test('a line dead for long is given up, and asked for again after the last event', async t => {
  const {stream, calls, pass} = stage(t);
  stream.start('e-1');
  calls[0].open();
  await settle();
  calls[0].send('id: e-5\nevent: incident\ndata: {}\n\n');
  await settle();
  await pass(30);
  assert.equal(calls[0].signal.aborted, true);
  assert.equal(calls.length, 2);
  assert.equal(calls[1].after, 'e-5');
  assert.match(calls[1].address, /after=e-5$/);
  stream.stop();
});

test('a server that went and came back is found again by itself', async t => {
  const {stream, calls, states, events, pass} = stage(t);
  stream.start('e-1');
  calls[0].open();
  await settle();
  calls[0].breakOff();
  await settle();
  assert.deepEqual(states, ['open', 'lost']);
  await pass(2);
  calls[1].refuse(503);
  await pass(3);
  calls[2].open();
  await settle();
  calls[2].send('id: e-2\nevent: incident\ndata: {}\n\n');
  await settle();
  assert.deepEqual(states, ['open', 'lost', 'open']);
  assert.deepEqual(events, ['e-2']);
  stream.stop();
});

test('an ended sign-in is told apart from a lost line, and it asks on', async t => {
  const {stream, calls, states, pass} = stage(t);
  stream.start('e-1');
  calls[0].refuse(401);
  await settle();
  assert.deepEqual(states, ['denied']);
  await pass(2);
  calls[1].open();
  await settle();
  assert.deepEqual(states, ['denied', 'open']);
  stream.stop();
});

test('stopped and started at once, one connection is left', async t => {
  const {stream, calls, states, pass} = stage(t);
  stream.start('e-1');
  calls[0].open();
  await settle();
  stream.stop();
  stream.start('e-9');
  calls[1].open();
  await settle();
  await pass(5);
  assert.equal(calls.length, 2);
  assert.equal(calls[1].after, 'e-9');
  assert.deepEqual(states, ['open']);
  stream.stop();
});

test('a clock that is set, forwards or back, ends no line and hides no silence; moments are the server\'s', async t => {
  const {stream, calls, states, pass, even} = stage(t);
  even.now = 500;
  stream.start('e-1');
  calls[0].open();
  await settle();
  calls[0].send(': 9000000\n\n');
  await settle();
  t.mock.method(Date, 'now', () => 9_999_999);
  even.now += 3000;
  await pass(1);
  assert.deepEqual(states, ['open']);
  assert.equal(stream.time(), 9_003_000);
  t.mock.method(Date, 'now', () => 7);
  even.now += 8000;
  await pass(1);
  assert.deepEqual(states, ['open', 'silent']);
  assert.equal(stream.since, 9_000_000);
  stream.stop();
});
