// A menu of layers that stands there only while somebody moves a pointer or walks by keyboard.
import {make} from '../common.js';

const AWAKE_MS = 5000;

export class LayerMenu {
  constructor({host, text, switches}) {
    Object.assign(this, {host, text, switches});
    this.button = make('button', {
      type: 'button', class: 'layers-button', 'aria-haspopup': 'true', 'aria-expanded': 'false', onclick: () => this.turn(),
    }, make('i', {'aria-hidden': 'true'}), make('span', {text: text('layer.menu')}));
    this.list = make('div', {class: 'layers-list', role: 'group', 'aria-label': text('layer.menu'), hidden: true},
      ...[...switches.entries].sort((a, b) => (a.key || '~').localeCompare(b.key || '~')).map(entry => this.row(entry)),
      make('button', {type: 'button', class: 'layers-usual', text: text('layer.usual'), onclick: () => switches.show()}));
    this.element = make('div', {class: 'layers'}, this.button, this.list);
    host.append(this.element);
    this.wake = () => {
      this.element.classList.add('awake');
      clearTimeout(this.sleeping);
      this.sleeping = setTimeout(() => this.element.classList.remove('awake'), AWAKE_MS);
    };
    addEventListener('pointermove', this.wake, {passive: true});
    this.show();
  }

  row({name, title, key}) {
    const box = make('input', {type: 'checkbox', name, onchange: () => this.switches.toggle(name)});
    return make('label', {}, box, make('span', {text: this.text(title)}), key ? make('kbd', {text: key}) : null);
  }

  turn(open = this.list.hidden) {
    this.list.hidden = !open;
    this.element.classList.toggle('open', open);
    this.button.setAttribute('aria-expanded', String(open));
    this.wake();
  }

  show() {
    for (const box of this.list.querySelectorAll('input')) box.checked = this.switches.has(box.name);
  }

  close() {
    clearTimeout(this.sleeping);
    removeEventListener('pointermove', this.wake);
  }
}
