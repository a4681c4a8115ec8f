// Who is on shift, with load; the units that work here. A click narrows the inbox to one of them.
import {api, byId, make, named, number, query, t, told} from './common.js';
import {Table} from './table.js';

const late = row => make('span', {class: row.late ? 'late' : 'faint', text: number(row.late)});

export class Board {
  constructor(address) {
    this.address = address;
    this.people = [];
    this.units = [];
    this.officers = new Table({
      host: byId('duty'), label: t('street.duty'), empty: t('street.nobody'), key: row => row.id, open: row => this.narrow('officer', row.id),
      columns: [
        {key: 'name', title: t('street.officer'), show: row => [make('b', {text: row.name}), !row.on_shift && make('i', {class: 'off', text: t('street.off_shift')}),
          make('div', {class: 'small', text: [named('role', row.role), ...(told.lang === 'en' ? row.lines_en : row.lines) ?? [], row.areas].join(' · ')}),
          row.phone && make('a', {class: 'small phone', href: `tel:${row.phone}`, text: row.phone, onclick: event => event.stopPropagation()})]},
        {key: 'open', title: t('desk.open'), number: true, show: row => number(row.open)},
        {key: 'late', title: t('desk.overdue'), number: true, show: late}],
    });
    this.stations = new Table({
      host: byId('units'), label: t('street.units'), empty: t('street.no_units'), key: row => row.id, open: row => this.narrow('unit', row.id),
      columns: [
        {key: 'name', title: t('street.unit'), show: row => [row.name, make('div', {class: 'small', text: row.categories.map(one => named('class', one)).join(' · ')})]},
        {key: 'open', title: t('desk.open'), number: true, show: row => number(row.open)},
        {key: 'late', title: t('desk.overdue'), number: true, show: late}],
    });
    byId('duty-find').addEventListener('input', () => this.show());
  }

  /** Narrows the inbox, or widens it again. */
  narrow(kind, id) {
    const now = this.address.get(kind) === String(id) ? null : id;
    this.address.set({officer: null, unit: null, [kind]: now && String(now)});
  }

  async load() {
    const {building, house, ...place} = this.address.place;
    const found = await api(`/api/desk/duty?${query({...place, building, house})}`);
    this.people = found.rows;
    this.units = found.units;
    byId('duty-title').textContent = t('street.duty_count', {on: number(found.on_shift)});
    byId('duty-title').title = t('street.duty_total', {total: number(found.total)});
    this.show();
  }

  show() {
    const words = byId('duty-find').value.trim();
    this.officers.show(words ? this.people.filter(one => [one.name, one.areas, one.phone].some(text => text?.includes(words))) : this.people);
    this.officers.choose(this.address.get('officer'));
    this.stations.show(this.units);
    this.stations.choose(this.address.get('unit'));
  }

  /** The name of whom the inbox is narrowed to. */
  narrowed() {
    const [officer, unit] = [this.address.get('officer'), this.address.get('unit')];
    if (officer) return this.people.find(one => String(one.id) === officer)?.name ?? `officer:${officer}`;
    if (unit) return this.units.find(one => String(one.id) === unit)?.name ?? `unit:${unit}`;
    return null;
  }
}
