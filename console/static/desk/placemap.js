// The desk's map: the place, what lies under it, its open matters as points; light, drawn as SVG.
import {enlarged} from './common.js';
import {GridMap, svg} from './map.js';

const POINT = 4.6;

export class PlaceMap extends GridMap {
  /** `choose(code, kind)` when an area or a building is clicked, `open(id)` when a matter is. */
  constructor(host, {choose, open, label}) {
    super(host, {choose: code => choose(code, this.kinds.get(code)), label});
    this.openMatter = open;
    this.kinds = new Map();
    this.land = svg('g', {class: 'land'});
    this.blocks = svg('g', {class: 'blocks'});
    this.names = svg('g', {class: 'names', 'aria-hidden': 'true'});
    this.svg.replaceChildren(this.land, this.areas, this.blocks, this.names, this.marks);
    new ResizeObserver(() => this.sized()).observe(host);
  }

  /** Draws a place; `chosen` is the area or building that one stands at. */
  show(ground, chosen) {
    this.kinds = new Map();
    if (!ground) return this.svg.classList.add('empty');
    this.svg.classList.remove('empty');
    const {areas, buildings, ground: land} = ground;
    super.draw({...ground, areas});
    const {w, h} = this.full;
    this.full = {x: -w * 0.04, y: -h * 0.04, w: w * 1.08, h: h * 1.08};
    this.whole();
    for (const {code, name} of areas) this.shapes.get(code).classList.toggle('outline', !name);
    for (const {code} of areas) this.kinds.set(code, 'area');
    this.land.replaceChildren(...land.map(({kind, class: road, d}) => svg('path', {d, class: `${kind} ${road ?? ''}`})));
    this.blocks.replaceChildren(...buildings.map(({code, name, d}) => {
      this.kinds.set(code, 'building');
      this.values.set(code, {name, value: null});
      return svg('path', {d, 'data-code': code});
    }));
    this.labels = areas.filter(one => one.name && one.inner !== false);
    this.names.replaceChildren(...this.labels.map(({name, x, y}) => {
      const text = svg('text', {x, y});
      text.textContent = name;
      return text;
    }));
    this.stand(chosen);
    return this.sized();
  }

  /** Marks the area or building at which one stands. */
  stand(code) {
    this.svg.querySelector('.here')?.classList.remove('here');
    const shape = code && this.svg.querySelector(`[data-code="${CSS.escape(code)}"]`);
    shape?.classList.add('here');
    shape?.parentElement.append(shape);
  }

  /** Colours areas by open work: `[{code, name, open, late}]`. */
  load(rows) {
    const most = Math.max(1, ...rows.map(row => row.open));
    for (const row of rows) {
      this.values.set(row.code, {name: row.name, value: row.open});
      const shape = this.shapes.get(row.code);
      if (shape) shape.style.setProperty('--load', (row.open / most).toFixed(3));
      shape?.classList.toggle('has-late', row.late > 0);
    }
  }

  /** Matters as `[id, lon, lat, urgency, late, officer]`; `chosen` is the open one. */
  points(rows, chosen, officer) {
    this.rows = rows;
    this.marks.replaceChildren(...[...rows].reverse().map(([id, lon, lat, urgency, late, of]) => {
      const [cx, cy] = this.project(lon, lat);
      const dim = officer && String(of) !== officer ? ' dim' : '';
      return svg('circle', {cx, cy, 'data-matter': id, class: `u${urgency}${late ? ' late' : ''}${dim}`});
    }));
    this.point(chosen);
    this.sized();
  }

  /** Marks the matter that is open. */
  point(id) {
    this.marks.querySelector('.open')?.classList.remove('open');
    const mark = id && this.marks.querySelector(`[data-matter="${CSS.escape(String(id))}"]`);
    if (!mark) return;
    mark.classList.add('open');
    this.marks.append(mark);
    this.sized();
  }

  look(box) {
    super.look(box);
    this.sized();
  }

  // Points and names keep their size on the screen at every scale.
  sized() {
    const {width, height} = this.svg.getBoundingClientRect();
    if (!this.box || !width || !this.marks) return;
    const unit = Math.max(this.box.w / width, this.box.h / height) * enlarged();
    for (const mark of this.marks.children) {
      const large = mark.classList.contains('open') ? 1.7 : mark.classList.contains('u3') ? 1.45 : 1;
      mark.setAttribute('r', unit * POINT * large);
    }
    this.names.style.fontSize = `${unit * 11}px`;
    // Names that would lie on one another are left out, the first ones stay.
    const kept = [];
    for (const text of this.names.children) {
      const [x, y, w] = [Number(text.getAttribute('x')), Number(text.getAttribute('y')), text.textContent.length * 11.5 * unit];
      const free = kept.every(other => Math.abs(other.x - x) > (other.w + w) / 2 || Math.abs(other.y - y) > 15 * unit);
      text.classList.toggle('away', !free);
      if (free) kept.push({x, y, w});
    }
  }

  listen() {
    super.listen();
    this.svg.addEventListener('click', event => {
      const matter = event.target.dataset?.matter;
      if (matter && !this.moved) this.openMatter(matter);
    });
  }
}
