// The rehearsal: what a draft would have meant for the past year; figures, both maps, tables to take away.
import {api, byId, make, moment, notify, number, query, t, told} from './common.js';
import {BeforeAfter} from './rehearsal_map.js';
import {columnsOf, rowsOf, TABS} from './rehearsal_tables.js';
import {Table} from './table.js';

const ASK_MS = 600;
const ASSUMED = [1, 2, 3, 4, 5];
const asked = new URLSearchParams(location.search);
const state = {draft: asked.get('draft'), tab: TABS.includes(asked.get('tab')) ? asked.get('tab') : 'flows'};
const map = new BeforeAfter(byId('map'), byId('swipe'), key => choose(key));
let found = null;
let table = null;
let turn = 0;

const share = value => (value === null || value === undefined ? '—' : `${value.toFixed(2)} %`);
const fine = value => (value === null || value === undefined ? '—' : value.toFixed(3));
const day = value => new Intl.DateTimeFormat('sv-SE', {timeZone: told.time_zone}).format(new Date(value));

function remember() {
  history.replaceState(null, '', `?${query({draft: state.draft, tab: state.tab})}`);
}

function choose(key) {
  if (state.tab !== 'areas') pick('areas');
  table.choose(key);
  table.find(key)?.scrollIntoView({block: 'nearest'});
}

/** Before and after; `good` says which way is better. */
function change(before, after, show, good) {
  const gain = before === null || after === null ? 0 : Math.sign(after - before) * good;
  return [show(before), make('i', {text: ' → '}), make('span', {class: gain > 0 ? 'better' : gain < 0 ? 'worse' : '', text: show(after)})];
}

function figure(kind, title, value, ...notes) {
  return make('div', {class: `figure ${kind}`, 'data-figure': kind}, make('h3', {text: title}), make('b', {}, ...[value].flat()), ...notes.map(words => make('p', {text: words})));
}

function showFigures({totals, gini, on_time: rate, codes, plates}) {
  byId('figures').replaceChildren(
    figure('people', t('rehearsal.residents_move'), number(totals.residents), t('rehearsal.of_homes', {households: number(totals.households), addresses: number(totals.addresses), buildings: number(totals.buildings)})),
    figure('open', t('rehearsal.open_move'), number(found.matters.total), t('rehearsal.of_year', {count: number(totals.year_incidents), moved: number(totals.incidents)})),
    figure('fair', t('rehearsal.fairer'), change(gini.officers_before, gini.officers_after, fine, -1), t('rehearsal.fairer_note', {posted: fine(gini.officers_after_posted)})),
    figure('time', t('rehearsal.in_time'), change(rate.before_percent, rate.after_percent, share, 1), t('rehearsal.in_time_note', {count: number(rate.by_other_officers)})),
    figure('make', t('rehearsal.to_make'), `${number(codes.length)} / ${number(plates.grids.length + plates.houses + plates.buildings)}`, t('rehearsal.to_make_note', {grids: number(plates.grids.length), houses: number(plates.houses), buildings: number(plates.buildings)})));
}

function showFairness({gini, on_time: rate}) {
  const line = (key, before, after, show, good) => make('tr', {'data-key': key}, make('td', {text: t(`rehearsal.${key}`)}), make('td', {class: 'number', text: show(before)}), make('td', {class: 'number'}, change(before, after, show, good).at(-1)));
  byId('fairness').replaceChildren(make('table', {'aria-label': t('rehearsal.fairness')},
    make('thead', {}, make('tr', {}, ...['', t('rehearsal.before'), t('rehearsal.after')].map((words, place) => make('th', {scope: 'col', class: place ? 'number' : null}, make('span', {text: words, class: 'head'}))))),
    make('tbody', {}, line('gini_officers', gini.officers_before, gini.officers_after, fine, -1), line('gini_posted', gini.officers_before, gini.officers_after_posted, fine, -1),
      line('gini_incidents', gini.incidents_before, gini.incidents_after, fine, -1), line('gini_residents', gini.residents_before, gini.residents_after, fine, -1), line('on_time', rate.before_percent, rate.after_percent, share, 1))));
  byId('assumed').replaceChildren(...ASSUMED.map(place => make('li', {text: t(`rehearsal.assumed_${place}`)})));
}

function note() {
  if (state.tab === 'plates') return t('rehearsal.plates_note');
  if (state.tab === 'codes') return t('rehearsal.codes_note');
  if (state.tab === 'matters' && found.matters.total > found.matters.rows.length) return t('rehearsal.first_matters', {total: number(found.matters.total), count: number(found.matters.rows.length)});
  return '';
}

function showTable() {
  byId('tabs').replaceChildren(...TABS.map(tab => make('button', {type: 'button', role: 'tab', 'data-key': tab, 'aria-selected': String(tab === state.tab), onclick: () => pick(tab)},
    t(`rehearsal.table_${tab}`), make('b', {text: number(rowsOf(found, tab).length)}))));
  for (const format of ['csv', 'xlsx']) byId(format).href = `/api/drafts/${state.draft}/rehearsal/export?${query({table: state.tab, format})}`;
  byId('note').textContent = note();
  const open = state.tab === 'matters' ? row => window.open(`/street?incident=${row.id}`) : undefined;
  table = new Table({host: byId('table'), label: t(`rehearsal.table_${state.tab}`), empty: t(state.tab === 'flows' ? 'rehearsal.nothing_flows' : 'rehearsal.nothing'), columns: columnsOf(state.tab), open, key: row => row.id ?? row.key ?? row.code ?? `${row.from}>${row.to}`});
  table.show(rowsOf(found, state.tab));
}

function pick(tab) {
  state.tab = tab;
  remember();
  showTable();
}

function show(answer) {
  found = answer.rehearsal;
  byId('span').textContent = t('rehearsal.span', {since: day(found.since), until: day(found.until), version: found.draft.version});
  byId('stage').textContent = t('rehearsal.took', {seconds: found.seconds});
  byId('pdf').href = `/api/drafts/${state.draft}/rehearsal.pdf`;
  for (const part of document.querySelectorAll('main > [hidden], #again, #pdf')) part.hidden = false;
  showFigures(found);
  showFairness(found);
  map.show(found.map, new Map(found.areas.map(row => [row.key, row.name])));
  showTable();
}

async function follow(mine) {
  const answer = await api(`/api/drafts/${state.draft}/rehearsal`);
  if (mine !== turn) return;
  byId('progress').hidden = answer.state !== 'running';
  if (answer.state === 'ready') return void show(answer);
  if (answer.state === 'failed') {
    byId('stage').textContent = '';
    byId('again').hidden = false;
    notify(t('rehearsal.failed', {why: answer.problem}));
    return;
  }
  // Somebody has changed the draft meanwhile: its new version is rehearsed.
  if (answer.state === 'none') await api(`/api/drafts/${state.draft}/rehearsal`, {send: {}});
  byId('progress').value = (answer.done ?? 0) / (answer.total ?? 1);
  byId('stage').textContent = t('rehearsal.running', {stage: t(`rehearsal.stage_${answer.what ?? 'areas'}`), done: answer.done ?? 0, total: answer.total ?? 0});
  setTimeout(() => follow(mine).catch(problem => notify(problem.message)), ASK_MS);
}

async function rehearse(anew = false) {
  const mine = ++turn;
  notify();
  byId('back').href = `/planner?${query({draft: state.draft})}`;
  try {
    await api(`/api/drafts/${state.draft}/rehearsal${anew ? '?anew=1' : ''}`, {send: {}});
    await follow(mine);
  } catch (problem) {
    if (mine === turn) notify(problem.message);
  }
}

async function start() {
  const drafts = await api('/api/drafts');
  const option = one => make('option', {value: one.id, text: `${one.name} · ${one.owner?.name ?? one.owner ?? ''} · ${moment(one.changed_at)}`, selected: String(one.id) === state.draft});
  byId('draft').replaceChildren(...drafts.map(option));
  if (!drafts.length && !state.draft) return notify(t('rehearsal.no_drafts'));
  state.draft ??= String(drafts[0].id);
  byId('draft').value = state.draft;
  remember();
  return rehearse();
}

byId('draft').addEventListener('change', event => {
  state.draft = event.target.value;
  remember();
  rehearse();
});
byId('again').addEventListener('click', () => rehearse(true));
start().catch(problem => notify(problem.message));
