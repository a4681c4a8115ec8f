// The street centre: one place, its inbox, one matter in full, its people; all told by the address.
import {Address, FILTERS, filtered, placed} from './address.js';
import {Alarm} from './alarm.js';
import {Board} from './board.js';
import {Card} from './card.js';
import {setServerTime} from './clocks.js';
import {byId, make, notify, number, t, told} from './common.js';
import {Drill} from './drill.js';
import {Inbox} from './inbox.js';
import {Keys} from './keys.js';
import {Live} from './live.js';
import {Search} from './search.js';

const address = new Address();
const openMatter = id => address.set({incident: String(id)});
const closeMatter = () => address.set({incident: null});
const drill = new Drill(address, {openMatter});
const board = new Board(address);
const inbox = new Inbox(address, {open: openMatter});
const search = new Search(address, {openMatter});
const alarm = new Alarm({open: openMatter});
const card = new Card(byId('detail'), {
  board, changed: () => refresh(0), go: place => address.go(place), open: openMatter, leave: closeMatter, show: shown,
});
const live = new Live({onIncident, onResync: () => load(), onArea: () => load()});
const fresh = new Set();
let failing;
// Of several readings the last one counts: who goes quickly back and forth sees where they are.
let turns = 0;
let reading = null;

function shown(incident) {
  alarm.seen(incident.id);
  drill.map.point(incident.id);
}

/** Reads all of the place: what the address says, and nothing of what it no longer says. */
async function load({ground = true} = {}) {
  clearTimeout(failing);
  byId('desk').setAttribute('aria-busy', 'true');
  const turn = ++turns;
  reading?.abort();
  reading = new AbortController();
  try {
    const here = await drill.numbers(reading.signal);
    if (turn !== turns) return;
    figures(here);
    mirror();
    await Promise.all([
      inbox.load({again: !ground}), ground ? drill.ground().then(() => drill.points(card.id)) : drill.points(card.id), board.load().then(mirror)]);
    if (failed) notify();
    failed = false;
    byId('lost').hidden = true;
    live.start(`${here.epoch}-${here.sequence}`);
  } catch (problem) {
    fail(problem);
  } finally {
    if (turn === turns) byId('desk').removeAttribute('aria-busy');
  }
}

let failed = false;
function fail(problem) {
  if (problem.name === 'AbortError') return;
  if (!(problem.status >= 0)) throw problem;
  if (problem.status === 404) {
    byId('lost').hidden = false;
    byId('lost').querySelector('p').textContent = problem.message;
    return;
  }
  failed = true;
  notify(t('street.stale', {reason: problem.message, when: clock.format(asOf)}));
  for (const table of [inbox.table, board.officers]) if (!table.rows.length) table.fail(t('desk.failed'));
  clearTimeout(failing);
  if (problem.status === 0 || problem.status >= 500) failing = setTimeout(() => load({ground: !drill.here}), 3000);
}

const clock = new Intl.DateTimeFormat(told.lang === 'zh' ? 'zh-CN' : 'en-GB', {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: told.time_zone});
let asOf = new Date();

function figures({lanes, now, reported_today: reported, solved_today: solved}) {
  setServerTime(now);
  asOf = new Date(now);
  inbox.lanes(lanes);
  const figure = (key, value, kind, go) => make(go ? 'button' : 'div', {type: go && 'button', class: `figure ${kind}`, onclick: go}, make('b', {text: number(value)}), make('span', {text: t(key)}));
  byId('figures').replaceChildren(
    figure('desk.open', lanes.open?.open ?? 0, '', () => address.set({lane: null})),
    figure('desk.overdue', lanes.late?.open ?? 0, lanes.late?.open ? 'late' : '', () => address.set({lane: 'late'})),
    figure('street.lane_soon', lanes.soon?.open ?? 0, lanes.soon?.open ? 'soon' : '', () => address.set({lane: 'soon'})),
    figure('urgency.3', lanes.emergency?.open ?? 0, lanes.emergency?.open ? 'late' : '', () => address.set({lane: 'emergency'})),
    figure('street.reported_today', reported, ''), figure('street.solved_today', solved, 'good'));
}

function mirror() {
  inbox.mirror(board.narrowed());
  search.mirror();
  board.officers.choose(address.get('officer'));
  board.stations.choose(address.get('unit'));
  inbox.table.choose(address.get('incident'));
}

let waiting = null;
/** Reads anew what stands in the lists, at most once a second however much comes in. */
function refresh(after = 1000) {
  waiting ??= setTimeout(async () => {
    waiting = null;
    const arrived = new Set(fresh);
    fresh.clear();
    try {
      figures(await drill.numbers());
      await Promise.all([inbox.load({fresh: arrived, again: true}), drill.points(card.id), board.load()]);
      mirror();
      if (failed) notify();
      failed = false;
    } catch (problem) {
      fail(problem);
    }
  }, after);
}

function onIncident(event) {
  fresh.add(String(event.id));
  alarm.hear(event);
  if (String(event.id) === card.id) card.load(card.id);
  refresh();
}

address.addEventListener('change', ({detail: changed}) => {
  if (changed.has('incident')) showMatter();
  if (placed(changed)) load();
  else if (filtered(changed)) {
    mirror();
    inbox.lanes(drill.here?.lanes ?? {});
    inbox.load().then(() => inbox.table.choose(address.get('incident'))).catch(fail);
    if (changed.has('officer')) drill.points(card.id).catch(fail);
  }
});

function showMatter() {
  const id = address.get('incident');
  document.body.classList.toggle('with-card', Boolean(id));
  inbox.table.choose(id);
  if (id) card.load(id, {focus: false});
  else {
    card.clear();
    drill.map.point(null);
    inbox.table.find(inbox.table.chosen ?? '')?.focus();
  }
}

function walk(by) {
  const row = inbox.table.move(by);
  if (row && card.id) address.set({incident: String(row.id)}, {replace: true});
}

for (const tab of document.querySelectorAll('#side-tabs [role=tab]')) {
  tab.addEventListener('click', () => side(tab));
  tab.addEventListener('keydown', event => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    const other = event.key === 'ArrowRight' ? tab.nextElementSibling ?? tab.parentElement.firstElementChild : tab.previousElementSibling ?? tab.parentElement.lastElementChild;
    side(other);
    other.focus();
  });
}

function side(chosen) {
  for (const tab of chosen.parentElement.children) {
    tab.setAttribute('aria-selected', String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = tab !== chosen;
  }
}

byId('lanes').addEventListener('keydown', event => {
  const step = {ArrowRight: 'nextElementSibling', ArrowLeft: 'previousElementSibling'}[event.key];
  const next = step && event.target.closest('[role=tab]')?.[step];
  if (!next) return;
  next.focus();
  next.click();
});
byId('up').addEventListener('click', () => drill.up());
byId('lost-home').addEventListener('click', () => address.set(Object.fromEntries(['area', 'building', 'house', 'incident', ...FILTERS].map(name => [name, null]))));
byId('sheet').addEventListener('click', () => document.body.classList.toggle('with-side'));

new Keys({
  j: () => walk(1), k: () => walk(-1), ArrowDown: () => walk(1), ArrowUp: () => walk(-1), Enter: () => inbox.table.chosen && openMatter(inbox.table.chosen),
  Escape: () => (document.body.classList.contains('with-side') ? document.body.classList.remove('with-side') : card.id && closeMatter()),
  '/': () => byId('search').select(), v: () => card.act('verify'), a: () => card.act('dispatch', 'transfer', 'accept'), d: () => card.act('dispatch', 'transfer'),
  c: () => card.act('close', 'check'), u: () => card.act('urge'), m: () => card.act('merge', 'absorb'), p: () => card.id && byId('detail').querySelector('[data-print]').click(),
  r: () => card.act('return'), f: () => refresh(0), up: () => drill.up(), lane: index => byId('lanes').children[index]?.click(),
});

if (address.get('incident')) showMatter();
load();
