// The newest reports; live ones come in at the top at once.
import {announce, clockTime, make} from '../common.js';

const MOST = 12;

export class Newest {
  constructor({host, text, lang, colours}) {
    Object.assign(this, {text, lang, colours, rows: []});
    this.list = make('ol', {class: 'feed', 'aria-live': 'off'});
    host.append(this.list);
  }

  isEmpty({newest}) {
    return !newest?.length && !this.rows.length;
  }

  show({newest = []}) {
    this.rows = newest;
    this.draw();
  }

  live({id, at, t, class: kind, s, n, u}) {
    const old = this.rows.find(row => row.id === id);
    if (old) Object.assign(old, {state: s, urgency: u});
    else if (!this.rows.length || !at || new Date(at) >= new Date(this.rows.at(-1).at)) {
      this.rows = [{id, at, text: t, class: kind, state: s, area_name: n, urgency: u, fresh: true}, ...this.rows].slice(0, MOST);
    }
    this.draw();
  }

  draw() {
    this.list.replaceChildren(...this.rows.slice(0, MOST).map(row => this.item(row)));
    for (const row of this.rows) row.fresh = false;
  }

  item({id, at, text: words, class: kind, state, area_name: area, urgency, fresh}) {
    return make('li', {class: [fresh && 'fresh', urgency === 3 && 'emergency'].filter(Boolean).join(' ')},
      make('button', {type: 'button', 'data-incident': id, onclick: () => announce('open-incident', id)},
        make('i', {'--tone': this.colours[kind] ?? '#c8d2e1', title: this.text(`class.${kind}`)}),
        make('span', {class: 'words', text: words}),
        make('span', {class: 'meta'}, make('time', {text: at ? clockTime(at, this.lang) : ''}),
          make('span', {text: area ?? ''}), make('em', {text: this.text(`state.${state}`, {otherwise: state})}))));
  }
}
