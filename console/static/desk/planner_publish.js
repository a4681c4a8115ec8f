// Publication: what it will do, which postings are to be decided, and the word that puts it in force.
import {make, number, quiet, t} from './common.js';
import {openDialog} from './planner_dialog.js';

const MOST = 20;

function figures(plan) {
  const counts = {mint: plan.codes.length, end: plan.ended.length, change: plan.changed.length, incidents: plan.open_incidents, addresses: plan.addresses, buildings: plan.buildings};
  return make('dl', {class: 'counts'}, ...Object.entries(counts).map(([key, count]) => make('div', {}, make('dt', {text: t(`planner.publish_${key}`)}), make('dd', {text: number(count)}))));
}

/** A posting of an area that ends: to which of those that take its ground it goes. */
function duty({id, officer, role, area, choices, proposed}) {
  const select = make('select', {'data-duty': id, 'aria-label': officer.name}, make('option', {value: '', text: t('planner.choose')}),
    ...choices.map(({key, name}) => make('option', {value: key, text: name, selected: key === proposed})), make('option', {value: '-', text: t('planner.duty_ends')}));
  return make('li', {}, make('span', {}, make('b', {text: officer.name}), ' ', make('span', {class: 'small', text: `${t(`role.${role}`, {otherwise: role})} · ${area.name}`})), select);
}

function section(title, rows, style = '') {
  return rows.length ? [make('h3', {class: style, text: title}), make('ul', {class: 'faults'}, ...rows)] : [];
}

function fill(body, plan) {
  const {codes, faults, violations, duties} = plan;
  const blocking = violations.filter(one => one.blocks);
  body.replaceChildren(make('p', {text: t('planner.publish_note')}), figures(plan),
    ...(codes.length ? [make('h3', {text: t('planner.codes_to_mint')}), make('ul', {class: 'codes'}, ...codes.map(({key, code}) => make('li', {text: `${key} → ${code}`})))] : []),
    ...section(t('planner.publish_faults'), faults.map(one => make('li', {text: one.message})), 'late'),
    ...section(t('planner.rules_block', {count: number(blocking.length)}), blocking.slice(0, MOST).map(one => make('li', {text: `${one.name}：${one.message}`})), 'late'),
    ...(duties.length ? [make('h3', {text: t('planner.duties')}), make('ul', {class: 'duties'}, ...duties.map(duty))] : []),
    violations.length > blocking.length ? make('p', {class: 'small', text: t('planner.rules_failed', {count: number(violations.length - blocking.length)})}) : '');
}

export async function publishDialog(session, done) {
  const body = make('div', {class: 'publication'}, quiet('desk.loading'));
  const publish = async () => {
    const selects = [...body.querySelectorAll('[data-duty]')];
    const missing = selects.find(one => !one.value);
    if (missing) {
      missing.focus();
      throw new Error(t('planner.duties_missing'));
    }
    await session.change('/publish', {duties: Object.fromEntries(selects.map(one => [one.dataset.duty, one.value === '-' ? null : one.value]))});
    await done();
  };
  const shown = openDialog({title: t('planner.publish_title', {name: session.draft.name}), wide: true, body, actions: [[t('desk.cancel'), () => true], [t('planner.publish_now'), publish, true]]});
  const button = shown.form.querySelector('.primary');
  button.disabled = true;
  try {
    const plan = await session.get('/publication');
    fill(body, plan);
    button.disabled = !plan.publishable;
  } catch (problem) {
    shown.say(problem.message);
    body.replaceChildren();
  }
}
