// What the loop goes by beside the categories: hours, calendar, limits, who may close, allowances.
import {api, byId, make, notify, t} from './common.js';
import {limitText, readLimit, showChanges, TIERS} from './admin.js';
import {Table} from './table.js';

const form = byId('settings');
const dayForm = byId('day');
const field = name => form.elements.namedItem(name);
let rules = null;

const days = new Table({
  host: byId('days'), label: t('admin_loop.calendar'), empty: t('admin_loop.no_days'), key: row => row.day, open: row => editDay(row),
  columns: [
    {key: 'day', title: t('admin_loop.day'), show: row => `${row.day} ${weekday(row.day)}`},
    {key: 'working', title: t('admin_loop.working'), value: row => Number(row.working), show: row => t(row.working ? 'admin_loop.day_on' : 'admin_loop.day_off')},
    {key: 'name', title: t('admin_loop.day_name')},
  ],
});

const weekday = day => new Date(`${day}T12:00:00Z`).toLocaleDateString(document.documentElement.lang, {weekday: 'short', timeZone: 'UTC'});

function editDay(row) {
  dayForm.elements.day.value = row.day;
  dayForm.elements.working.value = String(row.working);
  dayForm.elements.name.value = row.name;
}

function show(told) {
  rules = told;
  days.show(told.days);
  const year = new Date().getFullYear();
  const missing = [year, year + 1].filter(one => !told.days.some(row => row.day.startsWith(String(one))));
  byId('unknown-years').textContent = missing.length ? t('admin_loop.unknown_years', {years: missing.join('、')}) : '';
  const {settings} = told;
  field('working_hours').value = settings.working_hours.map(span => span.join('-')).join(' ');
  field('working_week').value = settings.working_week.join(' ');
  field('top_tier').value = settings.top_tier;
  field('warning_share').value = Math.round(settings.warning_share * 100);
  for (const tier of TIERS) {
    field(`limit_${tier}`).value = limitText(settings.stage_limits[tier]);
    field(`closing_${tier}`).checked = settings.closing_tiers.includes(tier);
  }
  for (const name of ['extension', 'suspension']) for (const part of ['times', 'hours', 'approver']) field(`${name}_${part}`).value = settings[name][part] ?? '';
  showChanges(told.changes);
}

const numberOf = name => (field(name).value === '' ? null : Number(field(name).value));
const allowance = name => ({times: numberOf(`${name}_times`), hours: numberOf(`${name}_hours`), approver: field(`${name}_approver`).value});

function told() {
  return {
    working_hours: field('working_hours').value.trim().split(/[\s,，;；]+/).map(span => span.split(/[-–—~]/)),
    working_week: field('working_week').value.trim().split(/[\s,，、]+/).map(Number),
    top_tier: field('top_tier').value, warning_share: Number(field('warning_share').value) / 100,
    stage_limits: Object.fromEntries(TIERS.map(tier => [tier, readLimit(field(`limit_${tier}`).value)]).filter(([, one]) => one)),
    closing_tiers: TIERS.filter(tier => field(`closing_${tier}`).checked),
    extension: allowance('extension'), suspension: allowance('suspension'),
  };
}

/** Whether two values say the same, whatever the order of their members. */
function alike(a, b) {
  if (typeof a !== 'object' || a === null || b === null) return a === b;
  const names = new Set([...Object.keys(a), ...Object.keys(b ?? {})]);
  return [...names].every(name => alike(a[name] ?? null, b[name] ?? null));
}

async function save(event) {
  event.preventDefault();
  const wanted = Object.entries(told()).filter(([name, value]) => !alike(value, rules.settings[name]));
  for (const note of form.querySelectorAll('[data-fault]')) note.textContent = '';
  let answer = null;
  for (const [name, value] of wanted) {
    try {
      answer = await api('/api/admin/settings', {send: {name, value}});
    } catch (problem) {
      const note = form.querySelector(`[data-fault="${name}"]`);
      if (note) note.textContent = problem.message;
      notify(problem.message);
      return;
    }
  }
  if (answer) show(answer);
  notify(t('admin.saved', {name: wanted.map(([name]) => t(`admin_loop.${name}`)).join('、')}), true);
}

async function saveDay(event) {
  event.preventDefault();
  const {day, working, name} = dayForm.elements;
  try {
    show(await api('/api/admin/days', {send: {day: day.value, working: working.value === '' ? null : working.value === 'true', name: name.value}}));
    notify(t('admin.saved', {name: day.value}), true);
  } catch (problem) {
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
  } catch (problem) {
    byId('undo').disabled = false;
    notify(problem.message);
  }
}

form.addEventListener('submit', save);
dayForm.addEventListener('submit', saveDay);
byId('undo').addEventListener('click', undo);
document.addEventListener('keydown', event => {
  if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === 'z' && (event.ctrlKey || event.metaKey) && !event.target.closest('input, select')) {
    event.preventDefault();
    undo();
  }
});

try {
  show(await api('/api/admin/rules'));
} catch (problem) {
  notify(problem.message);
}
