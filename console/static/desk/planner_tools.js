// The tools at the map's side, and the keys for all that is done.
import {byId, make, t} from './common.js';

const ICONS = {
  edit: 'M4 17l5-11 9 4-4 8zM4 17h0M9 6h0M18 10h0M14 18h0',
  split: 'M4 5h16v14H4zM13 2l-3 20',
  street: 'M4 5h16v14H4zM11 2v4M11 9v3M11 15v3M11 21v1M15 2v20',
  reroute: 'M3 18h4l3-10 4 6 3-8h4M3 12h4M17 12h4',
  merge: 'M3 5h18v14H3zM12 5v3M12 16v3M7 12h3M17 12h-3M9 10l2 2-2 2M15 10l-2 2 2 2',
  block: 'M3 5h8v14H3zM11 8h8v6h-8M15 11h6M19 9l2 2-2 2',
  draw: 'M5 19L3 9l9-6 9 7-4 9zM3 9h0M12 3h0M21 10h0',
  snap: 'M3 19c4 0 4-6 8-6s4-6 10-6M3 22h18M7 17v3M13 13v7M18 9v11',
  simplify: 'M3 17l3-6 2 3 3-8 3 6 2-3 5 7M3 21h18',
  freeze: 'M7 11V8a5 5 0 0110 0v3M5 11h14v10H5zM12 15v3',
};
const KEYS = {edit: 'V', split: 'C', street: 'S', reroute: 'R', merge: 'M', block: 'B', draw: 'D', snap: 'N', simplify: 'P', freeze: 'F'};
export const STAYING = new Set(['edit', 'split', 'street', 'reroute', 'merge', 'block', 'draw']);
const HELP = [['Ctrl+Z'], ['Ctrl+Y', 'Ctrl+Shift+Z'], ['Delete'], ['Enter'], ['Esc'], ['Shift'], ['Alt'], ['W'], ['0'], ['?']];
const TOLD = ['undo', 'redo', 'delete', 'enter', 'escape', 'shift', 'alt', 'compare', 'whole', 'help'];

function icon(name) {
  const [svg, path] = ['svg', 'path'].map(tag => document.createElementNS('http://www.w3.org/2000/svg', tag));
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

export class Tools {
  /** `on`: use(tool) and one for each key of `HELP`. */
  constructor(on) {
    this.on = on;
    this.buttons = new Map(Object.keys(ICONS).map(name => [name, make('button', {
      type: 'button', 'data-tool': name, title: `${t(`planner.tool_${name}_what`)} (${KEYS[name]})`, 'aria-pressed': STAYING.has(name) ? 'false' : null, onclick: () => on.use(name),
    }, icon(name), make('span', {text: t(`planner.tool_${name}`)}), make('kbd', {text: KEYS[name]}))]));
    byId('tools').replaceChildren(...this.buttons.values());
    document.addEventListener('keydown', event => this.press(event));
  }

  show(tool, editable) {
    for (const [name, button] of this.buttons) {
      button.disabled = !editable && name !== 'edit';
      if (STAYING.has(name)) button.setAttribute('aria-pressed', String(name === tool));
    }
  }

  press(event) {
    if (event.isComposing || byId('dialog').open) return;
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey) {
      if (typing) return;
      if (key === 'z') (event.shiftKey ? this.on.redo : this.on.undo)();
      else if (key === 'y') this.on.redo();
      else return;
      event.preventDefault();
      return;
    }
    if (key === 'Escape') {
      if (typing) typing.blur();
      this.on.escape();
      return;
    }
    if (typing || event.altKey) return;
    if (key === 'Enter' && event.target.closest('button, a, [role=tab], summary, tr[tabindex]')) return;
    if (this.does(key)) event.preventDefault();
  }

  does(key) {
    const tool = Object.keys(KEYS).find(name => KEYS[name].toLowerCase() === key);
    const act = {Delete: this.on.takeAway, Backspace: this.on.takeAway, Enter: this.on.enter, w: this.on.compare, 0: this.on.whole, '?': this.on.help}[key];
    if (tool && !this.buttons.get(tool).disabled) this.on.use(tool);
    else if (act) act();
    else return false;
    return true;
  }

  static help() {
    const row = (keys, words) => make('div', {}, make('dt', {}, ...keys.flatMap((key, index) => [index ? ' ' : null, make('kbd', {text: key})]).filter(Boolean)), make('dd', {text: words}));
    return make('dl', {class: 'keys'}, ...Object.keys(KEYS).map(name => row([KEYS[name]], t(`planner.tool_${name}_what`))), ...HELP.map((keys, index) => row(keys, t(`planner.key_${TOLD[index]}`))));
  }
}
