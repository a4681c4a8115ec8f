// Statistics: service and control, by class, tier, month and area; the ranking, and what is behind each score.
import {bars} from './bars.js';
import {api, byId, make, moment, notify, number, query, quiet, t, told} from './common.js';
import {showScore} from './score.js';
import {Table} from './table.js';

const PERIODS = ['today', 'this_week', 'this_month', 'this_quarter', 'this_year', 'month'];
const TABS = ['classes', 'areas', 'months', 'tiers', 'ranking'];
const KINDS = ['grid', 'officer', 'community', 'street'];
const REFRESH_MS = 10000;
const asked = new URLSearchParams(location.search);
const state = {
  period: asked.get('period') ?? 'this_month', area: asked.get('area'), scheme: asked.get('scheme') ?? 'base',
  tab: TABS.includes(asked.get('tab')) ? asked.get('tab') : 'classes', by: KINDS.includes(asked.get('by')) ? asked.get('by') : 'street',
};
let found = null;
let table = null;
let turn = 0;

const share = value => (value === null || value === undefined ? '—' : `${value.toFixed(2)} %`);
const nameOf = row => (told.lang === 'en' && row.name_en) || row.name;

function remember(push) {
  const address = `?${query({...state, tab: state.tab, by: state.tab === 'ranking' ? state.by : null})}`;
  if (push && address !== location.search) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}

function choose(change) {
  Object.assign(state, change);
  remember(true);
  load();
}

function segments(host, entries, chosen, pick, role = 'aria-pressed') {
  host.replaceChildren(...entries.map(([key, words]) => make('button', {
    type: 'button', 'data-key': key, [role]: String(key === chosen), role: role === 'aria-selected' ? 'tab' : null, text: words, onclick: () => pick(key),
  })));
}

function figure(kind, title, value, unit, note) {
  return make('div', {class: `figure ${kind}`, 'data-figure': kind}, make('h3', {text: title}), make('b', {}, value, unit ? make('small', {text: unit}) : null), make('p', {text: note, title: note}));
}

function showFigures({total, kinds}) {
  const [service, control] = kinds;
  const kind = (name, row) => figure(name, t(`statistics.kind_${name}`), number(row.count), share(row.share_percent),
    t('statistics.solved_of', {solved: number(row.solved), rate: share(row.solved_percent)}));
  byId('figures').replaceChildren(
    figure('total', t('statistics.count'), number(total.count), '', t('statistics.still_open', {open: number(total.open), overdue: number(total.overdue)})),
    figure('solved', t('statistics.solved_percent'), share(total.solved_percent), '', t('statistics.solved_note', {solved: number(total.solved), count: number(total.count)})),
    figure('on-time', t('statistics.on_time_percent'), share(total.on_time_percent), '',
      t('statistics.on_time_note', {on_time: number(total.on_time), late: number(total.late), overdue: number(total.overdue)})),
    kind('service', service), kind('control', control));
}

function showCharts({classes, tiers}) {
  byId('legend').replaceChildren(...['service', 'control'].map(kind => make('span', {}, make('i', {class: kind}), t(`statistics.kind_${kind}`))));
  const part = (kind, value, words) => ({kind, value, title: `${words} ${number(value)}`});
  bars(byId('bars'), classes.map(row => ({
    name: nameOf(row), note: `${number(row.count)} · ${share(row.solved_percent)}`,
    parts: [part('service', row.service, `${nameOf(row)} ${t('statistics.kind_service')}`), part('control', row.control, `${nameOf(row)} ${t('statistics.kind_control')}`)],
  })), {label: t('statistics.by_class')});
  const solved = tiers.reduce((sum, row) => sum + row.solved, 0);
  bars(byId('tiers'), tiers.map((row, index) => ({
    name: t(`statistics.tier_${row.tier}`), note: `${number(row.solved)} · ${share(row.share_percent)}`,
    parts: [part(`t${index}`, row.solved, t(`statistics.tier_${row.tier}`)), part('rest', solved - row.solved, t('statistics.elsewhere'))],
  })), {label: t('statistics.by_tier'), whole: true});
}

const measure = key => ({key, title: t(`statistics.${key}`), number: true, value: row => row[key], show: row => (key.endsWith('_percent') ? share(row[key]) : number(row[key]))});
const MEASURES = ['count', 'share_percent', 'solved', 'solved_percent', 'open', 'overdue', 'on_time_percent'];

function columnsOf(tab) {
  const text = (key, show) => ({key, title: t(`statistics.${key}`), show});
  if (tab === 'classes') return [text('name', nameOf), ...MEASURES.map(measure)];
  if (tab === 'months') return [text('month'), ...MEASURES.map(measure)];
  if (tab === 'tiers') return [text('tier', row => t(`statistics.tier_${row.tier}`)), ...['solved', 'share_percent', 'up_to_percent'].map(measure)];
  if (tab === 'areas') return [text('name', row => [make('button', {type: 'button', class: 'drill', text: row.name, onclick: () => choose({area: row.code})}), make('div', {class: 'small', text: row.code})]), ...MEASURES.map(measure)];
  return [
    {key: 'rank', title: t('statistics.rank'), number: true, show: row => number(row.rank)},
    text('name', row => [row.name, make('div', {class: 'small', text: row.code})]),
    {key: 'score', title: t('statistics.score'), number: true, show: row => (row.score === null ? '—' : [make('span', {class: 'meter'}, make('i', {style: `width:${row.score}%`})), row.score.toFixed(2)])},
    {key: 'stars', title: t('statistics.stars'), show: row => make('span', {class: 'stars', 'aria-label': number(row.stars), text: row.stars ? '★'.repeat(row.stars) : '—'})},
    measure('reported'), measure('solved'),
    {key: 'on_time_rate', title: t('statistics.on_time_percent'), number: true, show: row => share(row.on_time_rate === null ? null : row.on_time_rate * 100)},
    measure('overdue'),
    {key: 'comparable', title: t('statistics.comparable'), show: row => (row.comparable === 'ground' ? t('statistics.by_ground') : '')},
  ];
}

function makeTable() {
  const tab = state.tab;
  const opens = tab === 'ranking' ? row => showScore(byId('opened'), state, row) : undefined;
  table = new Table({host: byId('table'), label: t(`statistics.tab_${tab}`), empty: t('statistics.nothing'), columns: columnsOf(tab), open: opens, key: row => row.code ?? row.month ?? row.tier});
}

function showTabs() {
  segments(byId('tabs'), TABS.map(tab => [tab, t(`statistics.tab_${tab}`)]), state.tab, tab => {
    state.tab = tab;
    remember(true);
    showTabs();
    makeTable();
    load();
  }, 'aria-selected');
  byId('kinds').className = state.tab === 'ranking' ? 'segments' : '';
  segments(byId('kinds'), state.tab === 'ranking' ? KINDS.map(kind => [kind, t(`statistics.by_${kind}`)]) : [], state.by, by => choose({by}));
  for (const format of ['csv', 'xlsx']) {
    byId(format).href = `/api/statistics/export?${query({table: state.tab, format, period: state.period, area: state.area, scheme: state.scheme, by: state.tab === 'ranking' ? state.by : null, lang: told.lang})}`;
  }
}

function showChoice() {
  segments(byId('periods'), PERIODS.map(key => [key, t(`statistics.period_${key}`)]), state.period, period => choose({period}));
  byId('month').value = /^\d{4}-\d\d$/.test(state.period) ? state.period : '';
  const {area} = found ?? {area: {path: []}};
  byId('path').replaceChildren(...[{code: null, name: t('statistics.everything')}, ...area.path].map((step, index, all) => (index === all.length - 1
    ? make('b', {text: step.name}) : [make('button', {type: 'button', text: step.name, onclick: () => choose({area: step.code})}), ' › '])).flat());
  if (found) byId('span').textContent = t('statistics.span', {first: found.first_day, last: found.last_day, now: moment(new Date())});
}

async function load() {
  const mine = ++turn;
  showTabs();
  try {
    const common = {period: state.period, scheme: state.scheme};
    const [figures, ranking] = await Promise.all([
      api(`/api/statistics?${query({...common, area: state.area})}`),
      state.tab === 'ranking' ? api(`/api/ranking?${query({...common, by: state.by, limit: 500})}`) : null,
    ]);
    if (mine !== turn) return;
    found = figures;
    showChoice();
    showFigures(found);
    showCharts(found);
    table.show(ranking ? ranking.rows : found[state.tab]);
    notify();
  } catch (problem) {
    if (mine !== turn) return;
    notify(problem.message);
    if (!found) byId('table').replaceChildren(quiet('desk.failed'));
  }
}

byId('month').addEventListener('change', event => event.target.value && choose({period: event.target.value}));
addEventListener('popstate', () => {
  const now = new URLSearchParams(location.search);
  Object.assign(state, {period: now.get('period') ?? 'this_month', area: now.get('area'), tab: now.get('tab') ?? 'classes', by: now.get('by') ?? 'street'});
  makeTable();
  load();
});
addEventListener('resize', () => found && showCharts(found));
remember(false);
showChoice();
makeTable();
load();
// The ranking moves by itself; a page that nobody sees asks nothing.
setInterval(() => document.hidden || load(), REFRESH_MS);
