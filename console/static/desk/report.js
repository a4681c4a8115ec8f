// The form for a phone: where (a scanned door plate says it), what; and who will answer.
import {assignment} from './card.js';
import {api, byId, make, named, notify, query, t, told} from './common.js';
import {Draft} from './draft.js';

const form = byId('report');
const place = byId('place');
const scanned = told.place;
const area = scanned && !['building', 'house'].includes(scanned.kind);
const draft = new Draft(`gridwall.report.${told.caller.name}.${told.code}`);
let fix = null;

const groups = told.categories.filter(one => !one.parent);
const label = one => (told.lang === 'zh' ? one.name : one.name_en);
form.category.append(make('option', {value: '', text: t('report.choose_category')}), ...groups.map(group => {
  const parts = told.categories.filter(one => one.parent === group.code);
  return make('optgroup', {label: label(group)}, ...[group, ...parts].map(one => make('option', {value: one.code, text: label(one)})));
}));

/** The place as the plate says it: a code, or for a grid its middle, with how far off that may be. */
function fromPlate() {
  fix = area && scanned.leaf ? {lon: scanned.lon, lat: scanned.lat, datum: 'cgcs2000', accuracy_m: scanned.reach_m} : null;
  form.house_code.value = scanned && !area ? scanned.code : told.usable ? told.code : '';
}

async function showPlace() {
  if (!told.code) return;
  if (!scanned) {
    byId('unknown').textContent = t(told.usable ? 'report.unknown_code' : 'report.wrong_code', {code: told.code});
    byId('unknown').hidden = false;
    return;
  }
  const path = (scanned.path ?? []).map(step => step.name).join(' › ');
  const who = make('p', {class: 'small', role: 'status'});
  byId('scanned').append(make('span', {}, make('span', {class: 'tag', text: t(`report.kind_${scanned.kind}`)})),
    make('b', {text: scanned.name}), path !== scanned.name && make('span', {class: 'small', text: path}), who);
  byId('scanned').hidden = false;
  if (area) who.textContent = t(scanned.leaf ? 'report.add_detail' : 'report.say_where');
  // A plate tells the place: where one is only matters when the matter is elsewhere.
  byId('elsewhere').firstElementChild.hidden = false;
  byId('elsewhere').open = Boolean(area);
  if (told.asks_who && (!area || scanned.leaf)) await showOfficer(who);
}

async function showOfficer(who) {
  const where = area ? {lon: scanned.lon, lat: scanned.lat, datum: 'cgcs2000', scheme: scanned.scheme} : {code: scanned.code, scheme: 'base'};
  try {
    const [first] = (await api(`/api/locate?${query(where)}`)).assignments;
    const words = [first?.area?.name, first?.officer && `${first.officer.name}（${named('role', first.officer.role)}）`].filter(Boolean);
    if (words.length) who.prepend(make('span', {text: t('report.answers', {who: words.join(' · ')})}), area ? ' ' : '');
  } catch { /* Who answers is told again when the report is in. */ }
}

byId('locate').addEventListener('click', () => {
  if (!navigator.geolocation) {
    place.textContent = t('report.no_gps');
    return;
  }
  place.textContent = t('report.locating');
  navigator.geolocation.getCurrentPosition(({coords}) => {
    fix = {lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy), datum: 'wgs84'};
    form.house_code.value = '';
    place.textContent = t('report.located', {lon: fix.lon.toFixed(6), lat: fix.lat.toFixed(6), metres: fix.accuracy_m});
    keep();
  }, () => { place.textContent = t('report.no_gps'); }, {enableHighAccuracy: true, timeout: 15000, maximumAge: 30000});
});

function mark(errors) {
  for (const old of form.querySelectorAll('.wrong')) old.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  for (const {field, message} of errors) {
    const input = form.elements[{lon: 'address', lat: 'address'}[field] ?? field];
    if (!input) continue;
    const fold = input.closest('details');
    if (fold) fold.open = true;
    input.setAttribute('aria-invalid', 'true');
    input.closest('label').append(make('span', {class: 'wrong', text: message}));
  }
  form.querySelector('[aria-invalid]')?.focus();
}

/** What is missing before anything is sent. */
function missing(given) {
  const found = [];
  if (!fix && !given.address && !given.house_code) found.push({field: 'address', message: t('report.need_place')});
  if (!given.category) found.push({field: 'category', message: t('report.need_category')});
  if (!given.text) found.push({field: 'text', message: t('report.need_text')});
  return found;
}

const given = () => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
const keep = () => draft.keep({...given(), fix});

function sayDraft(key) {
  byId('draft').hidden = !key;
  byId('draft').firstElementChild.textContent = key ? t(key) : '';
}

function restore() {
  fromPlate();
  const {fix: kept, ...fields} = draft.content ?? {};
  if (!draft.content) return;
  for (const [name, value] of Object.entries(fields)) if (form.elements[name]) form.elements[name].value = value;
  fix = kept ?? fix;
  sayDraft(draft.waiting ? 'report.waiting' : 'report.restored');
}

function show(answer) {
  const host = byId('answer');
  host.replaceChildren(
    make('h1', {}, make('span', {class: 'big', text: t('report.sent', {id: answer.incident.id})})),
    make('p', {text: t('report.state', {state: named('state', answer.incident.state)})}),
    ...answer.assignments.map(assignment),
    make('button', {type: 'button', class: 'wide', text: t('report.another'), onclick: again}));
  host.hidden = false;
  form.hidden = true;
  host.focus();
}

function again() {
  form.reset();
  mark([]);
  place.textContent = '';
  fromPlate();
  byId('answer').hidden = true;
  form.hidden = false;
}

let sending = false;

async function send() {
  const fields = given();
  const wrong = missing(fields);
  mark(wrong);
  if (wrong.length || sending) return;
  const button = form.querySelector('[type=submit]');
  button.disabled = sending = true;
  keep();
  try {
    const answer = await api('/api/reports', {send: {...fields, ...fix, channel: told.channel, external_id: draft.number}});
    draft.drop();
    sayDraft(null);
    show(answer);
    notify();
  } catch (problem) {
    // Whether it arrived is not known: under the draft's number it can't be filed twice.
    draft.wait(!problem.status || problem.status === 503);
    if (draft.waiting) sayDraft('report.waiting');
    notify(problem.message ?? String(problem));
    mark(problem.body?.errors ?? []);
  } finally {
    button.disabled = sending = false;
  }
}

form.addEventListener('input', keep);
form.addEventListener('submit', event => {
  event.preventDefault();
  send();
});
byId('draft').querySelector('button').addEventListener('click', () => {
  draft.drop();
  sayDraft(null);
  again();
});
addEventListener('online', () => { if (draft.waiting && !form.hidden) send(); });
restore();
showPlace();
