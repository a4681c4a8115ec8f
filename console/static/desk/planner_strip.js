// The strip over the table: which draft it is, whether it is kept, what may be done with it; and the tabs.
import {byId, moment, number, t} from './common.js';

function chip(words, kind) {
  byId('saved').textContent = words;
  byId('saved').dataset.kind = kind;
}

/** Whether what the hand did has been kept: 'saving', 'saved', 'failed'; null where nothing is to be. */
export function showSaving(what) {
  if (what === 'saving') chip(t('planner.saving'), 'soon');
  else if (what === 'failed') chip(t('planner.not_saved'), 'late');
  else if (what === null) chip(t('planner.look_only'), 'still');
}

function showOthers(names) {
  byId('others').hidden = !names.length;
  byId('others').textContent = names.length ? t('planner.also_open', {names: names.join('、')}) : '';
}

/** The draft's state; null for the boundaries in force. */
export function showState(draft) {
  const open = draft?.state === 'open';
  byId('name').textContent = draft?.name ?? t('planner.in_force');
  byId('name').title = draft?.area?.name ?? '';
  byId('scheme-choice').hidden = Boolean(draft);
  byId('undo').disabled = !draft?.can_undo;
  byId('redo').disabled = !draft?.can_redo;
  for (const button of document.querySelectorAll('.strip [data-draft]')) button.disabled = !(button.id === 'export' ? draft : open);
  // What changes nothing can't be put in force.
  byId('publish').disabled ||= !draft?.cursor;
  byId('rename').hidden = !open;
  byId('rehearse').hidden = !draft;
  byId('rehearse').href = draft ? `/planner/rehearsal?draft=${draft.id}` : '';
  byId('rebase').hidden = !(open && draft.overtaken);
  showOthers(draft?.also_open ?? []);
  if (!draft) showSaving(null);
  else if (!open) chip(t(`planner.state_${draft.state}`), 'still');
  else chip(t('planner.saved', {version: number(draft.version), when: moment(draft.changed_at ?? new Date())}), 'good');
}

const tabs = () => [...document.querySelectorAll('#tabs [role=tab]')];

export function showTab(name) {
  for (const tab of tabs()) {
    const here = tab.id === `tab-${name}`;
    tab.setAttribute('aria-selected', String(here));
    tab.tabIndex = here ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !here;
  }
}

/** Tabs by click and by arrow; `shown(name)` hears of each. */
export function bindTabs(shown) {
  for (const tab of tabs()) tab.addEventListener('click', () => shown(tab.id.slice(4)));
  byId('tabs').addEventListener('keydown', event => {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step) return;
    const all = tabs();
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    next.focus();
    shown(next.id.slice(4));
  });
}
