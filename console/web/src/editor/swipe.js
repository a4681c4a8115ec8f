// Before and after: a bar over the map, left of it the boundaries in force, right of it the draft.
import {getRenderPixel} from 'ol/render.js';

export class Swipe {
  constructor({map, left, right, bar}) {
    Object.assign(this, {map, left, right, bar, part: 0.5, on: false});
    for (const [layers, side] of [[left, 'left'], [right, 'right']]) {
      for (const layer of layers) {
        layer.on('prerender', event => this.on && this.clip(event, side));
        layer.on('postrender', event => this.on && event.context.restore());
      }
    }
    bar.addEventListener('pointerdown', event => { bar.setPointerCapture(event.pointerId); this.dragging = true; });
    bar.addEventListener('pointermove', event => this.dragging && this.move((event.clientX - map.getTargetElement().getBoundingClientRect().left) / map.getSize()[0]));
    bar.addEventListener('pointerup', () => { this.dragging = false; });
    bar.addEventListener('keydown', event => {
      const step = {ArrowLeft: -0.02, ArrowRight: 0.02}[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      this.move(this.part + step);
    });
  }

  clip(event, side) {
    const {context} = event;
    const [width, height] = this.map.getSize();
    const at = width * this.part;
    const [from, to] = side === 'left' ? [0, at] : [at, width];
    context.save();
    context.beginPath();
    [[from, 0], [to, 0], [to, height], [from, height]].map(pixel => getRenderPixel(event, pixel))
      .forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.clip();
  }

  move(part) {
    this.part = Math.min(0.98, Math.max(0.02, part));
    this.bar.style.left = `${this.part * 100}%`;
    this.bar.setAttribute('aria-valuenow', String(Math.round(this.part * 100)));
    this.map.render();
  }

  toggle(on = !this.on) {
    this.on = on;
    this.bar.hidden = !on;
    for (const layer of this.left) layer.setVisible(on);
    this.move(this.part);
    return on;
  }
}
