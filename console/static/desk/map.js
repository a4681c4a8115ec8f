// Areas as an SVG map: drag and wheel, arrow keys.
import {make, t} from './common.js';

const SVG = 'http://www.w3.org/2000/svg';
const EARTH_M = 6378137;

export function svg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export class GridMap {
  constructor(host, {choose, label}) {
    Object.assign(this, {host, pick: choose, shapes: new Map(), values: new Map()});
    this.svg = svg('svg', {role: 'img', 'aria-label': label, tabindex: 0});
    this.areas = svg('g');
    this.marks = svg('g');
    this.svg.append(this.areas, this.marks);
    this.tip = make('p', {class: 'tip', hidden: true});
    const button = (text, key, act) => make('button', {type: 'button', text, 'aria-label': t(key), onclick: act});
    const zoom = make('div', {class: 'zoom'}, button('+', 'desk.zoom_in', () => this.scale(0.6)), button('−', 'desk.zoom_out', () => this.scale(1 / 0.6)),
      button('⌂', 'desk.zoom_all', () => this.whole()));
    host.replaceChildren(this.svg, zoom, this.tip);
    this.listen();
  }

  draw({width, height, west, north, areas}) {
    Object.assign(this, {west, north, full: {x: 0, y: 0, w: width || 1, h: height || 1}});
    this.shapes = new Map(areas.map(({code, d}) => [code, svg('path', {d, 'data-code': code})]));
    this.areas.replaceChildren(...this.shapes.values());
    this.whole();
  }

  mark(faults) {
    this.marks.replaceChildren(...faults.map(fault => {
      const [cx, cy] = this.project(fault.lon, fault.lat);
      return svg('circle', {cx, cy, r: this.full.w / 160});
    }));
  }

  say(code) {
    const one = this.values.get(code);
    this.tip.hidden = !one;
    this.tip.textContent = one ? `${one.name} · ${one.value ?? '—'}` : '';
  }

  project(lon, lat) {
    const x = EARTH_M * lon * Math.PI / 180;
    const y = EARTH_M * Math.asinh(Math.tan(lat * Math.PI / 180));
    return [x - this.west, this.north - y];
  }

  whole() {
    this.look({...this.full});
  }

  look(box) {
    this.box = box;
    this.svg.setAttribute('viewBox', `${box.x} ${box.y} ${box.w} ${box.h}`);
  }

  scale(factor, at = {x: this.box.x + this.box.w / 2, y: this.box.y + this.box.h / 2}) {
    const {x, y, w, h} = this.box;
    if (w * factor > this.full.w * 3 || w * factor < 30) return;
    this.look({x: at.x - (at.x - x) * factor, y: at.y - (at.y - y) * factor, w: w * factor, h: h * factor});
  }

  place(event) {
    const point = new DOMPoint(event.clientX, event.clientY);
    return point.matrixTransform(this.svg.getScreenCTM().inverse());
  }

  listen() {
    this.svg.addEventListener('wheel', event => {
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 0.8 : 1.25, this.place(event));
    }, {passive: false});
    this.svg.addEventListener('pointerdown', event => {
      this.from = this.place(event);
      this.moved = false;
    });
    this.svg.addEventListener('pointermove', event => {
      this.say(event.target.dataset?.code);
      if (!this.from || !event.buttons) return;
      const to = this.place(event);
      const [dx, dy] = [this.from.x - to.x, this.from.y - to.y];
      this.moved ||= Math.hypot(dx, dy) > this.box.w / 200;
      if (this.moved) this.look({...this.box, x: this.box.x + dx, y: this.box.y + dy});
    });
    this.svg.addEventListener('pointerup', event => {
      this.from = null;
      if (!this.moved && event.target.dataset?.code) this.pick(event.target.dataset.code);
    });
    this.svg.addEventListener('keydown', event => {
      const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
      if (step) this.look({...this.box, x: this.box.x + step[0] * this.box.w / 8, y: this.box.y + step[1] * this.box.h / 8});
      else if (event.key === '+' || event.key === '=') this.scale(0.8);
      else if (event.key === '-') this.scale(1.25);
      else return;
      event.preventDefault();
    });
  }
}
