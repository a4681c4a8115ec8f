// What the address library holds of a building or house: other names, people, dwellings, enterprises.
import {api, make, moment, notify, number, t} from './common.js';

const named = (kind, value) => (value ? t(`place.${kind}.${value}`, {otherwise: value}) : null);
const facts = rows => make('dl', {class: 'facts'}, ...rows.filter(([, value]) => value !== null && value !== undefined && value !== '')
  .map(([name, value]) => make('div', {}, make('dt', {text: t(`place.${name}`)}), make('dd', {}, value))));
const list = (name, rows) => (rows.length ? [make('h3', {text: t(`place.${name}`)}), make('ul', {class: 'lines'}, ...rows.map(row => make('li', {}, ...row.filter(Boolean))))] : []);
const quiet = text => text && make('span', {class: 'small', text});

/** What a person's row says; masked, until somebody with the right says what for. */
function person(one, mayUnmask) {
  const shown = make('b', {text: [one.name, one.phone, one.id_number].filter(Boolean).join(' · ') || t('place.sealed')});
  const row = [shown, quiet(named('person', one.kind)), quiet(named('relation', one.relation))];
  if (mayUnmask) row.push(make('button', {type: 'button', text: t('place.unmask'), onclick: event => ask(one.id, shown, event.target)}));
  return row;
}

function ask(id, shown, button) {
  const purpose = make('input', {name: 'purpose', required: true, minlength: 4, maxlength: 200, placeholder: t('place.purpose'), 'aria-label': t('place.purpose')});
  const form = make('form', {class: 'purpose'}, purpose, make('button', {class: 'primary', text: t('place.unmask_confirm')}), quiet(t('place.unmask_note')));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    try {
      const clear = await api(`/api/persons/${id}/unmask`, {send: {purpose: purpose.value}});
      shown.textContent = [clear.name, clear.phone, clear.id_number].filter(Boolean).join(' · ');
      form.remove();
      notify();
    } catch (problem) {
      notify(problem.message);
    }
  });
  button.replaceWith(form);
  purpose.focus();
}

function names({aliases = [], history = []}) {
  return [
    ...list('aliases', aliases.map(one => [make('b', {text: one.name}), quiet(one.note)])),
    ...list('history', history.map(one => [make('b', {text: one.name}), quiet(one.to && t('place.until', {at: moment(one.to)}))]))];
}

/** Fills a host with what is `asked` of the API for a building or house; leaves it empty where nothing is known. */
export async function showLibrary(host, {kind}, asked) {
  const known = await asked;
  const {counts, dwelling, residents} = known;
  const rows = kind === 'building'
    ? [['houses', number(counts.houses)], ['registered', number(counts.registered_residents)], ['actual', number(counts.actual_residents)], ['let', number(counts.let)],
      ['vacant', number(counts.vacant)], ['enterprises', number(counts.enterprises)], ['employees', number(counts.employees)]]
    : [['use', named('use', dwelling?.use)], ['tenure', named('tenure', dwelling?.tenure)], ['occupancy', named('occupancy', dwelling?.occupancy)],
      ['registered', residents && number(residents.registered)], ['actual', residents && number(residents.actual)]];
  host.append(facts(rows),
    ...list('persons', (known.persons ?? []).map(one => person(one, known.may_unmask))), known.personal_data ? make('p', {class: 'small warning', text: t('place.no_key')}) : '',
    ...list('enterprises', (known.enterprises ?? []).map(one => [make('b', {text: one.name}), quiet(one.employees !== null && t('place.staff', {count: number(one.employees)}))])),
    ...list('objects', (known.objects ?? []).map(one => [make('b', {text: one.name}), quiet(document.documentElement.lang === 'en' ? one.category_name_en : one.category_name)])),
    ...names(known));
}
