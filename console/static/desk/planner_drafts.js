// Drafts: those that are there, a new one, another name, giving one up.
import {api, make, moment, number, quiet, t} from './common.js';
import {field, openDialog} from './planner_dialog.js';
import {Session} from './planner_session.js';

const STATES = ['open', 'published', 'abandoned'];

function line(draft, {open, dialog, again}) {
  const words = [t('planner.draft_by', {owner: draft.owner, when: moment(draft.changed_at ?? draft.base_at)}), t('planner.draft_operations', {count: number(draft.operations_count)}), draft.area?.name].filter(Boolean);
  const give = make('button', {type: 'button', class: 'danger', text: t('planner.abandon')});
  give.addEventListener('click', async () => {
    // The same button asks first: a second press does it.
    if (!give.dataset.sure) {
      give.dataset.sure = 'yes';
      give.textContent = t('planner.abandon_sure');
      return;
    }
    await api(`/api/drafts/${draft.id}`, {method: 'DELETE', send: {version: draft.version}}).then(again, problem => dialog().say(problem.message));
  });
  return make('li', {}, make('div', {}, make('b', {text: draft.name}), draft.overtaken ? make('span', {class: 'chip warn', text: t('planner.overtaken')}) : null, make('div', {class: 'small', text: words.join(' · ')})),
    make('div', {class: 'actions'}, draft.state === 'open' ? give : null, make('button', {type: 'button', class: 'primary', text: t(draft.state === 'open' ? 'planner.open' : 'planner.look'), onclick: () => { dialog().close(); open(draft.id); }})));
}

/** The list; `open(id)` opens one, `leave()` goes back to the boundaries in force. */
export function draftsDialog({open, leave, schemes, scheme}) {
  let shown;
  const list = make('ul', {class: 'drafts'});
  const choice = make('select', {'aria-label': t('planner.draft_state')}, ...STATES.map(state => make('option', {value: state, text: t(`planner.state_${state}`)})));
  const fill = async () => {
    list.replaceChildren(quiet('desk.loading'));
    try {
      const rows = await Session.list(choice.value);
      list.replaceChildren(...(rows.length ? rows.map(draft => line(draft, {open, dialog: () => shown, again: fill})) : [quiet('planner.no_drafts')]));
    } catch (problem) {
      list.replaceChildren(make('li', {class: 'wrong', text: problem.message}));
    }
  };
  choice.addEventListener('change', fill);
  shown = openDialog({
    title: t('planner.drafts'), wide: true, body: [choice, list],
    actions: [[t('planner.leave'), () => { leave(); }], [t('planner.new_draft'), () => { newDraft({open, schemes, scheme}); return false; }, true]],
  });
  fill();
}

/** A new draft: its name, scheme, and the area within which it stays. */
export function newDraft({open, schemes, scheme}) {
  const name = make('input', {required: true, maxlength: 80, placeholder: t('planner.draft_name_example')});
  const which = make('select', {}, ...schemes.map(one => make('option', {value: one.code, text: t(`desk.scheme_${one.code}`, {otherwise: one.name}), selected: one.code === scheme})));
  const area = make('select', {}, make('option', {value: '', text: t('planner.whole_scheme')}));
  const fill = async () => {
    const streets = await api(`/api/wall/areas?scheme=${encodeURIComponent(which.value)}&level=street`).catch(() => []);
    area.replaceChildren(area.options[0], ...streets.map(one => make('option', {value: one.code, text: one.name})));
  };
  which.addEventListener('change', fill);
  fill();
  openDialog({
    title: t('planner.new_draft'), body: [field(t('planner.draft_name'), name), field(t('planner.scheme'), which), field(t('planner.within'), area), make('p', {class: 'small', text: t('planner.new_draft_note')})],
    actions: [[t('desk.cancel'), () => true], [t('planner.new_draft'), async () => {
      const made = await Session.create({name: name.value.trim(), scheme: which.value, ...(area.value ? {area: area.value} : {})});
      open(made.id);
    }, true]],
  });
  name.focus();
}
