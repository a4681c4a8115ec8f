// One matter in full: what, where and why, what was done, what may be done now.
import {api, deadline, make, moment, named, notify, quiet, t, told} from './common.js';

/** The lawful actions of an incident as buttons; a chosen one asks for what its step needs. */
export function actions(incident, {people = [], done}) {
  const lawful = incident.lawful ?? [];
  const host = make('div', {class: 'block'});
  const buttons = make('div', {class: 'actions', role: 'group', 'aria-label': t('desk.actions')}, ...lawful.map((action, index) => make('button', {
    type: 'button', class: index ? null : 'primary', text: named('desk.do', action), onclick: () => host.replaceChildren(buttons, form(action)),
  })));
  host.append(lawful.length ? buttons : make('p', {class: 'small', text: t('desk.nothing_lawful')}));

  function form(action) {
    const needs = told.needs?.[action] ?? [];
    const officers = people.map(person => make('option', {value: `officer:${person.id}`, text: `${person.name} · ${named('role', person.role)} · ${person.areas}`}));
    if (told.caller.officer_id) officers.unshift(make('option', {value: `officer:${told.caller.officer_id}`, text: t('desk.myself')}));
    const to = !needs.includes('to') ? null : officers.length
      ? make('select', {name: 'to'}, ...officers) : make('input', {name: 'to', placeholder: 'officer:1', required: true});
    const fields = make('form', {class: 'step-form', onsubmit: event => submit(event, action)},
      make('b', {text: named('desk.do', action)}),
      to && make('label', {}, t('desk.to'), to),
      needs.includes('until') && make('label', {}, t('desk.until'), make('input', {name: 'until', type: 'datetime-local', required: true})),
      make('label', {}, t(needs.includes('note') ? 'desk.note' : 'desk.note_if_wanted'), make('textarea', {name: 'note', rows: 3, maxlength: 2000})),
      make('div', {class: 'actions'}, make('button', {class: 'primary', text: t('desk.confirm')}),
        make('button', {type: 'button', text: t('desk.cancel'), onclick: () => host.replaceChildren(buttons)})));
    setTimeout(() => fields.querySelector('select, input, textarea').focus());
    return fields;
  }

  async function submit(event, action) {
    event.preventDefault();
    const given = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value !== ''));
    if (given.until) given.until = new Date(given.until).toISOString();
    const button = event.target.querySelector('.primary');
    button.disabled = true;
    try {
      await api(`/api/incidents/${incident.id}/steps`, {send: {action, ...given}});
      notify(t('desk.step_taken', {action: named('desk.do', action)}), true);
      done();
    } catch (problem) {
      notify(problem.message);
      button.disabled = false;
      if (problem.status === 409) done();
    }
  }
  return host;
}

/** Reads an incident with its report's words and its clocks in one object. */
export async function readIncident(id, signal) {
  const {report, incident, clocks, ...more} = await api(`/api/incidents/${encodeURIComponent(id)}`, {signal});
  return {...report, ...incident, ...clocks, suspended: Boolean(clocks?.suspended_at), ...more, id};
}

export class Card {
  constructor(host, {people, changed}) {
    Object.assign(this, {host, people, changed, id: null});
    this.clear();
  }

  clear() {
    this.id = null;
    this.host.replaceChildren(quiet('desk.choose'));
  }

  async open(id, row = {}) {
    const again = this.id === id;
    this.id = id;
    this.abort?.abort();
    this.abort = new AbortController();
    if (!again) this.host.replaceChildren(quiet('desk.loading'));
    try {
      const incident = await readIncident(id, this.abort.signal);
      if (this.id === id) this.host.replaceChildren(...this.parts({...row, ...incident}));
    } catch (problem) {
      if (problem.name !== 'AbortError') this.host.replaceChildren(make('p', {class: 'quiet', text: problem.status === 404 ? t('desk.gone') : problem.message}));
    }
  }

  parts(incident) {
    const done = () => { this.open(this.id, incident); this.changed(); };
    const tags = [named('state', incident.state), named('tier', incident.tier), incident.class && named('class', incident.class)].filter(Boolean);
    return [
      make('h2', {}, t('desk.incident', {id: incident.id}), deadline(incident)),
      make('div', {class: 'block'},
        make('p', {class: 'tags'}, ...tags.map(text => make('span', {class: 'tag', text})),
          incident.urgency >= 0 && make('span', {class: `tag u${incident.urgency}`, text: named('urgency', incident.urgency)})),
        make('p', {text: incident.text ?? incident.summary ?? ''}),
        make('p', {class: 'small', text: [moment(incident.at ?? incident.received_at), incident.address].filter(Boolean).join(' · ')})),
      actions(incident, {people: this.people(), done}),
      ...(incident.assignments ?? []).map(assignment),
      incident.steps?.length ? make('div', {class: 'block'}, make('h3', {text: t('desk.steps')}), make('ol', {class: 'steps'}, ...incident.steps.map(step))) : null,
    ].filter(Boolean);
  }
}

export function assignment({scheme, area, officer, how, distance_m: distance, why}) {
  const names = (area?.path ?? []).map(one => one.name);
  if (area && names.at(-1) !== area.name) names.push(area.name);
  return make('div', {class: 'block'},
    make('h3', {text: `${t(`desk.scheme_${scheme}`, {otherwise: scheme})} · ${named('how', how)}${distance > 0 ? ` · ${Math.round(distance)} m` : ''}`}),
    make('p', {text: names.join(' › ') || t('desk.no_area')}),
    make('p', {}, make('b', {text: officer ? officer.name : t('desk.no_officer')}), officer && ` ${named('role', officer.role)}`),
    why?.length ? make('ul', {class: 'why', 'aria-label': t('desk.why')}, ...why.map(line => make('li', {text: line}))) : null);
}

function step({action, at, role, note}) {
  return make('li', {}, make('time', {text: moment(at)}), make('b', {text: named('desk.do', action)}),
    make('p', {text: [named('desk.actor', role), note].filter(Boolean).join('：')}));
}
