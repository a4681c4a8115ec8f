// Grids with the most open incidents; a row takes the camera there.
import {announce, make, meetingPoint} from '../common.js';

const MOST = 14;

export class Ranking {
  constructor({host, text}) {
    this.text = text;
    this.list = make('ol', {class: 'ranks'});
    host.append(this.list);
  }

  isEmpty({ranking}) {
    return !ranking?.length;
  }

  show({ranking = []}) {
    const most = Math.max(1, ...ranking.map(row => row.open));
    this.list.replaceChildren(...ranking.slice(0, MOST).map((row, at) => make('li', {},
      make('button', {type: 'button', class: at < 3 ? 'rank top' : 'rank', title: row.code, onclick: () => this.visit(row)},
        make('span', {class: 'place', text: String(at + 1).padStart(2, '0')}), make('span', {class: 'name', text: row.name}),
        make('span', {class: 'bar', '--share': row.open / most}, make('i')),
        make('b', {text: row.open}), make('small', {text: this.text('wall.today_short', {count: row.today ?? 0})})))));
  }

  visit(row) {
    const place = row.lon === undefined ? meetingPoint().place?.(row.code) : row;
    if (place) announce('visit-area', place);
  }
}
