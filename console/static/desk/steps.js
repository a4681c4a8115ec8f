// The lawful steps of a matter as buttons, and the form that each needs. What was typed is kept
// until the step is taken, whatever happens to the matter or the connection meanwhile.
import {api, make, named, number, query, t, told} from './common.js';

const drafts = new Map();
// The step that undoes one, where it is lawful afterwards.
export const UNDOES = {suspend: 'resume', merge: 'split', close: 'reopen', reject: 'reopen', escalate: 'return'};
export const GRAVE = new Set(['close', 'reject', 'merge', 'absorb', 'escalate', 'split', 'return', 'reopen']);
// What brings a matter on, the first that is lawful is the button that stands out.
const NEXT = ['approve', 'locate', 'verify', 'dispatch', 'accept', 'handle', 'check', 'close', 'resume', 'split', 'assess'];
const KINDS = {merge: ['incident'], absorb: ['incident']};
const hour = 3600e3;
const QUICK = [['4h', 4 * hour], ['1d', 24 * hour], ['3d', 72 * hour], ['7d', 168 * hour]];

/** What the caller may do now: `[{action, needs, target_kinds}]`, from either form of the answer. */
export const lawful = incident => incident.actions
  ?? (incident.lawful ?? []).map(action => ({action, needs: told.needs?.[action] ?? [], target_kinds: KINDS[action] ?? ['officer', 'unit']}));

const wall = new Intl.DateTimeFormat('sv-SE', {timeZone: told.time_zone, dateStyle: 'short', timeStyle: 'short'});
/** A moment as the city's clocks show it, for a field; and back. */
const toField = date => wall.format(date).replace(' ', 'T');
function fromField(text) {
  const asUtc = new Date(`${text}Z`);
  return new Date(asUtc.getTime() * 2 - new Date(`${toField(asUtc)}Z`).getTime()).toISOString();
}

/** Buttons and form of one matter; `form(action)` opens one from outside, such as by a key. */
export class Steps {
  constructor(incident, {people = [], units = [], duplicates = [], candidates = null, done, refused, keys = {}}) {
    Object.assign(this, {incident, people, units, duplicates, candidates, done, refused});
    this.allowed = lawful(incident);
    const next = NEXT.find(action => this.find(action));
    this.buttons = make('div', {class: 'actions', role: 'group', 'aria-label': t('desk.actions')}, ...this.allowed.map(({action}) => make('button', {
      type: 'button', class: action === next ? 'primary' : null, 'data-action': action, onclick: () => this.form(action),
    }, named('desk.do', action), keys[action] && make('kbd', {text: keys[action]}))));
    this.host = make('div', {class: 'block steps-to-take'}, this.allowed.length ? this.buttons : make('p', {class: 'small', text: t('desk.nothing_lawful')}));
    this.restore();
  }

  get draft() {
    return drafts.get(String(this.incident.id));
  }

  /** After a refresh: the form that was open, with what stood in it; or its words, kept for the next. */
  restore() {
    if (!this.draft) return;
    if (this.find(this.draft.action)) this.form(this.draft.action, false);
    else if (this.draft.note) this.host.append(make('p', {class: 'kept small', text: t('desk.kept', {note: this.draft.note})}));
  }

  find(action) {
    return this.allowed.find(one => one.action === action);
  }

  close() {
    drafts.delete(String(this.incident.id));
    this.host.replaceChildren(this.buttons);
  }

  form(action, focus = true) {
    const rule = this.find(action);
    if (!rule) return false;
    const {needs} = rule;
    const kept = this.draft?.action === action ? this.draft : {note: this.draft?.note};
    const [to, until] = [needs.includes('to') && this.to(rule, kept.to), needs.includes('until') && this.until(kept.until)];
    const fields = make('form', {class: `step-form ${GRAVE.has(action) ? 'grave' : ''}`, 'data-action': action, onsubmit: event => this.submit(event, action), oninput: () => this.keep(action, fields)},
      make('b', {text: named('desk.do', action)}), GRAVE.has(action) && make('p', {class: 'small', text: t(`desk.grave_${action}`)}),
      to, until,
      make('label', {}, t(needs.includes('note') ? 'desk.note' : 'desk.note_if_wanted'), make('textarea', {name: 'note', rows: 2, maxlength: 2000, required: needs.includes('note')})),
      make('p', {class: 'wrong', role: 'alert', hidden: true}),
      make('div', {class: 'actions'}, make('button', {class: 'primary', text: t('desk.confirm_action', {action: named('desk.do', action)})}),
        make('button', {type: 'button', text: t('desk.cancel'), onclick: () => this.close()})));
    fields.elements.note.value = kept.note ?? '';
    fields.addEventListener('keydown', event => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) fields.requestSubmit(); });
    this.host.replaceChildren(this.buttons, fields);
    if (focus) fields.querySelector('input:not([type=hidden]), select, textarea')?.focus();
    this.keep(action, fields);
    return true;
  }

  keep(action, fields) {
    drafts.set(String(this.incident.id), {action, ...Object.fromEntries(new FormData(fields))});
  }

  to({action, target_kinds: kinds = []}, kept) {
    if (kinds.includes('incident')) return this.toIncident(action, kept);
    if (kinds.some(kind => ['house', 'building', 'point'].includes(kind))) return this.toPlace(kept);
    return this.toHandler(kinds, kept);
  }

  /** To whom it can be sent, with their load: the nearest and those on shift first, then units. */
  toHandler(kinds, kept) {
    const select = make('select', {name: 'to', required: true, size: 6, 'aria-label': t('desk.to')}, make('option', {value: '', text: t('desk.loading')}));
    const load = one => this.people.concat(this.units).find(other => other.code === one.code);
    const label = one => [one.name, one.role && named('role', one.role), one.area, one.on_shift === false && t('desk.off_shift'),
      load(one) && t('desk.load', {open: number(load(one).open), late: number(load(one).late)})].filter(Boolean).join(' · ');
    const group = (rows, title) => (rows.length ? make('optgroup', {label: t(title)}, ...rows.map(one => make('option', {value: one.to, text: label(one)}))) : null);
    const fill = ({officers, units}) => {
      const mine = told.caller.officer_id ? [{to: `officer:${told.caller.officer_id}`, name: t('desk.myself')}] : [];
      const people = kinds.includes('officer') ? [...mine, ...officers.filter(one => one.to !== mine[0]?.to)] : [];
      select.replaceChildren(...[group(people, 'desk.officers'), kinds.includes('unit') && group(units, 'desk.units')].filter(Boolean));
      const wanted = [kept, this.incident.officer?.to, people[0]?.to, units[0]?.to].find(to => to && [...select.options].some(option => option.value === to));
      select.value = wanted ?? '';
      select.dispatchEvent(new Event('input', {bubbles: true}));
    };
    api(`/api/incidents/${this.incident.id}/targets`).then(fill).catch(problem => { select.firstChild.textContent = problem.message; });
    const find = make('input', {type: 'search', placeholder: t('desk.find_handler'), 'aria-label': t('desk.find_handler'), oninput: event => {
      event.stopPropagation();
      const words = find.value.trim();
      for (const option of select.options) option.hidden = !option.textContent.includes(words);
      if (select.selectedOptions[0]?.hidden !== false) select.value = [...select.options].find(option => !option.hidden)?.value ?? '';
    }, onkeydown: event => {
      if (event.key === 'ArrowDown') select.focus();
      else if (event.key === 'Enter') event.preventDefault();
    }});
    return make('div', {class: 'to'}, make('label', {}, t('desk.to'), find), select);
  }

  toIncident(action, kept) {
    const known = make('datalist', {id: 'known-matters'}, ...this.duplicates.map(one => make('option', {value: one.id, text: one.text ?? one.summary ?? ''})));
    const number = (kept ?? (this.duplicates[0] && `incident:${this.duplicates[0].id}`) ?? '').replace('incident:', '');
    const hidden = make('input', {type: 'hidden', name: 'to', value: number && `incident:${number}`});
    const shown = make('input', {inputmode: 'numeric', pattern: '[0-9]+', required: true, list: 'known-matters', value: number, placeholder: t('desk.incident_number'), oninput: () => { hidden.value = `incident:${shown.value.trim()}`; }});
    return make('label', {}, t(`desk.to_${action}`), shown, hidden, known);
  }

  /** Standard addresses that read like what was reported, or like what is typed here. */
  toPlace(kept) {
    const select = make('select', {name: 'to', required: true, size: 6});
    const fill = rows => {
      select.replaceChildren(...rows.map(one => make('option', {value: one.house_code ? `house:${one.house_code}` : one.building_code ? `building:${one.building_code}` : `point:${one.lon},${one.lat}`,
        text: [one.text, one.score !== undefined && `${Math.round(one.score * 100)} %`].filter(Boolean).join(' · ')})));
      if (kept) select.value = kept;
      else if (rows.length) select.selectedIndex = 0;
      select.dispatchEvent(new Event('input', {bubbles: true}));
    };
    let waiting;
    const ask = words => api(`/api/addresses?${query({q: words, limit: 8})}`).then(fill).catch(() => fill([]));
    const find = make('input', {type: 'search', value: this.incident.address ?? this.incident.text ?? '', maxlength: 200, oninput: event => {
      event.stopPropagation();
      clearTimeout(waiting);
      waiting = setTimeout(() => find.value.trim() && ask(find.value.trim()), 250);
    }});
    if (this.candidates) fill(this.candidates);
    else if (find.value.trim()) ask(find.value.trim().slice(0, 100));
    return make('div', {class: 'to'}, make('label', {}, t('desk.find_place'), find), select);
  }

  until(kept) {
    const field = make('input', {name: 'until', type: 'datetime-local', required: true, min: toField(new Date()), value: kept});
    const from = Math.max(Date.now(), new Date(this.incident.deadline_at ?? 0).getTime());
    return make('div', {class: 'to'}, make('label', {}, t('desk.until'), field), make('div', {class: 'quick'}, ...QUICK.map(([name, length]) => make('button', {type: 'button', text: t(`desk.plus_${name}`), onclick: () => {
      field.value = toField(new Date(from + length));
      field.dispatchEvent(new Event('input', {bubbles: true}));
    }}))));
  }

  async submit(event, action) {
    event.preventDefault();
    const fields = event.target;
    const given = Object.fromEntries([...new FormData(fields)].filter(([, value]) => value !== ''));
    if (given.until) given.until = fromField(given.until);
    const [button, wrong] = [fields.querySelector('.primary'), fields.querySelector('.wrong')];
    button.disabled = true;
    wrong.hidden = true;
    try {
      const after = await api(`/api/incidents/${this.incident.id}/steps`, {send: {action, ...given}});
      drafts.delete(String(this.incident.id));
      this.done(action, after);
    } catch (problem) {
      wrong.hidden = false;
      wrong.textContent = problem.message;
      button.disabled = false;
      if (problem.status === 409) this.refused?.(action, problem);
    }
  }
}
