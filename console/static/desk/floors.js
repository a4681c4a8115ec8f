// The floors of a building in words: all of them, or the houses of the one that is chosen.
import {make, named, number, t} from './common.js';
import {counts} from './storeys.js';

const at = code => `/place/${encodeURIComponent(code)}`;
const floorName = label => (label ? t('place.floor_name', {floor: label}) : t('place.no_floor'));
const door = one => [one.unit && t('place.unit_short', {unit: one.unit}), one.room ?? one.code.slice(-6)].filter(Boolean).join(' ');

function told(houses) {
  const {people, let: leased, vacant} = counts(houses);
  return [t('place.houses_count', {count: number(houses.length)}), people && t('place.people_count', {count: number(people)}),
    leased && `${t('place.occupancy.let')} ${number(leased)}`, vacant && `${t('place.occupancy.vacant')} ${number(vacant)}`].filter(Boolean).join(' · ');
}

function house(one) {
  const notes = [one.use && one.use !== 'residential' && named('place.use', one.use), one.tenure && named('place.tenure', one.tenure),
    one.actual_residents ? t('place.people_count', {count: number(one.actual_residents)}) : null, one.enterprises ? t('place.units_count', {count: number(one.enterprises)}) : null].filter(Boolean);
  return make('li', {}, make('a', {class: 'house', href: at(one.code), title: one.text, 'data-house': one.code},
    make('b', {text: door(one)}), one.occupancy ? make('span', {class: `tag ${one.occupancy}`, text: named('place.occupancy', one.occupancy)}) : null, make('span', {class: 'small', text: notes.join(' · ')})));
}

export class Floors {
  /** `floors`: as the page has them, `{floor, storey, houses}` each, the highest first; `choose(storey)` when one is. */
  constructor(host, {floors, choose, step}) {
    Object.assign(this, {host, floors, choose, step, chosen: null});
    this.show();
  }

  show(one = this.chosen) {
    this.chosen = one;
    this.host.replaceChildren(...(one ? this.floor(one) : this.all()));
  }

  all() {
    if (!this.floors.length) return [make('p', {class: 'quiet', text: t('place.no_houses')})];
    return this.floors.map(({floor, storey, houses}) => make('div', {class: 'floor'},
      storey ? make('button', {type: 'button', class: 'plain', text: floorName(floor), onclick: () => this.choose(storey)}) : make('h3', {text: floorName(floor)}),
      make('div', {class: 'rooms'}, ...houses.map(each => make('a', {class: `room ${each.occupancy ?? ''}`, href: at(each.code), title: each.text, text: door(each)})))));
  }

  floor({label, houses}) {
    const turn = (by, sign, key) => make('button', {type: 'button', text: sign, 'aria-label': t(key), title: t(key), onclick: () => this.step(by)});
    return [make('div', {class: 'floor-head'}, make('h3', {text: floorName(label)}), make('output', {text: told(houses)}), make('span', {class: 'turns'},
      turn(1, '↑', 'place.floor_up'), turn(-1, '↓', 'place.floor_down'), make('button', {type: 'button', text: t('place.all_floors'), onclick: () => this.choose(null)}))),
    houses.length ? make('ul', {class: 'houses-list'}, ...houses.map(house)) : make('p', {class: 'quiet', text: t('place.no_houses_here')})];
  }
}
