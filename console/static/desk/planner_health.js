// The health of the coverage: in force it is examined, in a draft each step has kept it; rules that are broken.
import {api, byId, make, number, quiet, t} from './common.js';

function verdict(good, words) {
  return make('p', {class: `verdict ${good ? 'good' : 'bad'}`, text: words});
}

function counts(pairs) {
  return make('dl', {class: 'counts'}, ...pairs.map(([key, count]) => make('div', {class: count && key !== 'areas' ? 'bad' : ''}, make('dt', {text: t(`planner.count_${key}`)}), make('dd', {text: number(count)}))));
}

async function inForce(scheme, editor) {
  const host = byId('health');
  host.replaceChildren(quiet('planner.examining'));
  const health = await api(`/api/desk/coverage?scheme=${encodeURIComponent(scheme)}`);
  const faults = health.faults.slice(0, 50).map(fault => make('li', {}, make('button', {type: 'button', class: 'plain', onclick: () => editor.fly([fault.lon, fault.lat]),
    text: t(`planner.fault_${fault.kind}`, {codes: fault.codes.join('、'), area: number(fault.area_m2), lon: fault.lon.toFixed(6), lat: fault.lat.toFixed(6)})})));
  host.replaceChildren(verdict(health.valid, t(health.valid ? 'planner.valid' : 'planner.not_valid')), counts([['areas', health.areas], ...Object.entries(health.counts)]), make('ul', {class: 'faults'}, ...faults));
}

/** A draft can't have a gap or an overlap: what it may break are rules. */
function ofDraft({draft, violations, fly}, editor) {
  const kinds = new Map();
  for (const one of violations) kinds.set(one.rule, [...kinds.get(one.rule) ?? [], one]);
  const blocks = violations.filter(one => one.blocks).length;
  const groups = [...kinds].map(([rule, ones]) => make('details', {open: ones.length <= 12}, make('summary', {}, t(`planner.rule_${rule}`, {otherwise: rule}), make('b', {class: 'count', text: number(ones.length)})),
    make('ul', {class: 'faults'}, ...ones.slice(0, 100).map(one => make('li', {}, make('button', {type: 'button', class: 'plain', text: [one.name, one.message].filter(Boolean).join('：'), onclick: () => fly(one)}))))));
  byId('health').replaceChildren(verdict(true, t('planner.valid_by_construction')),
    counts([['areas', editor.coverage.size], ['changed', editor.state.changed.size], ['broken', violations.length], ['blocking', blocks], ['overtaken', draft.overtaken_codes?.length ?? 0]]), ...groups,
    violations.length ? '' : verdict(true, t('planner.no_violations')));
}

export async function showHealth(scheme, editor, of = null) {
  if (of) ofDraft(of, editor);
  else await inForce(scheme, editor);
}
