// The card of one incident: what it is, who answers for it and why, its clocks and its steps.
import {cityFormat, clockTime, getJson, make} from '../common.js';

const CLOCKS = ['received_at', 'verified_at', 'dispatched_at', 'handled_at', 'closed_at', 'suspended_at', 'stage_deadline_at', 'deadline_at'];

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

  async open(id, kind) {
    this.abort?.abort();
    this.abort = new AbortController();
    this.element.hidden = false;
    this.show(id, make('p', {class: 'quiet loading', text: this.text('wall.loading')}));
    this.element.focus({preventScroll: true});
    try {
      const incident = await getJson(`/api/incidents/${encodeURIComponent(id)}`, this.abort.signal);
      this.show(id, ...this.sections(incident, kind));
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

  sections({report, incident, assignments, clocks, steps}, kind) {
    return [this.summary(report ?? {}, incident ?? {}, kind), this.assignments(assignments ?? []),
      this.clocks(clocks ?? {}), this.steps(steps ?? [])].filter(Boolean);
  }

  summary(report, incident, kind) {
    const {text} = this;
    const category = incident.category ?? report.category;
    const tags = [[text(`class.${category}`, {otherwise: kind ? text(`class.${kind}`) : category}), ''],
      [text(`state.${incident.state}`, {otherwise: incident.state}), 'state'],
      [incident.tier && text(`tier.${incident.tier}`, {otherwise: incident.tier}), ''],
      [incident.urgency >= 0 && text(`urgency.${incident.urgency}`), `u${incident.urgency}`]];
    return make('div', {class: 'block'},
      make('p', {class: 'tags'}, ...tags.filter(([name]) => name).map(([name, style]) => make('span', {class: `tag ${style}`, text: name}))),
      make('p', {class: 'words', text: report.text ?? incident.summary ?? ''}),
      make('p', {class: 'quiet', text: [report.received_at && this.moment(report.received_at), report.address].filter(Boolean).join(' · ')}));
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
    const over = clocks.closed_at ? Infinity : Date.now();
    const rows = CLOCKS.filter(name => clocks[name]).map(name => {
      const late = name.endsWith('deadline_at') && Date.parse(clocks[name]) < over && over !== Infinity;
      return make('p', {class: late ? 'row late' : 'row'},
        make('span', {text: this.text(`wall.clock_${name}`)}), make('b', {text: this.moment(clocks[name])}));
    });
    return this.block('wall.card_clocks', rows);
  }

  steps(steps) {
    return this.block('wall.card_steps', [make('ol', {class: 'steps'}, ...steps.map(step => {
      const role = this.text(`role.${step.role}`, {otherwise: step.role ?? ''});
      return make('li', {}, make('time', {text: step.at ? this.moment(step.at) : ''}),
        make('b', {text: this.text(`step.${step.action}`, {otherwise: step.action})}),
        make('span', {text: [role, step.note].filter(Boolean).join(' · ')}));
    }))], steps.length);
  }

  block(key, children, count = children.length) {
    if (!count) return null;
    return make('div', {class: 'block'}, make('h3', {text: this.text(key)}), ...children);
  }

  moment(value) {
    const date = cityFormat(value, this.lang, {month: '2-digit', day: '2-digit'});
    return `${date} ${clockTime(value, this.lang)}`;
  }
}
