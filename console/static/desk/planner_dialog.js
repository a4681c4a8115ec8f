// One dialog for all questions that need more than a click.
import {byId, make, t} from './common.js';

/** Opens the dialog over the page: `body` elements, `actions` `[words, act, primary]`; an act that gives false keeps it open. */
export function openDialog({title, body, actions = [], wide = false}) {
  const dialog = byId('dialog');
  const note = make('p', {class: 'wrong', role: 'alert', hidden: true});
  const close = () => dialog.open && dialog.close();
  const say = words => { note.textContent = words; note.hidden = !words; };
  const buttons = actions.map(([words, act, primary]) => make('button', {type: primary ? 'submit' : 'button', class: primary ? 'primary' : null, text: words, onclick: primary ? null : () => go(act)}));
  const main = actions.find(([, , primary]) => primary)?.[1];
  async function go(act) {
    buttons.forEach(one => { one.disabled = true; });
    say('');
    try {
      if (await act() !== false) close();
    } catch (problem) {
      say(problem.message);
    }
    buttons.forEach(one => { one.disabled = false; });
  }
  const form = make('form', {method: 'dialog', onsubmit: event => { event.preventDefault(); if (main) go(main); }},
    make('h2', {id: 'dialog-title'}, title, make('button', {type: 'button', class: 'close', 'aria-label': t('desk.cancel'), text: '✕', onclick: close})),
    make('div', {class: 'dialog-body'}, ...[body].flat()), note,
    make('div', {class: 'actions'}, ...buttons));
  dialog.classList.toggle('wide', wide);
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  return {close, say, form, dialog};
}

export const field = (words, input) => make('label', {class: 'field'}, make('span', {text: words}), input);

/** Asks for one value; calls `take(value)`. */
export function askFor({title, words, value, type = 'text', min, max, step, take, action = t('planner.do')}) {
  const input = make('input', {type, value, min, max, step, required: true, maxlength: type === 'text' ? 80 : null});
  openDialog({title, body: [field(words, input)], actions: [[t('desk.cancel'), () => true], [action, () => take(type === 'number' ? Number(input.value) : input.value.trim()), true]]});
  input.focus();
  input.select();
}
