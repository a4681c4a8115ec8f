// Categories: the table, the one that is being edited, and the way back.
import {api, byId, make, notify, t} from './common.js';
import {limitText, readLimit, showChanges, TIERS} from './admin.js';
import {Table} from './table.js';

const form = byId('edit');
const field = name => form.elements.namedItem(name);
const yes = value => t(value ? 'admin.yes' : 'admin.no');
const category = row => row.parent_code ? ` ${row.name}` : row.name;
let rules = null;
let chosen = null;

const table = new Table({
  host: byId('categories'), label: t('admin_categories.title'), empty: t('admin_categories.none'), key: row => row.code, open: row => edit(row),
  rowClass: row => [row.parent_code ? 'sub' : 'class', row.active ? '' : 'off'].filter(Boolean).join(' '),
  columns: [
    {key: 'name', title: t('admin_categories.name'), show: row => [category(row), make('div', {class: 'small', text: row.code})], value: row => row.name},
    {key: 'kind', title: t('admin_categories.kind'), show: row => t(`admin_categories.kind_${row.kind}`)},
    {key: 'urgency', title: t('admin_categories.urgency'), number: true, show: row => t(`urgency.${row.urgency}`, {otherwise: String(row.urgency)}) + (row.emergency ? ` · ${t('admin_categories.emergency')}` : '')},
    {key: 'limit_hours', title: t('admin_categories.limit'), number: true, show: row => limitText({hours: row.limit_hours, working: row.limit_working})},
    {key: 'stages', title: t('admin_categories.stages'), value: row => Object.keys(row.stage_limits).length, show: row => TIERS.filter(tier => row.stage_limits[tier]).map(tier => `${t(`tier.${tier}`)} ${limitText(row.stage_limits[tier])}`).join('，') || '—', style: 'less'},
    {key: 'closing_tiers', title: t('admin_categories.closing_tiers'), value: row => (row.closing_tiers ?? []).length, show: row => (row.closing_tiers === null ? '—' : row.closing_tiers.map(tier => t(`tier.${tier}`)).join('、') || t('admin.nobody')), style: 'less'},
    {key: 'unit_code', title: t('admin_categories.unit_code'), show: row => unitName(row.unit_code), style: 'less'},
    {key: 'active', title: t('admin_categories.active'), show: row => yes(row.active)},
  ],
});

const unitName = code => rules.units.find(unit => unit.code === code)?.name ?? '—';

function options(name, values, empty) {
  field(name).replaceChildren(...(empty ? [make('option', {value: '', text: empty})] : []), ...values.map(([value, text]) => make('option', {value, text})));
}

function show(told) {
  rules = told;
  options('line_code', told.lines.map(line => [line.code, line.name]), '—');
  options('unit_code', told.units.map(unit => [unit.code, unit.name]), '—');
  filter();
  showChanges(told.changes);
}

function filter() {
  const words = byId('words').value.trim().toLowerCase();
  const found = rules.categories.filter(row => [row.code, row.name, row.name_en].some(text => text.toLowerCase().includes(words)));
  table.show(found);
  byId('total').textContent = t('admin_categories.total', {count: found.length});
}

function edit(row) {
  chosen = row;
  form.hidden = false;
  byId('edit-title').textContent = row.code ? `${row.name} ${row.code}` : t('admin_categories.new');
  for (const name of ['code', 'name', 'name_en', 'kind', 'line_code', 'unit_code', 'urgency', 'opening', 'closing']) field(name).value = row[name] ?? '';
  for (const name of ['emergency', 'active']) field(name).checked = row[name];
  field('code').readOnly = Boolean(row.code);
  field('limit').value = limitText({hours: row.limit_hours, working: row.limit_working});
  for (const tier of TIERS) {
    field(`limit_${tier}`).value = limitText(row.stage_limits[tier]);
    field(`closing_${tier}`).checked = (row.closing_tiers ?? []).includes(tier);
  }
  field('closing_own').checked = row.closing_tiers !== null;
  tell({});
  table.choose(row.code);
  field(row.code ? 'name' : 'code').focus();
}

/** What is wrong beside the field where it is. */
function tell(faults) {
  for (const note of form.querySelectorAll('[data-fault]')) note.textContent = faults[note.dataset.fault] ?? '';
}

function told() {
  const row = {...chosen};
  delete row.class_rank;
  for (const name of ['code', 'name', 'name_en', 'kind', 'opening', 'closing']) row[name] = field(name).value;
  for (const name of ['line_code', 'unit_code']) row[name] = field(name).value || null;
  for (const name of ['emergency', 'active']) row[name] = field(name).checked;
  const limit = readLimit(field('limit').value);
  Object.assign(row, {urgency: Number(field('urgency').value), limit_hours: limit?.hours ?? null, limit_working: limit?.working ?? false});
  row.stage_limits = Object.fromEntries(TIERS.map(tier => [tier, readLimit(field(`limit_${tier}`).value)]).filter(([, one]) => one));
  row.closing_tiers = field('closing_own').checked ? TIERS.filter(tier => field(`closing_${tier}`).checked) : null;
  delete row.parent_code;
  return row;
}

async function save(event) {
  event.preventDefault();
  try {
    const row = told();
    show(await api('/api/admin/categories', {send: row}));
    notify(t('admin.saved', {name: row.name}), true);
    edit(rules.categories.find(one => one.code === row.code));
  } catch (problem) {
    const faults = Object.fromEntries((problem.body?.errors ?? []).map(one => [one.field, one.message]));
    tell(faults);
    notify(problem.message);
  }
}

async function undo() {
  if (byId('undo').disabled) return;
  byId('undo').disabled = true;
  try {
    const answer = await api('/api/admin/undo', {send: {}});
    show(answer);
    notify(t('admin.undone', {key: answer.undone.key}), true);
    const again = rules.categories.find(one => one.code === chosen?.code);
    if (again) edit(again);
  } catch (problem) {
    byId('undo').disabled = false;
    notify(problem.message);
  }
}

const fresh = () => edit({code: '', name: '', name_en: '', kind: 'service', line_code: null, unit_code: null, urgency: 1, emergency: false, active: true, limit_hours: 120, limit_working: false, stage_limits: {}, closing_tiers: null, opening: '', closing: ''});

form.addEventListener('submit', save);
byId('undo').addEventListener('click', undo);
byId('new').addEventListener('click', fresh);
byId('words').addEventListener('input', filter);
// The key that opens a row must not go on to submit the form whose field it has focused.
byId('categories').addEventListener('keydown', event => event.key === 'Enter' && event.target.closest('tbody') && event.preventDefault());
document.addEventListener('keydown', event => {
  const writing = event.target.closest('input, textarea, select');
  if (event.key === 's' && (event.ctrlKey || event.metaKey) && !form.hidden) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === '/' && !writing) {
    event.preventDefault();
    byId('words').focus();
  } else if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !writing) {
    event.preventDefault();
    undo();
  } else if (event.key === 'n' && !writing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    fresh();
  }
});

try {
  show(await api('/api/admin/rules'));
  table.body.querySelector('tr')?.focus();
} catch (problem) {
  notify(problem.message);
}
