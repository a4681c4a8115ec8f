// The form for a phone: where, what; and who will answer.
import {assignment} from './card.js';
import {api, byId, make, named, notify, t, told} from './common.js';

const form = byId('report');
const place = byId('place');
let fix = null;

form.house_code.value = told.code;
const groups = told.categories.filter(one => !one.parent);
const label = one => (told.lang === 'zh' ? one.name : one.name_en);
form.category.append(make('option', {value: '', text: t('report.choose_category')}), ...groups.map(group => {
  const parts = told.categories.filter(one => one.parent === group.code);
  return make('optgroup', {label: label(group)}, ...[group, ...parts].map(one => make('option', {value: one.code, text: label(one)})));
}));

byId('locate').addEventListener('click', () => {
  if (!navigator.geolocation) {
    place.textContent = t('report.no_gps');
    return;
  }
  place.textContent = t('report.locating');
  navigator.geolocation.getCurrentPosition(({coords}) => {
    fix = {lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy), datum: 'wgs84'};
    place.textContent = t('report.located', {lon: fix.lon.toFixed(6), lat: fix.lat.toFixed(6), metres: fix.accuracy_m});
  }, () => { place.textContent = t('report.no_gps'); }, {enableHighAccuracy: true, timeout: 15000, maximumAge: 30000});
});

function mark(errors) {
  for (const old of form.querySelectorAll('.wrong')) old.remove();
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  for (const {field, message} of errors) {
    const input = form.elements[{lon: 'address', lat: 'address'}[field] ?? field];
    if (!input) continue;
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

function show(answer) {
  const host = byId('answer');
  host.replaceChildren(
    make('h1', {text: t('report.sent', {id: answer.incident.id})}),
    make('p', {text: t('report.state', {state: named('state', answer.incident.state)})}),
    ...answer.assignments.map(assignment),
    make('button', {type: 'button', class: 'wide', text: t('report.another'), onclick: again}));
  host.hidden = false;
  form.hidden = true;
  host.focus();
}

function again() {
  form.reset();
  form.house_code.value = told.code;
  fix = null;
  place.textContent = '';
  byId('answer').hidden = true;
  form.hidden = false;
}

// One number for each form, so that what is sent twice over a bad line is filed once.
let number = crypto.randomUUID?.() ?? String(Date.now() + Math.random());

form.addEventListener('submit', async event => {
  event.preventDefault();
  const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
  const wrong = missing(given);
  mark(wrong);
  if (wrong.length) return;
  const button = form.querySelector('[type=submit]');
  button.disabled = true;
  try {
    show(await api('/api/reports', {send: {...given, ...fix, channel: told.channel, external_id: number}}));
    number = crypto.randomUUID?.() ?? String(Date.now() + Math.random());
    notify();
  } catch (problem) {
    notify(problem.message);
    mark(problem.body.errors ?? []);
  } finally {
    button.disabled = false;
  }
});
