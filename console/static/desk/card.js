// One matter in full: what, where and why, what was done, what may be done now.
import {api, byId, make, moment, named, notify, query, quiet, t, told as page} from './common.js';
import {clocks} from './clocks.js';
import {Steps, UNDOES, lawful} from './steps.js';

export const KEYS = {verify: 'v', dispatch: 'd', close: 'c', urge: 'u', merge: 'm'};

/** Reads an incident with its report's words and its clocks in one object. */
export async function readIncident(id, signal) {
  return told(await api(`/api/incidents/${encodeURIComponent(id)}`, {signal}), id);
}

function told({report, incident, clocks: times, ...more}, id) {
  const of = more.assignments?.find(one => one.scheme === 'base');
  return {...report, ...incident, ...times, at: times.received_at, report_id: report.id,
    area_code: of?.area?.code, ...more, id: Number(id)};
}

export class Card {
  /** `board` knows officers and units; `changed()` is told of a step, `show(incident)` of what is read. */
  constructor(host, {board, changed, show, go, open, leave}) {
    Object.assign(this, {host, board, changed, show, go, open, leave, id: null});
    this.clear();
  }

  clear() {
    this.abort?.abort();
    this.id = this.incident = null;
    this.host.classList.remove('filled');
    this.host.replaceChildren(make('div', {class: 'quiet'}, make('p', {text: t('desk.choose')}), make('p', {class: 'small', text: t('street.hint_keys')})));
  }

  /** Shows a matter; `focus` puts the keyboard into the card. */
  async load(id, {focus = false} = {}) {
    const again = this.id === String(id);
    this.id = String(id);
    this.abort?.abort();
    this.abort = new AbortController();
    const {signal} = this.abort;
    this.host.classList.add('filled');
    if (!again) this.host.replaceChildren(this.bar(), quiet('desk.loading'));
    try {
      const [incident, alike, more] = await Promise.all([readIncident(id, signal), this.beside(`/api/incidents/${encodeURIComponent(id)}/duplicates`, signal), this.beside(`/api/desk/beside/${encodeURIComponent(id)}`, signal)]);
      if (this.id === String(id) && !signal.aborted) this.draw({...more, ...incident}, alike, focus);
    } catch (problem) {
      if (problem.name === 'AbortError' || this.id !== String(id)) return;
      const missing = problem.status === 404;
      if (again && !missing) return notify(problem.message);
      this.incident = null;
      this.host.replaceChildren(this.bar(), make('div', {class: 'quiet', role: 'alert'}, make('p', {text: missing ? t('desk.gone') : problem.message}),
        !missing && make('button', {type: 'button', text: t('desk.again'), onclick: () => this.load(id)})));
    }
  }

  // What stands beside a matter may be missing without the card being so.
  async beside(address, signal) {
    try {
      return await api(address, {signal});
    } catch (problem) {
      if (problem.name === 'AbortError') throw problem;
      return {};
    }
  }

  draw(incident, {duplicates = [], merged = []}, focus) {
    this.incident = incident;
    const scrolled = this.host.scrollTop;
    const active = this.host.contains(document.activeElement) ? document.activeElement.name : null;
    this.steps = new Steps(incident, {
      people: this.board?.people, units: this.board?.units, duplicates, candidates: incident.candidates ?? null, keys: KEYS,
      done: (action, after) => this.done(action, after), refused: (action, problem) => this.refused(action, problem)});
    this.host.replaceChildren(this.bar(), ...this.parts(incident, duplicates, merged));
    this.host.scrollTop = scrolled;
    if (active) this.host.querySelector(`[name="${CSS.escape(active)}"]`)?.focus();
    else if (focus) this.host.focus({preventScroll: true});
    this.show?.(incident);
  }

  bar() {
    const {id} = this;
    return make('div', {class: 'card-bar'}, make('b', {text: t('desk.incident', {id})}),
      make('a', {class: 'button', href: `/api/incidents/${id}.pdf`, target: '_blank', rel: 'noopener', text: t('desk.print'), 'data-print': true}),
      make('button', {type: 'button', text: t('desk.copy_link'), onclick: () => this.copy()}),
      make('button', {type: 'button', class: 'close', 'aria-label': t('desk.close_card'), title: 'Esc', text: '✕', onclick: () => this.leave()}));
  }

  async copy() {
    const link = `${location.origin}/street?${query({incident: this.id})}`;
    try {
      await navigator.clipboard.writeText(link);
      notify(t('desk.copied'), true);
    } catch {
      notify(link, true);
    }
  }

  parts(incident, duplicates, merged) {
    const {emergency, urgency, state, tier, pending} = incident;
    return [
      make('div', {class: `card-head urgency${urgency}`},
        make('p', {class: 'tags'}, make('span', {class: `tag u${urgency}`, text: named('urgency', urgency)}), make('span', {class: 'tag', text: named('state', state)}), make('span', {class: 'tag', text: named('tier', tier)}),
          incident.category_name && make('span', {class: 'tag', text: page.lang === 'en' ? incident.category_en ?? incident.category_name : incident.category_name}), incident.suspended_at && make('span', {class: 'tag', text: t('state.suspended')}),
          pending && make('span', {class: 'tag u2', text: t('desk.pending', {action: named('desk.do', pending)})}), emergency && urgency < 3 && make('span', {class: 'tag u3', text: t('urgency.3')})),
        make('p', {class: 'words', text: incident.text || incident.summary || (incident.erased_at ? t('desk.erased') : '—')}),
        incident.merged_into && make('p', {}, t('desk.merged_into'), ' ', this.link(incident.merged_into)),
        clocks(incident, true)),
      this.steps.host,
      this.place(incident),
      photos(incident.photos),
      this.people(incident),
      this.told(incident, duplicates, merged),
      make('div', {class: 'block'}, make('h3', {text: t('desk.steps')}), make('ol', {class: 'steps'}, ...[...incident.steps].reverse().map(step))),
      ...(incident.assignments ?? []).filter(one => one.scheme !== 'base').map(one => assignment(one)),
    ].filter(Boolean);
  }

  link(id) {
    return make('button', {type: 'button', class: 'plain', text: `#${id}`, onclick: () => this.open(id)});
  }

  place(incident) {
    const base = incident.assignments?.find(one => one.scheme === 'base');
    const code = incident.house_code ?? incident.building_code;
    const path = (base?.area?.path ?? []).concat(base?.area ?? []).filter((one, index, all) => all.findIndex(other => other.code === one.code) === index);
    return make('div', {class: 'block'}, make('h3', {}, t('desk.place'), base && make('span', {class: 'small', text: ` · ${named('how', base.how)}${base.distance_m > 0 ? ` ${Math.round(base.distance_m)} m` : ''}`})),
      incident.address && make('p', {text: incident.address}),
      make('p', {class: 'path'}, path.length ? path.flatMap((one, index) => [index ? ' › ' : null, make('button', {type: 'button', class: 'plain', text: one.name, onclick: () => this.go({area: one.code})})]) : t('desk.no_area')),
      code && make('p', {}, make('a', {href: `/place/${encodeURIComponent(code)}`, text: t('desk.place_page', {code})})));
  }

  people(incident) {
    const base = incident.assignments?.find(one => one.scheme === 'base');
    const {officer, unit, answerable} = incident;
    const handler = unit ?? officer ?? base?.officer;
    const phone = this.board?.people.find(one => one.code === handler?.id)?.phone;
    return make('div', {class: 'block'}, make('h3', {text: t('desk.answers')}),
      make('p', {}, make('b', {text: handler?.name ?? t('desk.no_officer')}), handler?.id === base?.officer?.id && base?.officer?.role && ` ${named('role', base.officer.role)}`, phone && [' ', make('a', {href: `tel:${phone}`, text: phone})]),
      answerable && make('p', {class: 'small', text: t('desk.first_call', {name: [answerable.name, named('role', answerable.role)].join(' · ')})}),
      base?.why?.length ? make('details', {open: true}, make('summary', {text: t('desk.why')}), make('ul', {class: 'why'}, ...base.why.map(line => make('li', {text: line})))) : null);
  }

  /** Other reports of it, what it may be a double of, and who shares in it. */
  told(incident, duplicates, merged) {
    const shares = incident.extent?.shares ?? [];
    if (!duplicates.length && !shares.length && !merged.length) return null;
    const may = lawful(incident).some(one => one.action === 'absorb' || one.action === 'merge');
    return make('div', {class: 'block'},
      merged.length ? [make('h3', {text: t('desk.reports_count', {count: merged.length})}), make('ul', {class: 'lines'}, ...merged.map(one => make('li', {}, this.link(one))))] : null,
      duplicates.length ? [make('h3', {text: t('desk.duplicates')}), make('ul', {class: 'lines duplicates'}, ...duplicates.map(one => make('li', {},
        make('span', {}, this.link(one.id), ` ${one.text ?? one.summary ?? ''}`, make('span', {class: 'small', text: ` ${[one.distance_m !== null && one.distance_m !== undefined && `${Math.round(one.distance_m)} m`, one.received_at && moment(one.received_at), one.reason?.includes('house_code') && t('desk.same_house')].filter(Boolean).join(' · ')}`})),
        may && make('button', {type: 'button', text: t('desk.do.merge'), onclick: () => this.merge(one.id)}))))] : null,
      shares.length ? [make('h3', {text: t('desk.shares')}), make('ul', {class: 'lines'}, ...shares.map(one => make('li', {text: [t(`desk.share_${one.role}`), one.area.name, `${Math.round(one.share * 100)} %`, one.officer?.name].filter(Boolean).join(' · ')})))] : null);
  }

  merge(other) {
    const action = lawful(this.incident).some(one => one.action === 'merge') ? 'merge' : 'absorb';
    this.act(action);
    const fields = this.steps.host.querySelector('form');
    const shown = fields?.querySelector('input:not([type=hidden])');
    if (!shown) return;
    shown.value = other;
    shown.dispatchEvent(new Event('input', {bubbles: true}));
  }

  /** Opens the form of the first of some actions that is lawful; says so where none is. */
  act(...wanted) {
    if (!this.incident) return false;
    const action = wanted.find(one => this.steps.find(one));
    if (!action) return notify(t('desk.not_lawful', {action: named('desk.do', wanted[0]), state: named('state', this.incident.state)}));
    return this.steps.form(action);
  }

  done(action, after) {
    notify(t('desk.step_taken', {action: named('desk.do', action)}), true);
    const incident = told(after, this.id);
    const undo = UNDOES[action];
    if (undo && lawful(incident).some(one => one.action === undo)) {
      byId('notice').append(' ', make('button', {type: 'button', text: t('desk.undo', {action: named('desk.do', undo)}), onclick: () => { notify(); this.act(undo); }}));
    }
    this.load(this.id);
    this.changed();
  }

  async refused(action, problem) {
    const now = (problem.body.lawful ?? []).map(one => named('desk.do', one)).join('、');
    await this.load(this.id);
    notify(t('desk.moved_on', {action: named('desk.do', action), lawful: now || t('desk.nothing')}));
    this.changed();
  }
}

function photos(given) {
  if (!given?.length) return null;
  const shown = given.map((photo, index) => (/^(\/|data:image\/(png|jpeg|webp|gif);)/.test(photo)
    ? make('a', {href: photo, target: '_blank', rel: 'noopener'}, make('img', {src: photo, loading: 'lazy', alt: t('desk.photo', {number: index + 1})}))
    : make('span', {class: 'small', text: photo})));
  return make('div', {class: 'block'}, make('h3', {text: t('desk.photos')}), make('div', {class: 'photos'}, ...shown));
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

function step({action, at, role, note, to_name: name, until, actor}) {
  return make('li', {}, make('time', {text: moment(at)}), make('span', {}, make('b', {text: named('desk.do', action)}), ' ', make('span', {class: 'small', text: [actor?.name ?? actor, named('desk.actor', role), name && `→ ${name}`, until && t('desk.until_short', {until: moment(until)})].filter(Boolean).join(' · ')})),
    note && make('p', {text: role === 'system' ? t(`desk.system_${note.replace(' ', '_')}`, {otherwise: note}) : note}));
}
