// The card of one incident: what it is, who answers for it and why, its clocks and its steps.
import {clockTime, getJson, locale, make} from '../common.js';

export class Drawer {
  constructor({host, lang, text, onClose}) {
    Object.assign(this, {lang, text, onClose});
    this.element = make('section', {class: 'drawer', role: 'dialog', 'aria-modal': 'false', 'aria-label': text('wall.card'), tabindex: '-1', hidden: true});
    host.append(this.element);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  close() {
    if (!this.isOpen) return;
    this.element.hidden = true;
    this.abort?.abort();
    this.onClose();
  }

  async open(id) {
    this.abort?.abort();
    this.abort = new AbortController();
    this.element.hidden = false;
    this.show(id, make('p', {class: 'quiet loading', text: this.text('wall.loading')}));
    this.element.focus({preventScroll: true});
    try {
      const incident = await getJson(`/api/incidents/${encodeURIComponent(id)}`, this.abort.signal);
      this.show(id, ...this.sections(incident));
    } catch (error) {
      if (error.name === 'AbortError') return;
      const key = error.status === 404 ? 'wall.card_gone' : 'wall.card_failed';
      this.show(id, make('p', {class: 'quiet', text: this.text(key)}));
    }
  }

  show(id, ...content) {
    const close = make('button', {type: 'button', class: 'close', 'aria-label': this.text('wall.close'), text: '×', onclick: () => this.close()});
    const head = make('header', {}, make('h2', {text: this.text('wall.card_title', {id})}), close);
    this.element.replaceChildren(head, make('div', {class: 'drawer-body'}, ...content));
  }

  sections(incident) {
    return [this.summary(incident), this.assignments(incident.assignments ?? []),
      this.clocks(incident.clocks ?? []), this.steps(incident.steps ?? [])];
  }

  summary(incident) {
    const {text} = this;
    const kind = incident.category_name ?? text(`class.${incident.class ?? incident.category}`, {otherwise: incident.category ?? ''});
    const tags = [[kind, ''], [text(`state.${incident.state}`, {otherwise: incident.state}), 'state'],
      [incident.tier && text(`tier.${incident.tier}`, {otherwise: incident.tier}), ''],
      [incident.urgency >= 0 && text(`urgency.${incident.urgency}`), `u${incident.urgency}`]];
    const reports = incident.reports ?? [];
    const body = incident.text ?? reports[0]?.text ?? '';
    const at = incident.reported_at ?? incident.opened_at ?? incident.created_at ?? reports[0]?.received_at;
    return make('div', {class: 'block'},
      make('p', {class: 'tags'}, ...tags.filter(([name]) => name).map(([name, style]) => make('span', {class: `tag ${style}`, text: name}))),
      make('p', {class: 'words', text: body}),
      make('p', {class: 'quiet', text: [at && this.moment(at), incident.address].filter(Boolean).join(' · ')}));
  }

  assignments(list) {
    const {text} = this;
    return this.block('wall.card_assignment', list.map(({scheme, area, officer, how, distance_m: distance, why}) => {
      const path = [...(area?.path ?? []).map(step => step.name), area?.name].filter(Boolean);
      const places = path.filter((name, index) => name !== path[index - 1]);
      const role = officer?.role ? text(`role.${officer.role}`, {otherwise: officer.role}) : null;
      const near = distance > 0 ? `${Math.round(distance)} m` : null;
      return make('article', {class: 'assignment'},
        make('p', {class: 'place'}, make('b', {text: places.join(' › ') || text('wall.no_area')}),
          make('span', {class: 'tag', text: [scheme, text(`how.${how}`, {otherwise: how}), near].filter(Boolean).join(' · ')})),
        make('p', {class: 'officer', text: officer ? [officer.name, role].filter(Boolean).join(' · ') : text('wall.no_officer')}),
        make('ol', {class: 'why', 'aria-label': text('wall.card_why')}, ...(why ?? []).map(line => make('li', {text: line}))));
    }));
  }

  clocks(clocks) {
    const list = Array.isArray(clocks) ? clocks : Object.entries(clocks).map(([name, value]) => ({name, ...(typeof value === 'object' ? value : {deadline_at: value})}));
    return this.block('wall.card_clocks', list.filter(Boolean).map(clock => {
      const due = clock.deadline_at ?? clock.due_at ?? clock.deadline;
      const name = clock.name ?? clock.step ?? clock.kind ?? '';
      const late = clock.overdue ?? (due && !clock.stopped_at && new Date(due) < new Date());
      return make('p', {class: late ? 'row late' : 'row'},
        make('span', {text: this.text(`step.${name}`, {otherwise: name})}), make('b', {text: due ? this.moment(due) : '—'}));
    }));
  }

  steps(steps) {
    return this.block('wall.card_steps', [make('ol', {class: 'steps'}, ...steps.map(step => {
      const name = step.action ?? step.step ?? step.name ?? '';
      const who = step.actor_name ?? step.by ?? step.actor ?? '';
      return make('li', {}, make('time', {text: step.at ? this.moment(step.at) : ''}),
        make('b', {text: this.text(`step.${name}`, {otherwise: name})}),
        make('span', {text: [typeof who === 'object' ? who?.name : who, step.note].filter(Boolean).join(' · ')}));
    }))], steps.length);
  }

  block(key, children, count = children.length) {
    if (!count) return null;
    return make('div', {class: 'block'}, make('h3', {text: this.text(key)}), ...children);
  }

  moment(value) {
    const day = new Date(value);
    const date = new Intl.DateTimeFormat(locale(this.lang), {month: '2-digit', day: '2-digit'}).format(day);
    return `${date} ${clockTime(day, this.lang)}`;
  }
}
