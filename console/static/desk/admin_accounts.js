// Accounts: the table, the one that is being edited, and what the provider's groups stand for.
import {api, byId, make, moment, named, notify, query, t, told} from './common.js';
import {Table} from './table.js';

const form = byId('edit');
const token = byId('token');
const mapping = byId('mapping');
let units = [];
let accounts = [];
let chosen = null;

const state = row => (row.disabled_at ? 'closed' : row.must_change ? 'to_change' : 'open');
const grounds = row => row.areas.map(area => area.name ?? area.code).join('、') || (row.whole ? t('admin_accounts.whole') : '—');

const table = new Table({
  host: byId('accounts'), label: t('admin_accounts.title'), empty: t('admin_accounts.none'), key: row => row.name, open: row => edit(row),
  rowClass: row => (row.disabled_at ? 'off' : ''),
  columns: [
    {key: 'name', title: t('admin_accounts.name'), show: row => [row.name, make('div', {class: 'small', text: row.display_name ?? ''})]},
    {key: 'role', title: t('admin_accounts.role'), value: row => named('role', row.role), show: row => named('role', row.role)},
    {key: 'areas', title: t('admin_accounts.ground'), value: grounds, show: row => [grounds(row), make('div', {class: 'small', text: [row.unit?.name, row.officer?.name].filter(Boolean).join(' · ')})]},
    {key: 'way', title: t('admin_accounts.way'), value: way, show: way, style: 'less'},
    {key: 'sessions', title: t('admin_accounts.sessions'), number: true},
    {key: 'tokens', title: t('admin_accounts.tokens'), number: true},
    {key: 'last_used_at', title: t('account.last_used'), show: row => moment(row.last_used_at), style: 'nowrap'},
    {key: 'state', title: t('admin_accounts.state'), value: state, show: row => t(`admin_accounts.${state(row)}`)},
  ],
});

function way(row) {
  return t(`admin_accounts.by_${row.provider ? 'provider' : row.password ? 'password' : 'token'}`);
}

const mappings = new Table({
  host: byId('mappings'), label: t('admin_accounts.mappings'), empty: t('admin_accounts.no_mappings'),
  columns: [
    {key: 'group', title: t('admin_accounts.group')},
    {key: 'role', title: t('admin_accounts.role'), show: row => named('role', row.role)},
    {key: 'area', title: t('admin_accounts.area'), show: row => (row.area ? `${row.area_name ?? ''} ${row.area}` : '—')},
    {key: 'unit', title: t('admin_accounts.unit'), show: row => units.find(unit => unit.code === row.unit)?.name ?? '—'},
    {key: 'rank', title: t('admin_accounts.rank'), number: true},
    {key: 'remove', title: t('admin_accounts.unmap'), fixed: true, show: row => make('button', {type: 'button', text: t('admin_accounts.unmap'), onclick: () => act('/api/admin/groups/remove', {id: row.id}, 'admin_accounts.unmapped')})},
  ],
});

function choices(select, values, empty) {
  const before = select.value;
  select.replaceChildren(...(empty ? [make('option', {value: '', text: '—'})] : []), ...values.map(([value, text]) => make('option', {value, text})));
  if (before) select.value = before;
}

function show(answer) {
  ({accounts, units} = answer);
  for (const one of [form, mapping]) choices(one.elements.unit, units.map(unit => [unit.code, unit.name]), true);
  mappings.show(answer.mappings);
  byId('mapping-help').textContent = t(answer.provider ? 'admin_accounts.mappings_help' : 'admin_accounts.no_provider');
  filter();
  if (chosen) edit(accounts.find(one => one.name === chosen.name) ?? null, false);
}

function filter() {
  const words = byId('words').value.trim().toLowerCase();
  const found = accounts.filter(row => [row.name, row.display_name, named('role', row.role), grounds(row), row.unit?.name].some(text => text?.toLowerCase().includes(words)));
  table.show(found);
  byId('total').textContent = t('admin_accounts.total', {count: found.length});
}

const clearFaults = where => where.querySelectorAll('[data-fault]').forEach(one => { one.textContent = ''; });

function edit(row, fresh = true) {
  chosen = row?.fresh ? null : row;
  if (fresh) byId('secret').hidden = true;
  form.hidden = !row;
  byId('nothing').hidden = Boolean(row);
  byId('chosen').hidden = !chosen;
  token.hidden = true;
  if (!row) return;
  const fields = form.elements;
  clearFaults(form);
  byId('edit-title').textContent = chosen ? row.name : t('admin_accounts.new');
  fields.name.value = row.name;
  fields.name.readOnly = Boolean(chosen);
  fields.role.value = row.role;
  fields.areas.value = row.areas.map(area => area.code).join(' ');
  fields.unit.value = row.unit?.code ?? '';
  fields.officer.value = row.officer?.code ?? '';
  byId('of-program').hidden = Boolean(chosen);
  byId('mapped').hidden = !row.provider;
  byId('reset').hidden = !row.password;
  byId('make-token').hidden = row.password || row.provider;
  byId('disable').textContent = t(row.disabled_at ? 'admin_accounts.enable' : 'admin_accounts.disable');
  byId('disable').disabled = row.name === told.caller.name;
  if (chosen) readCredentials();
  else fields.name.focus();
}

async function readCredentials() {
  const {name} = chosen;
  try {
    const {credentials} = await api(`/api/admin/accounts/credentials?${query({name})}`);
    if (chosen?.name !== name) return;
    byId('credentials').replaceChildren(...(credentials.length ? credentials.map(credential) : [make('li', {class: 'small', text: t('admin_accounts.no_credentials')})]));
  } catch (problem) {
    notify(problem.message);
  }
}

function credential(one) {
  const what = one.kind === 'session' ? t('account.session') : `${one.name || t('account.token')} · ${t(`account.access_${one.access}`)}${one.area ? ` · ${one.area}` : ''}`;
  return make('li', {title: one.device ?? ''}, make('span', {text: what}),
    one.kind === 'token' ? make('button', {type: 'button', text: t('account.revoke'), onclick: () => revoke(one.id)}) : make('span', {class: 'small', text: one.address ?? ''}),
    make('span', {class: 'small', text: t('admin_accounts.used', {at: moment(one.last_used_at), until: one.expires_at ? moment(one.expires_at) : t('account.never')})}));
}

async function revoke(id) {
  try {
    await api('/api/account/tokens/revoke', {send: {id}});
    notify(t('account.revoked'), true);
    show(await api('/api/admin/accounts'));
  } catch (problem) {
    notify(problem.message);
  }
}

function tell(words, secret) {
  const host = byId('secret');
  host.replaceChildren(make('span', {text: words}), make('code', {text: secret}));
  host.hidden = false;
  host.scrollIntoView({block: 'nearest'});
}

async function act(address, body, done, faults = null) {
  if (faults) clearFaults(faults);
  try {
    const answer = await api(address, {send: body});
    show(answer);
    notify(t(done, {name: body.name ?? '', count: answer.ended ?? ''}), true);
    return answer;
  } catch (problem) {
    const named = problem.body?.errors?.filter(error => faults?.querySelector(`[data-fault="${CSS.escape(error.field)}"]`)) ?? [];
    for (const error of named) faults.querySelector(`[data-fault="${CSS.escape(error.field)}"]`).textContent = error.message;
    if (!named.length) notify(problem.message);
    return null;
  }
}

async function save(event) {
  event.preventDefault();
  const fields = form.elements;
  const body = {name: fields.name.value.trim(), role: fields.role.value, areas: fields.areas.value.split(/[\s,，、]+/).filter(Boolean), unit: fields.unit.value || null, officer: fields.officer.value.trim() || null};
  if (chosen) {
    await act('/api/admin/accounts/change', body, 'admin_accounts.saved', form);
    return;
  }
  const answer = await act('/api/admin/accounts', {...body, program: fields.program.checked}, 'admin_accounts.made', form);
  if (!answer) return;
  edit(accounts.find(one => one.name === body.name));
  table.choose(body.name);
  if (answer.password) tell(t('admin_accounts.password_once', {name: body.name}), answer.password);
}

form.addEventListener('submit', save);
byId('reset').addEventListener('click', async () => {
  const answer = await act('/api/admin/accounts/password', {name: chosen.name}, 'admin_accounts.was_reset');
  if (answer) tell(t('admin_accounts.password_once', {name: chosen.name}), answer.password);
});
byId('sign-out').addEventListener('click', () => act('/api/admin/accounts/sign-out', {name: chosen.name}, 'admin_accounts.signed_out'));
byId('disable').addEventListener('click', () => act('/api/admin/accounts/disable', {name: chosen.name, disabled: !chosen.disabled_at}, chosen.disabled_at ? 'admin_accounts.enabled' : 'admin_accounts.disabled'));
byId('make-token').addEventListener('click', () => { token.hidden = !token.hidden; if (!token.hidden) token.elements.name.focus(); });
token.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = token.elements;
  const answer = await act('/api/admin/accounts/token', {account: chosen.name, name: fields.name.value, access: fields.access.value, days: fields.days.valueAsNumber || null}, 'admin_accounts.token_made');
  if (answer) tell(t('account.token_once'), answer.token);
});
mapping.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = mapping.elements;
  const fault = mapping.querySelector('[data-fault]');
  fault.textContent = '';
  try {
    show(await api('/api/admin/groups', {send: {group: fields.group.value, role: fields.role.value, area: fields.area.value.trim() || null, unit: fields.unit.value || null, rank: fields.rank.valueAsNumber || 0}}));
    notify(t('admin_accounts.was_mapped', {name: fields.group.value}), true);
    fields.group.value = '';
  } catch (problem) {
    fault.textContent = problem.message;
  }
});
byId('words').addEventListener('input', filter);
byId('new').addEventListener('click', fresh);

function fresh() {
  table.choose(null);
  form.elements.program.checked = false;
  edit({fresh: true, name: '', role: 'street', areas: []});
}

// The key that opens a row must not go on to submit the form whose field it has focused.
byId('accounts').addEventListener('keydown', event => event.key === 'Enter' && event.target.closest('tbody') && event.preventDefault());
document.addEventListener('keydown', event => {
  const writing = event.target.closest('input, textarea, select');
  if (event.key === 's' && (event.ctrlKey || event.metaKey) && !form.hidden) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === '/' && !writing) {
    event.preventDefault();
    byId('words').focus();
  } else if (event.key === 'n' && !writing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    fresh();
  }
});

for (const one of [form, mapping]) choices(one.elements.role, told.roles.map(role => [role, named('role', role)]));
choices(token.elements.access, ['full', 'read', 'file'].map(value => [value, t(`account.access_${value}`)]));
try {
  show(await api('/api/admin/accounts'));
  table.body.querySelector('tr')?.focus();
} catch (problem) {
  notify(problem.message);
}
