// Tooltip, help, banner and the tour's sign.
import {cityNow, clockTime, make} from '../common.js';

export class Tooltip {
  /** `officers`: the trails that are shown; `cells`: the hexagons. */
  constructor({host, lang, text, store, classes, loads, officers, cells}) {
    Object.assign(this, {lang, text, store, classes, loads, officers, cells});
    this.element = make('div', {class: 'tooltip', role: 'tooltip', hidden: true});
    host.append(this.element);
  }

  show({picked, x, y, layer, index, object}) {
    const lines = picked ? this.lines(layer?.id ?? '', index, object) : null;
    this.element.hidden = !lines;
    if (!lines) return;
    this.element.replaceChildren(...lines.map((line, at) => make(at ? 'p' : 'b', {text: line})));
    const flip = x > this.element.parentElement.clientWidth * 0.7;
    this.element.style.transform = `translate(${x + (flip ? -14 : 14)}px, ${y + 12}px)${flip ? ' translateX(-100%)' : ''}`;
  }

  lines(id, index, object) {
    const {text} = this;
    if (id.startsWith('incidents')) {
      const row = this.store.rows[index];
      return row && [text(`class.${this.classes[row.c]}`), row.t,
        [text(`urgency.${row.u}`), text(`state.${row.s}`, {otherwise: row.s})].join(' · '), row.n].filter(Boolean);
    }
    if (id.startsWith('trails')) {
      const {name, officer_id: code, at} = this.officers()?.rows[index] ?? {};
      return at && [name ?? code, text('layer.seen', {time: clockTime(at.at(-1) * 1000, this.lang)})];
    }
    if (id.startsWith('hexagons')) {
      const cells = this.cells();
      return cells && [text('wall.area_load', {count: cells.count[index]}), text('layer.radius', {metres: cells.radius})];
    }
    const {name, code, load, height, floors, kind} = object?.properties ?? {};
    if (id.startsWith('areas') || id.startsWith('plinths')) {
      return [name ?? code, code, text('wall.area_load', {count: this.loads.get(String(code)) ?? load ?? 0})];
    }
    return [name || text('wall.building'), text('wall.building_size', {height: Math.round(height ?? 0), floors: floors ?? '—'}),
      kind && text(`wall.kind_${kind}`, {otherwise: kind}), code].filter(Boolean);
  }
}

export function makeHelp({text, onClose}) {
  const keys = [['← → ↑ ↓', 'pan'], ['＋ －', 'zoom'], ['1 – 9', 'layers'], ['l', 'menu'], ['t', 'tour'], ['f', 'full'], ['?', 'help'], ['Esc', 'escape']];
  const help = make('section', {class: 'help', role: 'dialog', 'aria-label': text('wall.help'), hidden: true, onclick: onClose},
    make('div', {}, make('h2', {text: text('wall.help')}),
      make('dl', {}, ...keys.flatMap(([key, name]) => [make('dt', {}, make('kbd', {text: key})), make('dd', {text: text(`wall.key_${name}`)})]))));
  return help;
}

/** One line across the top for what must not be overlooked; the gravest wins. */
export class Banner {
  constructor({host, lang, text}) {
    Object.assign(this, {lang, text, causes: new Map()});
    this.words = make('span');
    const back = encodeURIComponent(location.pathname + location.search);
    this.door = make('a', {href: `/login?next=${back}`, text: text('wall.sign_in')});
    this.element = make('p', {class: 'banner', role: 'alert', hidden: true}, this.words, this.door);
    host.append(this.element);
  }

  /** What a failed request means for who looks on: signed out, or a picture that grows old. */
  fail(cause, {status}, since) {
    this.set(cause, [401, 403].includes(status) ? 'wall.denied' : 'wall.stale', since);
  }

  set(cause, key, since) {
    // A line that never stood has no moment at which it was lost: it is now.
    if (key) this.causes.set(cause, {key, since: Number.isFinite(since) ? since : cityNow()});
    else this.causes.delete(cause);
    const first = ['denied', 'stream', 'database', 'snapshot', 'tiles'].map(name => this.causes.get(name)).find(Boolean);
    this.element.hidden = !first;
    if (!first) return;
    this.door.hidden = first.key !== 'wall.denied';
    this.words.textContent = this.text(first.key, {time: clockTime(first.since, this.lang)});
  }
}
