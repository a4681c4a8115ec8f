// Bars in SVG: rows of parts laid side by side, each with its name before and its number after.
const SPACE = 'http://www.w3.org/2000/svg';
const LINE = 27;
const NAME = 118;
const NUMBER = 132;

function draw(tag, attributes, text) {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** `rows`: {name, note, parts: [{kind, value, title}]}; all to one scale, or each to its own `whole`. */
export function bars(host, rows, {label, whole = false} = {}) {
  const width = Math.max(360, host.clientWidth || 480);
  const room = width - NAME - NUMBER;
  const sum = row => row.parts.reduce((total, part) => total + part.value, 0);
  const most = Math.max(1, ...rows.map(sum));
  const picture = draw('svg', {class: 'bars', role: 'img', 'aria-label': label, viewBox: `0 0 ${width} ${rows.length * LINE}`, height: rows.length * LINE});
  rows.forEach((row, index) => {
    const middle = index * LINE + LINE / 2;
    picture.append(draw('text', {x: NAME - 8, y: middle, 'text-anchor': 'end'}, row.name));
    picture.append(draw('rect', {class: 'rest', x: NAME, y: middle - 8, width: room, height: 16, rx: 3}));
    let left = NAME;
    const scale = room / (whole ? Math.max(1, sum(row)) : most);
    for (const part of row.parts.filter(one => one.value > 0)) {
      const wide = Math.max(1, part.value * scale);
      const piece = draw('rect', {class: part.kind, x: left, y: middle - 8, width: wide, height: 16});
      piece.append(draw('title', {}, part.title));
      picture.append(piece);
      left += wide;
    }
    picture.append(draw('text', {class: 'less', x: width - NUMBER + 8, y: middle}, row.note));
  });
  host.replaceChildren(picture);
}
