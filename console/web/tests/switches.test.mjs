import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Switches} from '../src/map/switches.js';

const entry = (name, group = '', shown = false, needs = '') => ({name, group, shown, needs});
const ENTRIES = [
  entry('areas', 'ground', true), entry('plinths', 'ground'), entry('heat', 'ground', false, 'incidents'),
  entry('buildings', 'buildings', true), entry('kinds', 'buildings'), entry('trails', '', false, 'trails'), entry('beams', '', true, 'incidents'),
];
const names = switches => switches.shown().map(({name}) => name);
const memory = (kept = null) => ({kept, getItem: () => kept, setItem(_, value) { this.kept = value; }});

test('without a word the registry decides', () => {
  assert.deepEqual(names(new Switches({entries: ENTRIES})), ['areas', 'buildings', 'beams']);
});

test('of a group one is shown, and its own default comes back', () => {
  const switches = new Switches({entries: ENTRIES});
  switches.toggle('plinths');
  assert.deepEqual(names(switches), ['plinths', 'buildings', 'beams']);
  switches.toggle('heat');
  assert.deepEqual(names(switches), ['heat', 'buildings', 'beams']);
  switches.toggle('heat');
  assert.deepEqual(names(switches), ['areas', 'buildings', 'beams']);
  switches.toggle('areas');
  assert.deepEqual(names(switches), ['buildings', 'beams']);
});

test('the browser remembers, whatever another hand wrote there', () => {
  const kept = memory();
  new Switches({entries: ENTRIES, memory: kept}).toggle('trails');
  assert.deepEqual(names(new Switches({entries: ENTRIES, memory: memory(kept.kept)})), ['areas', 'buildings', 'trails', 'beams']);
  for (const nonsense of ['{', '7', '"x"', '["nothing"]']) {
    assert.ok(names(new Switches({entries: ENTRIES, memory: memory(nonsense)})).every(name => ENTRIES.some(known => known.name === name)));
  }
  const forbidden = {getItem() { throw new Error('denied'); }, setItem() { throw new Error('denied'); }};
  const switches = new Switches({entries: ENTRIES, memory: forbidden});
  switches.toggle('trails');
  assert.ok(switches.has('trails'));
});

test('an address binds: names that it does not know are passed over, and nothing is remembered', () => {
  const kept = memory('["trails"]');
  const switches = new Switches({entries: ENTRIES, asked: 'heat, beams,unknown,areas', memory: kept});
  assert.deepEqual(names(switches), ['heat', 'beams']);
  switches.toggle('trails');
  assert.equal(kept.kept, '["trails"]');
  assert.deepEqual(names(new Switches({entries: ENTRIES, asked: ''})), []);
});

test('only what is shown is asked for', () => {
  const switches = new Switches({entries: ENTRIES});
  assert.deepEqual([...switches.needs()], ['incidents']);
  let changes = 0;
  switches.onChange = () => changes++;
  switches.toggle('trails');
  switches.toggle('unknown');
  assert.deepEqual([...switches.needs()].sort(), ['incidents', 'trails']);
  assert.equal(changes, 1);
  switches.show(['heat', 'areas', 'trails']);
  assert.deepEqual(names(switches), ['heat', 'trails']);
  switches.show();
  assert.deepEqual(names(switches), ['areas', 'buildings', 'beams']);
});
