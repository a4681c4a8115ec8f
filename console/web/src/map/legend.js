// What the colours of the shown layers mean; what was found in the data is told when it is found.
import {make} from '../common.js';

const SHAPES = {urgency: 'dot', class: 'dot', beams: 'beam'};

export class Legend {
  /** `groups`: entries by name, as the layers' own scales wrote them. */
  constructor({groups, text}) {
    Object.assign(this, {groups: {...groups}, text, names: [], notes: {}});
    this.element = make('aside', {class: 'legend', 'aria-label': text('wall.legend')});
  }

  /** Shows groups in this order; `notes` by group tell what is wrong with it. */
  show(names, notes = {}) {
    Object.assign(this, {names, notes});
    this.draw();
  }

  set(name, entries) {
    this.groups[name] = entries;
    if (this.names.includes(name)) this.draw();
  }

  draw() {
    this.element.replaceChildren(...this.names.map(name => this.group(name)));
    this.element.hidden = !this.names.length;
  }

  group(name) {
    const shape = SHAPES[name] ?? 'swatch';
    const entry = ({colour, label, key, size}) => make('li', {},
      make('i', {class: shape, '--tone': colour, '--size': size ?? 1}), make('span', {text: label ?? this.text(key)}));
    return make('div', {class: `legend-group ${name}`}, make('h3', {text: this.text(`layer.legend_${name}`)}),
      make('ul', {}, ...(this.groups[name] ?? []).map(entry)),
      this.notes[name] && make('span', {class: 'note', text: this.text(this.notes[name])}));
  }
}
