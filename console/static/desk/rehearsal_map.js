// The ground before and after, one over the other, with an edge between them that is drawn across.
import {make, t} from './common.js';
import {svg} from './map.js';

const COLOURS = 8;

export class BeforeAfter {
  constructor(host, slider, choose) {
    Object.assign(this, {host, choose});
    slider.addEventListener('input', () => host.style.setProperty('--at', `${slider.value}%`));
  }

  /** `names`: by key, what an area is called; `picked(key)` when one is chosen. */
  show(map, names) {
    const keys = [...map.before, ...map.after.filter(one => one.key.startsWith('+'))].map(one => one.key);
    const colour = new Map(keys.map((key, place) => [key, place % COLOURS]));
    const room = Math.max(map.width, map.height) / 40;
    const side = name => {
      const picture = svg('svg', {class: `${name}-side`, role: 'img', 'aria-label': t(`rehearsal.${name}`), viewBox: `${-room} ${-room} ${map.width + 2 * room} ${map.height + 2 * room}`});
      for (const {key, d} of map[name]) {
        const shape = svg('path', {class: `area of${colour.get(key)}`, d, 'data-key': key});
        shape.addEventListener('pointerenter', () => this.say(`${t(`rehearsal.${name}`)} · ${names.get(key) ?? ''} ${key}`));
        shape.addEventListener('click', () => this.choose(key));
        picture.append(shape);
      }
      for (const {d} of map.moving) picture.append(svg('path', {class: 'moves', d}));
      return picture;
    };
    this.tip = make('p', {class: 'tip', hidden: true});
    this.host.replaceChildren(side('before'), side('after'), make('i', {class: 'edge'}), make('span', {class: 'side before', text: t('rehearsal.before')}), make('span', {class: 'side after', text: t('rehearsal.after')}), this.tip);
  }

  say(words) {
    this.tip.hidden = false;
    this.tip.textContent = words;
  }
}
