// The rules that a draft is held to: what they are, what breaks them, and how they are set.
import {byId, make, number, quiet, t} from './common.js';

const SIGNS = {min: '<', max: '>'};
const short = value => number(Number(value.toFixed(Math.abs(value) < 10 ? 2 : 0)));

/** A broken rule as the map bears it: `户数 612 > 500`. */
export const brokenWords = ({rule, figure, limit, side}) => `${t(`planner.rule_${rule}`, {otherwise: rule})} ${short(figure)} ${SIGNS[side]} ${short(limit)}`;

/** By key, the first rule that each breaks: lit on the map. */
export function brokenBy(violations) {
  const found = new Map();
  for (const one of violations) {
    for (const key of one.keys) if (!found.has(key)) found.set(key, brokenWords(one));
  }
  return found;
}

function bound(rule, name, value) {
  const words = t(`planner.limit_${name}`);
  if (typeof value === 'boolean') return make('label', {}, make('input', {type: 'checkbox', name: `${rule}.${name}`, checked: value}), words);
  return make('label', {}, make('span', {text: words}), make('input', {type: 'number', step: 'any', min: 0, name: `${rule}.${name}`, value: value ?? ''}));
}

const isBound = ([name, value]) => name !== 'on' && (typeof value === 'number' || typeof value === 'boolean' || value === null);

function line(rule, values) {
  const title = t(`planner.rule_${rule}`, {otherwise: rule});
  const unit = values.unit ? make('span', {class: 'small', text: t(`planner.unit_${values.unit}`)}) : null;
  return make('fieldset', {'data-rule': rule}, make('legend', {}, 'on' in values ? make('label', {}, make('input', {type: 'checkbox', name: `${rule}.on`, checked: values.on}), title, unit) : title),
    make('div', {class: 'limits'}, ...Object.entries(values).filter(isBound).map(([name, value]) => bound(rule, name, value))));
}

function read(form, rules) {
  return Object.fromEntries(Object.entries(rules).map(([rule, values]) => [rule, Object.fromEntries(Object.entries(values).map(([name, value]) => {
    const input = form.elements[`${rule}.${name}`];
    if (!input) return [name, value];
    return [name, input.type === 'checkbox' ? input.checked : input.value === '' ? null : Number(input.value)];
  }))]));
}

function makeForm(session, rules, ruled) {
  const note = make('p', {class: 'wrong', hidden: true, role: 'alert'});
  const form = make('form', {class: 'rules'}, ...Object.entries(rules).map(([rule, values]) => line(rule, values)), note,
    make('button', {class: 'primary', text: t('planner.set_rules'), disabled: session.draft.state !== 'open'}));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    note.hidden = true;
    try {
      ruled(await session.change('/rules', {rules: read(form, rules)}, 'PUT'));
    } catch (problem) {
      note.textContent = [problem.message, ...(problem.body?.errors ?? []).map(one => `${one.field}: ${one.message}`)].join(' · ');
      note.hidden = false;
    }
  });
  return form;
}

/** The draft's rules as a form; `ruled({version, violations})` after they were set. */
export async function showRules(session, ruled) {
  const host = byId('rules');
  if (!session.draft) {
    host.replaceChildren(quiet('planner.rules_in_drafts'));
    return;
  }
  host.replaceChildren(quiet('desk.loading'));
  try {
    const {rules} = await session.get('/rules');
    host.replaceChildren(make('p', {class: 'small', text: t('planner.rules_note')}), makeForm(session, rules, ruled));
  } catch (problem) {
    host.replaceChildren(make('p', {class: 'wrong', text: problem.message}));
  }
}
