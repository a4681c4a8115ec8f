// The audit log: who did what, to what, from where; searched, read back page by page, exported.
import {api, byId, make, notify, query, t, told} from './common.js';
import {Table} from './table.js';

const form = byId('filters');
const moments = new Intl.DateTimeFormat(told.lang === 'zh' ? 'zh-CN' : 'en-GB', {dateStyle: 'short', timeStyle: 'medium', hourCycle: 'h23', timeZone: told.time_zone});
const act = row => t(`audit.${row.action}`, {otherwise: t(`action.${row.action}`, {otherwise: row.action})});
let rows = [];
let next = null;

const table = new Table({
  host: byId('rows'), label: t('admin_audit.title'), empty: t('admin_audit.none'), open: row => show(row), keepPlace: true,
  columns: [
    {key: 'id', title: t('admin_audit.column_id'), number: true},
    {key: 'at', title: t('admin_audit.column_at'), show: row => moments.format(new Date(row.at))},
    {key: 'who', title: t('admin_audit.column_who'), show: row => row.who ?? t('admin_audit.system')},
    {key: 'action', title: t('admin_audit.column_action'), value: act, show: act},
    {key: 'subject', title: t('admin_audit.column_subject')},
    {key: 'origin', title: t('admin_audit.column_origin')},
    {key: 'sealed', title: t('admin_audit.column_sealed'), value: row => Number(row.sealed), show: row => t(row.sealed ? 'export.yes' : 'export.no')},
  ],
});

const instant = value => (value ? new Date(value).toISOString() : '');
const filters = () => {
  const given = Object.fromEntries(new FormData(form));
  return {...given, since: instant(given.since), until: instant(given.until)};
};

function value(part) {
  return part === null || part === undefined ? '—' : typeof part === 'object' ? JSON.stringify(part) : String(part);
}

/** Before and after side by side; whatever else the row tells below. */
function show(row) {
  const {before, after, ...rest} = row.detail;
  const both = before !== undefined || after !== undefined;
  const fields = [...new Set([before, after].flatMap(part => (part && typeof part === 'object' ? Object.keys(part) : [])))];
  const pairs = fields.length ? fields.map(name => [name, before?.[name], after?.[name]]) : [[t('admin_audit.value'), before, after]];
  const change = both && make('table', {class: 'change'},
    make('thead', {}, make('tr', {}, make('th'), make('th', {text: t('admin_audit.before')}), make('th', {text: t('admin_audit.after')}))),
    make('tbody', {}, ...pairs.map(([name, old, now]) => make('tr', {class: value(old) === value(now) ? '' : 'changed'}, make('th', {scope: 'row', text: name}), make('td', {text: value(old)}), make('td', {text: value(now)})))));
  byId('row').replaceChildren(make('div', {},
    make('p', {text: `#${row.id} · ${act(row)} · ${row.subject}`}),
    make('p', {class: 'small', text: `${moments.format(new Date(row.at))} · ${row.who ?? t('admin_audit.system')}${row.role ? ` (${t(`role.${row.role}`, {otherwise: row.role})})` : ''} · ${row.origin ?? '—'}`}),
    change,
    ...Object.entries(rest).map(([name, part]) => make('p', {class: 'small'}, make('b', {text: name}), ` ${value(part)}`))));
}

function options(actions) {
  const select = form.elements.action;
  const chosen = select.value;
  select.replaceChildren(select.options[0], ...actions.map(action => make('option', {value: action, text: act({action})})));
  select.value = chosen;
}

async function load(more = false) {
  const asked = filters();
  for (const kind of ['csv', 'xlsx']) byId(kind).href = `/api/audit/export.${kind}?${query(asked)}`;
  try {
    const found = await api(`/api/audit?${query({...asked, cursor: more ? next : null})}`);
    rows = more ? [...rows, ...found.rows] : found.rows;
    ({next} = found);
    options(found.actions);
    byId('seal').textContent = found.seal ? t('admin_audit.sealed_to', {number: found.seal.number, to: found.seal.audit_to, at: moments.format(new Date(found.seal.sealed_at))}) : t('admin_audit.no_seal');
    table.show(rows);
    byId('more').hidden = next === null;
    notify(null);
  } catch (problem) {
    if (more) notify(problem.message); else table.fail(problem.message);
  }
}

form.addEventListener('submit', event => { event.preventDefault(); load(); });
form.addEventListener('reset', () => setTimeout(load));
byId('more').addEventListener('click', () => load(true));
document.addEventListener('keydown', event => { if (event.key === 'Escape' && form.contains(event.target)) form.reset(); });
load();
