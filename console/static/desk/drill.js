// Where one is: the way down, the numbers there, what lies under it, the map.
import {api, byId, make, number, quiet, query, t} from './common.js';
import {PlaceMap} from './placemap.js';
import {Table} from './table.js';

const COUNTS = [{key: 'open', title: () => t('desk.open'), number: true, show: row => number(row.open)},
  {key: 'late', title: () => t('desk.overdue'), number: true, show: row => make('span', {class: row.late ? 'late' : 'faint', text: number(row.late)})}];

export class Drill {
  constructor(address, {openMatter}) {
    this.address = address;
    this.here = null;
    this.map = new PlaceMap(byId('map'), {
      label: t('street.map'), choose: (code, kind) => address.go({[kind ?? 'area']: code}), open: openMatter,
    });
  }

  /** Numbers of the place; what its address can't reach is thrown as a `Problem`. */
  async numbers(signal) {
    this.here = await api(`/api/desk/place?${query(this.address.place)}`, {signal});
    this.path();
    this.children();
    this.map.load(this.here.children);
    return this.here;
  }

  /** What changes with the place only: the map, and buildings or houses under it. */
  async ground() {
    const asked = query(this.address.place);
    const {leaf, building, code} = this.here;
    const [drawn] = await Promise.all([api(`/api/desk/map?${asked}`), this.inside(asked, leaf && !building)]);
    if (asked !== query(this.address.place)) return;
    this.map.show(drawn, building?.code ?? (leaf ? code : null));
    this.map.load(this.here.children);
  }

  async points(chosen) {
    const asked = query(this.address.place);
    const rows = await api(`/api/desk/points?${asked}`);
    if (asked !== query(this.address.place)) return;
    this.map.points(rows, chosen, this.address.get('officer'));
  }

  path() {
    const {path, building, house} = this.here;
    const steps = path.map(one => ({...one, go: {area: one.code}}));
    if (!path.length && this.here.name) steps.push({name: this.here.name, go: {}, own: true, open: this.here.lanes.open?.open ?? 0});
    if (building) steps.push({name: building.name, go: {building: building.code}, own: true});
    if (house) steps.push({name: house.text.split(/幢|号楼/).at(-1) || house.text, go: {house: house.code}, own: true});
    byId('path').replaceChildren(make('ol', {}, ...steps.map((step, index) => {
      const last = index === steps.length - 1;
      const name = last ? make('b', {'aria-current': 'location', text: step.name})
        : step.own ? make('button', {type: 'button', text: step.name, onclick: () => this.address.go(step.go)}) : make('span', {text: step.name});
      return make('li', {}, name, step.open ? make('span', {class: 'count', text: number(step.open)}) : null);
    })));
    this.steps = steps;
    byId('up').hidden = !steps.at(-2)?.own;
  }

  /** One level up; nothing at the top of one's own ground. */
  up() {
    const above = this.steps?.at(-2);
    if (above?.own) this.address.go(above.go);
  }

  children() {
    if (this.here.leaf || this.here.building) return;
    this.list('areas', 'street.no_children', [
      {key: 'name', title: t('street.area'), show: row => [row.name, row.emergencies ? make('i', {class: 'dot u3', title: t('urgency.3')}) : null]},
      ...COUNTS.map(column => ({...column, title: column.title()}))], row => row.code, row => this.address.go({area: row.code}));
    this.table.show(this.here.children);
    byId('under-title').textContent = t('street.areas_count', {count: number(this.here.children.length)});
  }

  async inside(asked, buildings) {
    if (buildings) return this.buildings(asked);
    if (this.here.building) return this.houses(asked);
    return null;
  }

  async buildings(asked) {
    this.list('buildings', 'street.no_buildings', [
      {key: 'name', title: t('street.building')}, {key: 'floors', title: t('street.floors'), number: true},
      {key: 'houses', title: t('street.houses'), number: true}], row => row.code, row => this.address.go({building: row.code}));
    const rows = [];
    let after = 0;
    do {
      const found = await api(`/api/desk/buildings?${asked}&after=${after}`);
      if (asked !== query(this.address.place)) return;
      rows.push(...found.rows);
      after = found.next;
    } while (after && rows.length < 1000);
    this.table.show(rows);
    byId('under-title').textContent = t('street.buildings_count', {count: number(rows.length)});
  }

  async houses(asked) {
    this.kind = 'houses';
    const {rows} = await api(`/api/desk/houses?${asked}`);
    if (asked !== query(this.address.place)) return;
    byId('under-title').textContent = t('street.houses_count', {count: number(rows.length)});
    const floors = Map.groupBy ? Map.groupBy(rows, row => `${row.unit ?? ''}|${row.floor ?? ''}`) : group(rows);
    const chosen = this.here.house?.code;
    const {code} = this.here.house ?? this.here.building;
    byId('under').replaceChildren(rows.length ? make('div', {class: 'houses'}, make('a', {href: `/place/${code}`, text: t('desk.place_page', {code})}), ...[...floors].map(([key, houses]) => {
      const [unit, floor] = key.split('|');
      return make('div', {class: 'floor'}, make('span', {class: 'small', text: [unit && t('street.unit_no', {unit}), floor && t('street.floor_no', {floor})].filter(Boolean).join(' ')}),
        ...houses.map(house => make('button', {type: 'button', text: house.room ?? house.code.slice(-6), 'aria-pressed': String(house.code === chosen),
          title: house.code, onclick: () => this.address.go({house: house.code})})));
    })) : quiet('street.no_houses'));
  }

  list(kind, empty, columns, key, open) {
    if (this.kind === kind) return;
    this.kind = kind;
    this.table = new Table({host: byId('under'), label: t(`street.${kind}`), empty: t(empty), columns, key, open});
  }
}

function group(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = `${row.unit ?? ''}|${row.floor ?? ''}`;
    groups.set(key, [...groups.get(key) ?? [], row]);
  }
  return groups;
}
