// The building in 2.5D: a slice for each storey, to be chosen by click, drag or arrow keys; the chosen one lies open.
import {cells, faced, frame, lawn, level, north, path, project, rings, shadow, wallPath, walls, windows} from './axonometry.js';
import {enlarged, make, number, t} from './common.js';
import {svg} from './map.js';
import {counts, stretch} from './storeys.js';

// Slices have a joint between them; of a floor with more houses than this no cells are drawn.
const JOINT = 0.1;
const MOST_CELLS = 16;
// How far what is above is lifted off the chosen floor, in storeys.
const LIFT = 1.6;
const LETTERS = 12;

export class BuildingView {
  /** `choose(storey)` when one is chosen, null when none is; `open(house)` when a house of the chosen floor is. */
  constructor(host, {place, storeys, choose, open}) {
    Object.assign(this, {host, tell: choose, open, chosen: null, slices: new Map()});
    const scale = Math.cos((place.lat * Math.PI) / 180);
    const {plan, turn} = faced(rings(place.footprint, scale));
    Object.assign(this, {plan, turn, walls: walls(plan)});
    const [, , wide, deep] = frame(plan.flat());
    const by = stretch(storeys.at(-1).top, Math.max(wide, deep));
    this.storeys = storeys.map(one => Object.assign(one, {z: one.z * by, top: one.top * by}));
    this.lift = LIFT * (storeys[0].top - storeys[0].z);
    this.svg = svg('svg', {class: 'slices', role: 'listbox', tabindex: 0, 'aria-label': t('place.storeys_label', {name: place.name}), 'aria-orientation': 'vertical'});
    this.draw();
    host.replaceChildren(this.svg);
    new ResizeObserver(() => this.sized()).observe(host);
    this.listen();
  }

  draw() {
    const ground = this.ground();
    this.cells = svg('g', {class: 'cells', 'aria-hidden': 'true'});
    this.svg.append(ground, ...this.storeys.map(one => this.slice(one)), this.compass());
    this.svg.setAttribute('viewBox', this.box.join(' '));
    this.svg.style.aspectRatio = String(this.box[2] / this.box[3]);
  }

  ground() {
    const [lowest, highest] = [this.storeys[0].z, this.storeys.at(-1).top];
    const [, , w, h] = frame(this.plan.flat());
    const around = lawn(this.plan, Math.max(5, Math.min(14, Math.max(w, h) * 0.16)));
    const places = [...around.map(([u, v]) => project(u, v)), ...this.plan.flat().flatMap(([u, v]) => [project(u, v, Math.min(0, lowest)), project(u, v, highest + this.lift)])];
    const room = 2 + frame(places)[2] * 0.02;
    this.box = frame(places, room);
    // Room on the left for the storeys' numbers.
    const margin = Math.max(this.box[2], this.box[3] * 0.6) * 0.06;
    this.box = [this.box[0] - margin, this.box[1], this.box[2] + margin * 2, this.box[3]];
    const clip = svg('clipPath', {id: 'lawn'});
    clip.append(svg('path', {d: path(around.map(([u, v]) => project(u, v)))}));
    const cast = svg('g', {'clip-path': 'url(#lawn)'});
    cast.append(svg('path', {class: 'cast', d: shadow(this.plan, highest)}));
    const made = svg('g', {class: 'ground', 'aria-hidden': 'true'});
    made.append(clip, svg('path', {class: 'lawn', d: path(around.map(([u, v]) => project(u, v)))}), cast);
    return made;
  }

  slice(one) {
    const {storey, z, top, label, houses} = one;
    const high = top - (top - z) * JOINT;
    const last = one === this.storeys.at(-1);
    const made = svg('g', {id: `storey${storey}`, class: `slice${houses.length ? ' known' : ''}${last ? ' last' : ''}${storey < 0 ? ' under' : ''}`, role: 'option', 'aria-selected': 'false', 'data-storey': storey,
      'aria-label': t('place.storey_label', {floor: label, count: number(houses.length)})});
    for (const wall of this.walls) {
      made.append(svg('path', {class: `wall lit${wall.light}`, d: wallPath(wall, z, high)}));
      const glass = windows(wall, z, high);
      if (glass) made.append(svg('path', {class: `glass lit${wall.light}`, d: glass}));
    }
    made.append(svg('path', {class: 'slab', d: level(this.plan, high), 'fill-rule': 'evenodd'}));
    const left = this.plan.flat().map(([u, v]) => project(u, v, (z + high) / 2)).reduce((a, b) => (b[0] < a[0] ? b : a));
    const name = svg('text', {class: 'number', x: left[0], y: left[1], 'aria-hidden': 'true'});
    name.textContent = label;
    made.append(name);
    made.high = high;
    this.slices.set(storey, made);
    return made;
  }

  compass() {
    const [x, y] = north(this.turn);
    const [west, top, width, height] = this.box;
    const size = Math.min(width, height) * 0.05;
    const made = svg('g', {class: 'compass', 'aria-hidden': 'true', transform: `translate(${west + width - size * 2.2} ${top + size * 2.2})`});
    const letter = svg('text', {x: x * size * 1.5, y: y * size * 1.5});
    letter.textContent = t('place.north');
    made.append(svg('circle', {r: size}), svg('path', {d: path([[x * size, y * size], [-y * size * 0.32, x * size * 0.32], [y * size * 0.32, -x * size * 0.32]])}), letter);
    return made;
  }

  /** Opens a storey: what is above it is lifted and lets through; null puts all in place. */
  choose(storey, {quiet = false} = {}) {
    if (storey === this.chosen) return;
    this.chosen = storey;
    for (const [each, slice] of this.slices) {
      slice.setAttribute('aria-selected', String(each === storey));
      slice.classList.toggle('chosen', each === storey);
      slice.classList.toggle('above', storey !== null && each > storey);
      slice.style.transform = storey !== null && each > storey ? `translateY(${-this.lift}px)` : '';
    }
    this.svg.classList.toggle('opened', storey !== null);
    this.svg.classList.toggle('digging', storey < 0);
    if (storey === null) this.svg.removeAttribute('aria-activedescendant');
    else this.svg.setAttribute('aria-activedescendant', `storey${storey}`);
    this.divide();
    this.sized();
    if (!quiet) this.tell(storey);
  }

  /** The houses of the chosen floor as parts of its slab. */
  divide() {
    this.cells.replaceChildren();
    this.cells.remove();
    const one = this.storeys.find(({storey}) => storey === this.chosen);
    if (!one?.houses.length || one.houses.length > MOST_CELLS) return;
    const slice = this.slices.get(this.chosen);
    cells(this.plan, one.houses.length).forEach(({plan, middle, wide}, at) => {
      const house = one.houses[at];
      const [x, y] = project(...middle, slice.high);
      const cell = svg('g', {class: `cell ${house.occupancy ?? ''}`, 'data-house': house.code});
      const name = svg('text', {x, y, 'data-wide': wide});
      name.textContent = house.room ?? house.code.slice(-4);
      const title = svg('title');
      title.textContent = [house.unit && t('place.unit_short', {unit: house.unit}), house.room].filter(Boolean).join(' ');
      cell.append(title, svg('path', {d: level(plan, slice.high), 'fill-rule': 'evenodd'}), name);
      this.cells.append(cell);
    });
    // Above all, for what is lifted still lies before it and would take the clicks.
    this.svg.append(this.cells);
  }

  /** Occupancies came after the drawing: cells are painted by them. */
  learn() {
    this.divide();
    this.sized();
    for (const {storey, label, houses} of this.storeys) {
      const {people} = counts(houses);
      if (people) this.slices.get(storey).setAttribute('aria-label', t('place.storey_people', {floor: label, count: number(houses.length), people: number(people)}));
    }
  }

  // Letters keep their size on the screen; numbers that would lie on one another are left out.
  sized() {
    const {width, height} = this.svg.getBoundingClientRect();
    if (!width) return;
    const unit = Math.max(this.box[2] / width, this.box[3] / height);
    const letters = unit * LETTERS * enlarged();
    this.svg.style.fontSize = `${letters}px`;
    const each = project(0, 0, 0)[1] - project(0, 0, this.storeys[0].top - this.storeys[0].z)[1];
    const step = [1, 2, 5, 10, 20].find(count => count * each > letters * 1.15) ?? 50;
    for (const [storey, slice] of this.slices) {
      slice.lastNumber ??= slice.querySelector('.number');
      slice.lastNumber.setAttribute('dx', -letters * 0.6);
      slice.lastNumber.classList.toggle('away', storey !== this.chosen && (storey % step !== 0 && (storey !== 1 || step < 4) || Math.abs(storey - (this.chosen ?? 99999)) < step));
    }
    for (const name of this.cells.querySelectorAll('text')) name.classList.toggle('away', name.textContent.length * letters * 0.62 > Number(name.dataset.wide) * 1.25);
  }

  step(by) {
    const order = this.storeys.map(({storey}) => storey);
    const at = this.chosen === null ? (by > 0 ? -1 : order.length) : order.indexOf(this.chosen);
    this.choose(order[Math.max(0, Math.min(order.length - 1, at + by))]);
  }

  under(event) {
    const found = document.elementFromPoint(event.clientX, event.clientY)?.closest('.slice');
    return found && this.svg.contains(found) ? Number(found.dataset.storey) : null;
  }

  listen() {
    const order = this.storeys.map(({storey}) => storey);
    const keys = {ArrowUp: () => this.step(1), ArrowDown: () => this.step(-1), PageUp: () => this.step(5), PageDown: () => this.step(-5),
      Home: () => this.choose(order.at(-1)), End: () => this.choose(order[0]), Escape: () => this.choose(null)};
    this.svg.addEventListener('keydown', event => {
      if (!keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
    this.svg.addEventListener('pointerdown', event => {
      if (event.button) return;
      this.from = {y: event.clientY, storey: this.chosen, house: event.target.closest('.cell')?.dataset.house};
    });
    // Fingers are wider than floors of a tower: one slides up and down until it is the right one.
    this.svg.addEventListener('pointermove', event => {
      if (!this.from || !event.buttons || Math.abs(event.clientY - this.from.y) < 6) return;
      this.from.slid = true;
      const storey = this.under(event);
      if (storey !== null) this.choose(storey);
    });
    this.svg.addEventListener('pointerup', event => {
      const {slid, house} = this.from ?? {};
      this.from = null;
      if (slid) return;
      if (house) this.open(house);
      else this.choose(this.under(event));
    });
    this.svg.addEventListener('pointercancel', () => { this.from = null; });
  }
}

export const legend = () => make('p', {class: 'legend'}, ...['occupied', 'let', 'vacant'].map(kind => make('span', {}, make('i', {class: kind}), t(`place.occupancy.${kind}`))),
  make('span', {}, make('i', {class: 'known'}), t('place.known_floors')));
