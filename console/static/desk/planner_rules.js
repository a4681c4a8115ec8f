// The rules that a draft is held to: what they are, what breaks them, and how they are set.
import {byId, make, quiet, t} from './common.js';
import {measured} from './planner_figures.js';

/** A broken rule in words, with its number: `住户 412 户，超过上限 400 户`. */
export function brokenWords(one) {
  return `${one.name ?? one.key ?? ''} ${shortWords(one)}`.trim();
}

export function shortWords({rule, figure, limit, unit, side, message}) {
  const name = t(`planner.rule_${rule}`, {otherwise: message ?? rule});
  if (figure === null || figure === undefined) return name;
  const sign = side === 'min' ? '<' : side === 'max' ? '>' : '≠';
  return `${name} ${measured(figure, unit)}${limit === null || limit === undefined ? '' : ` ${sign} ${measured(limit, unit)}`}`;
}

/** By key, the words of the first rule that each breaks: lit on the map. */
export function brokenBy(violations) {
  const found = new Map();
  for (const one of violations) {
    for (const key of one.keys ?? [one.key]) if (!found.has(key)) found.set(key, shortWords(one));
  }
  return found;
}

function limit(rule, name, values) {
  return make('label', {}, make('span', {text: t(`planner.limit_${name}`)}), make('input', {type: 'number', step: 'any', min: 0, name: `${rule}.${name}`, value: values[name] ?? ''}));
}

function line(rule, values) {
  const limits = Object.keys(values).filter(name => typeof values[name] === 'number' || values[name] === null);
  const on = values.on ?? values.enabled ?? true;
  return make('fieldset', {'data-rule': rule}, make('legend', {}, make('label', {}, make('input', {type: 'checkbox', name: `${rule}.on`, checked: on}), t(`planner.rule_${rule}`, {otherwise: rule}))),
    make('div', {class: 'limits'}, ...limits.map(name => limit(rule, name, values))));
}

function read(form, rules) {
  return Object.fromEntries(Object.entries(rules).map(([rule, values]) => {
    const made = {...values};
    for (const name of Object.keys(values)) {
      const input = form.elements[`${rule}.${name}`];
      if (input?.type === 'number') made[name] = input.value === '' ? null : Number(input.value);
    }
    const on = form.elements[`${rule}.on`].checked;
    if ('enabled' in values) made.enabled = on;
    else made.on = on;
    return [rule, made];
  }));
}

/** The draft's rules as a form; `ruled(violations)` after they were set. */
export async function showRules(session, ruled) {
  const host = byId('rules');
  host.replaceChildren(quiet('desk.loading'));
  try {
    const {rules} = await session.get('/rules');
    const form = make('form', {class: 'rules'}, ...Object.entries(rules).map(([rule, values]) => line(rule, values)),
      make('p', {class: 'wrong', hidden: true, role: 'alert'}), make('button', {class: 'primary', text: t('planner.set_rules'), disabled: session.draft.state !== 'open'}));
    form.addEventListener('submit', async event => {
      event.preventDefault();
      try {
        const answer = await session.change('/rules', {rules: read(form, rules)}, 'PUT');
        session.told({version: answer.version});
        ruled(answer.violations);
      } catch (problem) {
        const note = form.querySelector('.wrong');
        note.textContent = problem.message;
        note.hidden = false;
      }
    });
    host.replaceChildren(make('p', {class: 'small', text: t('planner.rules_note')}), form);
  } catch (problem) {
    host.replaceChildren(make('p', {class: 'wrong', text: problem.message}));
  }
}
