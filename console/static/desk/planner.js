// The planner: the grids as they stand, the health of the coverage, people and load.
import {api, byId, make, notify, number, quiet, t} from './common.js';
import {GridMap} from './map.js';
import {Table} from './table.js';

const MEASURES = {
  open: row => row.open, actual: row => row.actual, per_officer: row => (row.officers ? Math.round(row.actual / row.officers) : null),
  area: row => row.area_m2,
};
const map = new GridMap(byId('map'), {choose: code => select(code), label: t('planner.map')});
const grids = new Table({
  host: byId('grids'), label: t('planner.grids'), empty: t('planner.no_grids'), key: row => row.code, open: row => select(row.code),
  columns: [
    {key: 'name', title: t('planner.grid'), show: row => [row.name, make('div', {class: 'small', text: row.code})]},
    {key: 'registered', title: t('planner.registered'), number: true, show: row => number(row.registered), style: 'less'},
    {key: 'actual', title: t('planner.actual'), number: true, show: row => number(row.actual)},
    {key: 'officers', title: t('planner.officers'), number: true, show: row => make('span', {class: row.officers ? '' : 'late', text: number(row.officers)})},
    {key: 'per_officer', title: t('planner.per_officer'), number: true, value: MEASURES.per_officer, show: row => number(MEASURES.per_officer(row)), style: 'less'},
    {key: 'open', title: t('desk.open'), number: true, show: row => number(row.open)},
    {key: 'area_m2', title: t('planner.hectares'), number: true, show: row => number((row.area_m2 / 10000).toFixed(1))},
  ],
});
let rows = [];

function select(code) {
  grids.choose(code);
  map.choose(code);
  byId('grids').querySelector('[aria-selected="true"]')?.scrollIntoView({block: 'nearest'});
}

function paint() {
  const value = MEASURES[byId('measure').value];
  const legend = map.paint(new Map(rows.map(row => [row.code, {value: value(row), name: row.name}])), number);
  byId('legend').replaceChildren(...legend.map(([colour, words]) => make('span', {}, make('i', {style: `background:${colour}`}), words)));
}

async function showHealth(scheme) {
  const host = byId('health');
  host.replaceChildren(quiet('planner.examining'));
  const health = await api(`/api/desk/coverage?scheme=${encodeURIComponent(scheme)}`);
  const counts = make('dl', {class: 'counts'}, ...[['areas', health.areas], ...Object.entries(health.counts)].map(([kind, count]) => make('div', {},
    make('dt', {text: t(`planner.count_${kind}`)}), make('dd', {class: count && kind !== 'areas' ? 'late' : '', text: number(count)}))));
  const faults = make('ul', {}, ...health.faults.slice(0, 50).map(fault => make('li', {}, make('button', {
    type: 'button', class: 'plain', onclick: () => map.fly(fault.lon, fault.lat),
    text: t(`planner.fault_${fault.kind}`, {codes: fault.codes.join('、'), area: number(fault.area_m2), lon: fault.lon.toFixed(6), lat: fault.lat.toFixed(6)}),
  }))));
  host.replaceChildren(make('p', {class: `verdict ${health.valid ? 'good' : 'bad'}`, text: t(health.valid ? 'planner.valid' : 'planner.not_valid')}), counts, faults);
  map.mark(health.faults);
}

async function load() {
  const scheme = byId('scheme').value;
  try {
    const [shapes, found] = await Promise.all([api(`/api/desk/shapes?scheme=${scheme}`), api(`/api/desk/grids?scheme=${scheme}`)]);
    rows = found;
    map.draw(shapes);
    paint();
    grids.show(rows);
    byId('total').textContent = t('planner.total', {count: number(rows.length)});
    await showHealth(scheme);
    notify();
  } catch (problem) {
    notify(problem.message);
    if (!rows.length) grids.fail(t('desk.failed'));
    setTimeout(load, 5000);
  }
}

async function start() {
  const asked = new URLSearchParams(location.search).get('scheme') ?? 'base';
  byId('measure').append(...Object.keys(MEASURES).map(key => make('option', {value: key, text: t(`planner.by_${key}`)})));
  try {
    const {schemes} = await api('/api/wall/start');
    byId('scheme').append(...schemes.map(scheme => make('option', {value: scheme.code, text: t(`desk.scheme_${scheme.code}`, {otherwise: scheme.name}), selected: scheme.code === asked})));
  } catch (problem) {
    notify(problem.message);
    setTimeout(start, 5000);
    return;
  }
  load();
}

byId('scheme').addEventListener('change', load);
byId('measure').addEventListener('change', paint);
start();
