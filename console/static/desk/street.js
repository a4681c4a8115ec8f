// The street centre: areas downwards, the matters in them, one matter in full.
import {Card} from './card.js';
import {api, byId, deadline, make, moment, named, notify, number, query, t, told} from './common.js';
import {Live} from './live.js';
import {Table} from './table.js';

const filters = byId('filters');
let people = [];
let area = new URLSearchParams(location.search).get('area');
let reload;

const under = new Table({
  host: byId('under'), label: t('street.areas'), empty: t('street.no_children'), key: row => row.code, open: row => go(row.code),
  columns: [{key: 'name', title: t('street.area')}, {key: 'open', title: t('desk.open'), number: true, show: row => number(row.open)},
    {key: 'overdue', title: t('desk.overdue'), number: true, show: row => make('span', {class: row.overdue ? 'late' : '', text: number(row.overdue)})}],
});
const duty = new Table({
  host: byId('duty'), label: t('street.duty'), empty: t('street.nobody'), key: row => row.id,
  columns: [{key: 'name', title: t('street.officer'), show: row => [row.name, make('div', {class: 'small', text: row.areas})]},
    {key: 'role', title: t('street.role'), show: row => named('role', row.role), value: row => named('role', row.role), style: 'nowrap'},
    {key: 'open', title: t('desk.open'), number: true, show: row => number(row.open)}],
});
const matters = new Table({
  host: byId('matters'), label: t('street.matters'), empty: t('street.no_matters'), open: row => card.open(row.id, row),
  columns: [
    {key: 'id', title: t('desk.number'), number: true, style: 'less wide-only'},
    {key: 'at', title: t('desk.received'), show: row => moment(row.at), style: 'nowrap'},
    {key: 'text', title: t('desk.text'), style: 'words', show: row => [row.urgency >= 2 && make('span', {class: `tag u${row.urgency}`, text: named('urgency', row.urgency)}), row.urgency >= 2 && ' ', row.text || '—']},
    {key: 'class', title: t('desk.class'), show: row => named('class', row.class), value: row => named('class', row.class), style: 'nowrap less wide-only'},
    {key: 'state', title: t('desk.state'), show: row => named('state', row.state), value: row => told.states.indexOf(row.state), style: 'nowrap'},
    {key: 'area_name', title: t('street.area'), style: 'nowrap less'},
    {key: 'officer', title: t('street.officer'), style: 'nowrap less'},
    {key: 'deadline_at', title: t('desk.deadline'), show: deadline, style: 'nowrap'},
  ],
});
const card = new Card(byId('detail'), {people: () => people, changed: () => refresh()});
const live = new Live({onIncident, onResync: () => load()});

function option(value, text) {
  return make('option', {value, text});
}

filters.state.append(...['open', 'overdue', ...told.states, 'all'].map(state => option(state, t(`street.state_${state}`, {otherwise: named('state', state)}))));
const classes = Object.keys(told.texts).filter(key => key.startsWith('class.'));

async function start() {
  const {classes: known} = await api('/api/wall/start').catch(() => ({classes: classes.map((key, rank) => ({code: key.slice(6), rank}))}));
  filters.class.append(option('', t('street.class_any')), ...known.map(one => option(one.rank, named('class', one.code))));
  await load();
}

async function loadAreas() {
  const here = await api(`/api/desk/areas?${query({area})}`);
  byId('path').replaceChildren(...here.path.flatMap((step, index) => {
    const count = step.open === null ? null : make('span', {class: 'count', text: number(step.open)});
    const last = step.code === here.code;
    const name = last ? make('b', {'aria-current': 'location', text: step.name}) : make('button', {type: 'button', text: step.name, onclick: () => go(step.code)});
    return [index ? '›' : null, name, count].filter(Boolean);
  }));
  under.show(here.children);
  return here.code;
}

async function loadDuty(code) {
  const found = await api(`/api/desk/duty?${query({area: code})}`);
  people = found.rows;
  duty.show(found.rows);
  byId('duty-title').textContent = t('street.duty_count', {on: number(found.on_shift), total: number(found.total)});
}

async function loadMatters() {
  const wanted = {area, state: filters.state.value, class: filters.class.value, q: filters.q.value.trim()};
  const found = await api(`/api/desk/incidents?${query(wanted)}`);
  matters.show(found.rows);
  matters.choose(card.id);
  byId('total').textContent = t(found.rows.length < found.total ? 'street.some' : 'street.all', {shown: number(found.rows.length), total: number(found.total)});
  return `${found.epoch}-${found.sequence}`;
}

async function load() {
  try {
    const [after, code] = await Promise.all([loadMatters(), loadAreas()]);
    await loadDuty(code);
    notify();
    live.start(after);
  } catch (problem) {
    fail(problem);
  }
}

function fail(problem) {
  notify(problem.message);
  for (const table of [matters, under, duty]) if (!table.rows.length) table.fail(t('desk.failed'));
  clearTimeout(reload);
  if (problem.status === 0 || problem.status === 503) reload = setTimeout(load, 3000);
}

function onIncident(event) {
  matters.fresh.add(String(event.id));
  if (event.id === card.id) card.open(card.id);
  refresh();
}

let waiting = null;

/** Reads anew what the filters show, at most once a second however much comes in. */
function refresh() {
  waiting ??= setTimeout(async () => {
    waiting = null;
    try {
      await Promise.all([loadMatters(), loadAreas()]);
      notify(byId('notice').classList.contains('good') ? byId('notice').textContent : null, true);
    } catch (problem) {
      fail(problem);
    }
  }, 1000);
}

function go(code) {
  area = code;
  history.replaceState(null, '', `?${query({area})}`);
  load();
}

let typing;
filters.addEventListener('submit', event => event.preventDefault());
filters.addEventListener('input', event => {
  clearTimeout(typing);
  typing = setTimeout(() => loadMatters().catch(fail), event.target === filters.q ? 250 : 0);
});
start();
