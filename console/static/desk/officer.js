// An officer's own matters on a phone, the nearest deadline first.
import {readIncident} from './card.js';
import {clocks} from './clocks.js';
import {api, byId, make, moment, named, notify, number, quiet, t} from './common.js';
import {Live} from './live.js';
import {Steps} from './steps.js';

const host = byId('mine');
const live = new Live({onIncident: () => refresh(), onResync: () => load()});
host.replaceChildren(quiet('desk.loading'));
// What was opened stays open when the list is read anew.
const expanded = new Set();

async function load() {
  try {
    const found = await api('/api/desk/mine');
    byId('total').textContent = t('officer.total', {count: number(found.rows.length)});
    host.replaceChildren(...(found.rows.length ? found.rows.map(matter) : [quiet('officer.none')]));
    live.start(`${found.epoch}-${found.sequence}`);
  } catch (problem) {
    if (!host.querySelector('article')) host.replaceChildren(make('p', {class: 'quiet', text: problem.message}));
    notify(problem.message);
    if (problem.status === 0 || problem.status === 503) setTimeout(load, 3000);
  }
}

function matter(row) {
  const late = row.deadline_at && !row.suspended_at && new Date(row.deadline_at) < new Date();
  const more = make('div');
  const open = make('button', {type: 'button', class: 'primary wide', 'data-expand': true, text: t('officer.handle'), 'aria-expanded': 'false', onclick: () => expand()});

  async function expand() {
    expanded.add(row.id);
    open.disabled = true;
    try {
      const incident = await readIncident(row.id);
      more.replaceChildren(
        incident.text === row.text ? '' : make('p', {text: incident.text}),
        incident.address ? make('p', {class: 'small', text: incident.address}) : '',
        new Steps(incident, {done: () => { notify(t('officer.done'), true); load(); }, refused: () => expand()}).host);
      open.hidden = true;
    } catch (problem) {
      notify(problem.message);
      open.disabled = false;
    }
  }
  if (expanded.has(row.id)) expand();
  return make('article', {class: late ? 'card overdue' : 'card', 'data-id': row.id},
    make('p', {class: 'tags'}, make('span', {class: 'tag', text: named('class', row.class)}), make('span', {class: 'tag', text: named('state', row.state)}),
      row.urgency >= 2 && make('span', {class: `tag u${row.urgency}`, text: named('urgency', row.urgency)})),
    make('h2', {text: row.text || t('desk.incident', {id: row.id})}),
    make('p', {class: 'small', text: [row.area_name, moment(row.at)].filter(Boolean).join(' · ')}),
    clocks(row, true),
    open, more);
}

let waiting = null;

function refresh() {
  // A form that is being filled in is not taken away.
  waiting ??= setTimeout(() => {
    waiting = null;
    if (!host.querySelector('.step-form')) load();
  }, 1500);
}
load();
