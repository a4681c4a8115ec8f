// Bars in SVG: rows of parts laid side by side, each with its name before and its number after.
import {enlarged} from './common.js';

const SPACE = 'http://www.w3.org/2000/svg';
const LINE = 27;
const NUMBER = 132;

// Chinese letters are square; others about half as wide.
const wide = words => [...words].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 13.5 : 7.2), 0);

function draw(tag, attributes, text) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** `rows`: {name, note, parts: [{kind, value, title}]}; all to one scale, or each to its own `whole`. */
export function bars(host, rows, {label, whole = false} = {}) {
  // Drawn in usual letters, and shown as much larger as letters are here.
  const larger = enlarged();
  const width = Math.max(360, (host.clientWidth || 480) / larger);
  const before = Math.min(width / 3, Math.max(80, ...rows.map(row => wide(row.name))) + 12);
  const room = width - before - NUMBER;
  const sum = row => row.parts.reduce((total, part) => total + part.value, 0);
  const most = Math.max(1, ...rows.map(sum));
  const picture = draw('svg', {class: 'bars', role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${rows.length * LINE}`, height: rows.length * LINE * larger});
  rows.forEach((row, index) => {
    const middle = index * LINE + LINE / 2;
    picture.append(draw('text', {x: before - 8, y: middle, 'text-anchor': 'end'}, row.name));
    picture.append(draw('rect', {class: 'rest', x: before, y: middle - 8, width: room, height: 16, rx: 3}));
    let left = before;
    const scale = room / (whole ? Math.max(1, sum(row)) : most);
    for (const part of row.parts.filter(one => one.value > 0)) {
      const span = Math.max(1, part.value * scale);
      const piece = draw('rect', {class: part.kind, x: left, y: middle - 8, width: span, height: 16});
      piece.append(draw('title', {}, part.title));
      picture.append(piece);
      left += span;
    }
    picture.append(draw('text', {class: 'less', x: width - NUMBER + 8, y: middle}, row.note));
  });
  host.replaceChildren(picture);
}
