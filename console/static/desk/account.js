// One's own account: password, sessions, tokens.
import {api, byId, make, moment, named, notify, t, told} from './common.js';
import {Table} from './table.js';

const passwords = byId('password');
const tokens = byId('token');
let own = null;

/** What a browser calls itself, in few words; the whole stands behind it. */
export function device(text) {
  const browser = [['Edg', 'Edge'], ['MicroMessenger', 'WeChat'], ['Firefox', 'Firefox'], ['Chrome', 'Chrome'], ['Safari', 'Safari']].find(([mark]) => text?.includes(mark));
  const system = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Mac OS', 'macOS'], ['Linux', 'Linux']].find(([mark]) => text?.includes(mark));
  const words = [browser?.[1], system?.[1]].filter(Boolean).join(' · ') || (text ?? '').slice(0, 40) || '—';
  return make('div', {class: 'device', title: text ?? '', text: words});
}

const sessions = new Table({
  host: byId('sessions'), label: t('account.sessions'), empty: t('account.no_sessions'), rowClass: row => (row.this ? 'this' : ''),
  columns: [
    {key: 'device', title: t('account.device'), show: row => [device(row.device), row.provider && make('span', {class: 'small', text: t('account.by_provider')})].filter(Boolean)},
    {key: 'address', title: t('account.address')},
    {key: 'last_used_at', title: t('account.last_used'), show: row => moment(row.last_used_at), style: 'nowrap'},
    {key: 'created_at', title: t('account.since'), show: row => moment(row.created_at), style: 'nowrap less'},
    {key: 'end', title: t('account.end'), fixed: true, show: row => (row.this ? make('span', {class: 'tag', text: t('account.this')}) : make('button', {type: 'button', text: t('account.end'), onclick: () => send('sessions/end', {id: row.id}, 'account.ended')}))},
  ],
});

const tokenTable = new Table({
  host: byId('tokens'), label: t('account.tokens'), empty: t('account.no_tokens'), rowClass: row => (row.this ? 'this' : ''),
  columns: [
    {key: 'name', title: t('account.token_name'), show: row => row.name || '—'},
    {key: 'access', title: t('account.access'), show: row => t(`account.access_${row.access}`)},
    {key: 'area', title: t('account.area'), show: row => row.area ?? t('account.area_whole'), style: 'less'},
    {key: 'expires_at', title: t('account.expires'), show: row => (row.expires_at ? moment(row.expires_at) : t('account.never')), style: 'nowrap'},
    {key: 'last_used_at', title: t('account.last_used'), show: row => [moment(row.last_used_at), make('div', {class: 'small', text: row.address ?? ''})], style: 'nowrap'},
    {key: 'revoke', title: t('account.revoke'), fixed: true, show: row => make('button', {type: 'button', text: t('account.revoke'), onclick: () => send('tokens/revoke', {id: row.id}, 'account.revoked')})},
  ],
});

function show(account) {
  own = account;
  const ground = own.areas.map(area => area.name ?? area.code).join('、') || (own.whole ? t('account.whole') : '—');
  const facts = [['account.name', own.display_name && own.display_name !== own.name ? `${own.display_name}（${own.name}）` : own.name], ['account.role', named('role', own.role)], ['account.ground', ground], ['account.unit', own.unit?.name], ['account.officer', own.officer?.name], ['account.password_set', own.password_set_at ? moment(own.password_set_at) : null]];
  byId('facts').replaceChildren(...facts.filter(([, value]) => value).flatMap(([key, value]) => [make('dt', {text: t(key)}), make('dd', {text: value})]));
  const [open, made] = ['session', 'token'].map(kind => own.credentials.filter(one => one.kind === kind));
  sessions.show(open);
  tokenTable.show(made);
  byId('session-count').textContent = open.length;
  byId('token-count').textContent = made.length;
  byId('end-others').disabled = !own.signed_in || open.length < 2;
  byId('new-token').disabled = !own.signed_in || own.must_change;
  byId('must').hidden = !own.must_change;
  passwords.hidden = !own.password || !own.signed_in;
}

async function send(path, body, done) {
  try {
    const answer = await api(`/api/account/${path}`, {send: body});
    show(answer);
    notify(t(done, {count: answer.ended ?? ''}), true);
    return answer;
  } catch (problem) {
    notify(problem.message);
    return null;
  }
}

/** Says of a secret that it is told this once, with a button to copy it. */
export function tellSecret(host, words, secret) {
  const code = make('code', {text: secret});
  host.replaceChildren(make('span', {text: words}), code, make('button', {
    type: 'button', text: t('account.copy'), onclick: async () => { await navigator.clipboard?.writeText(secret); notify(t('account.copied'), true); },
  }));
  host.hidden = false;
  host.scrollIntoView({block: 'nearest'});
}

passwords.addEventListener('submit', async event => {
  event.preventDefault();
  const faults = passwords.querySelectorAll('[data-fault]');
  faults.forEach(one => { one.textContent = ''; });
  const fields = passwords.elements;
  try {
    show(await api('/api/account/password', {send: {old: fields.old.value, new: fields.new.value}}));
    fields.old.value = fields.new.value = '';
    notify(t('account.changed'), true);
  } catch (problem) {
    const fault = problem.body?.errors?.[0];
    const place = [...faults].find(one => one.dataset.fault === (fault?.field === 'new' ? 'password' : fault?.field));
    const words = problem.body?.reason ? t(`account.bad_${problem.body.reason}`, {count: told.shortest}) : fault?.field === 'old' ? t('account.wrong') : problem.status === 429 ? t('account.wait') : problem.message;
    if (place) place.textContent = words;
    else notify(words);
  }
});

tokens.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = tokens.elements;
  const fault = tokens.querySelector('[data-fault]');
  fault.textContent = '';
  try {
    const answer = await api('/api/account/tokens', {send: {name: fields.name.value, access: fields.access.value, area: fields.area.value || null, days: fields.days.valueAsNumber || null}});
    show(answer);
    tellSecret(byId('secret'), t('account.token_once'), answer.token);
    fields.name.value = '';
  } catch (problem) {
    fault.textContent = problem.status === 404 ? t('account.no_area') : problem.message;
  }
});

byId('new-token').addEventListener('click', event => {
  tokens.hidden = !tokens.hidden;
  event.currentTarget.setAttribute('aria-expanded', String(!tokens.hidden));
  if (!tokens.hidden) tokens.elements.name.focus();
});
byId('show').addEventListener('change', event => {
  for (const name of ['old', 'new']) passwords.elements[name].type = event.target.checked ? 'text' : 'password';
});
byId('end-others').addEventListener('click', () => send('sessions/end', {}, 'account.ended_others'));
tokens.elements.access.replaceChildren(...['full', 'read', ...(told.may_file ? ['file'] : [])].map(value => make('option', {value, text: t(`account.access_${value}`)})));
byId('narrow').hidden = !told.grounded;

try {
  show(await api('/api/account'));
} catch (problem) {
  notify(problem.message);
}
