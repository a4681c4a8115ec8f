// Publication: what it will do, which duties are to be decided, and the word that puts it in force.
import {make, number, quiet, t} from './common.js';
import {openDialog} from './planner_dialog.js';

function figures(plan) {
  const counts = {mint: plan.codes?.length ?? plan.mint?.length ?? 0, end: plan.ended?.length ?? 0, change: plan.changed?.length ?? plan.changed ?? 0, incidents: plan.open_incidents, addresses: plan.addresses};
  return make('dl', {class: 'counts'}, ...Object.entries(counts).filter(([, count]) => count !== undefined).map(([key, count]) => make('div', {}, make('dt', {text: t(`planner.publish_${key}`)}), make('dd', {text: typeof count === 'number' ? number(count) : String(count)}))));
}

function duty(one, choices) {
  const select = make('select', {name: `duty-${one.id}`, required: true, 'data-duty': one.id}, make('option', {value: '', text: t('planner.choose')}),
    ...(one.choices ?? choices).map(choice => make('option', {value: choice.key ?? choice.code ?? choice, text: choice.name ?? choice.key ?? choice, selected: (choice.key ?? choice) === one.proposed})), make('option', {value: '-', text: t('planner.duty_ends')}));
  return make('li', {}, make('span', {}, make('b', {text: one.officer?.name ?? one.name ?? ''}), make('span', {class: 'small', text: [t(`role.${one.role}`, {otherwise: one.role ?? ''}), one.area?.name ?? one.code].filter(Boolean).join(' · ')})), select);
}

export async function publishDialog(session, done) {
  const body = make('div', {class: 'publication'}, quiet('desk.loading'));
  let plan = null;
  const shown = openDialog({
    title: t('planner.publish_title', {name: session.draft.name}), wide: true, body,
    actions: [[t('desk.cancel'), () => true], [t('planner.publish_now'), async () => {
      if (!plan) return false;
      const selects = [...body.querySelectorAll('[data-duty]')];
      const missing = selects.find(one => !one.value);
      if (missing) {
        missing.focus();
        throw new Error(t('planner.duties_missing'));
      }
      await session.change('/publish', {duties: Object.fromEntries(selects.map(one => [one.dataset.duty, one.value === '-' ? null : one.value]))});
      await done();
      return true;
    }, true]],
  });
  try {
    plan = await session.get('/publication');
    const failed = plan.violations ?? plan.rules_failed ?? [];
    const duties = plan.duties ?? [];
    body.replaceChildren(make('p', {text: t('planner.publish_note')}), figures(plan),
      ...(plan.codes?.length ? [make('h3', {text: t('planner.codes_to_mint')}), make('ul', {class: 'codes'}, ...plan.codes.map(one => make('li', {text: typeof one === 'string' ? one : `${one.key} → ${one.code}`})))] : []),
      ...(failed.length ? [make('h3', {class: 'late', text: t('planner.rules_failed', {count: number(failed.length)})}), make('ul', {class: 'faults'}, ...failed.slice(0, 20).map(one => make('li', {text: [one.name, one.message].filter(Boolean).join('：')})))] : []),
      ...(duties.length ? [make('h3', {text: t('planner.duties')}), make('ul', {class: 'duties'}, ...duties.map(one => duty(one, plan.areas ?? [])))] : []));
  } catch (problem) {
    shown.say(problem.message);
    body.replaceChildren();
  }
}
