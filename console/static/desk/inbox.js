// The inbox: open work by step and urgency, and what is finished; filters, order, pages, export.
import {api, byId, make, moment, named, number, query, t, told} from './common.js';
import {clocks} from './clocks.js';
import {Table} from './table.js';

const LANES = ['open', 'verify', 'dispatch', 'work', 'check', 'close', 'late', 'soon', 'suspended', 'emergency', 'unlocated', 'finished'];
const ALWAYS = new Set(['open', 'verify', 'dispatch', 'work', 'check', 'late', 'finished']);
const SELDOM = new Set(['soon', 'emergency']);

export class Inbox {
  constructor(address, {open}) {
    this.address = address;
    this.rows = [];
    this.next = null;
    this.form = byId('filters');
    this.table = new Table({
      host: byId('matters'), label: t('street.matters'), empty: t('street.no_matters'), open: row => open(row.id, row),
      rowClass: row => `urgency${row.urgency}${row.suspended_at ? ' still' : ''}`, sortBy: column => this.sort(column), keepPlace: true,
      columns: [
        {key: 'at', title: t('street.received'), show: row => [moment(row.at)], style: 'nowrap small-text'},
        {key: 'text', title: t('desk.text'), style: 'words', fixed: true, show: row => [
          row.urgency >= 2 && make('span', {class: `tag u${row.urgency}`, text: named('urgency', row.urgency)}),
          make('span', {class: 'say', text: row.text || '—'}),
          make('div', {class: 'small', text: [`#${row.id}`, told.lang === 'en' ? row.category_en ?? row.category : row.category, row.area_name ?? t('desk.no_area')].filter(Boolean).join(' · ')})]},
        {key: 'state', title: t('desk.state'), value: row => told.states.indexOf(row.state), show: row => [named('state', row.state), make('div', {class: 'small', text: named('tier', row.tier)})], style: 'nowrap'},
        {key: 'officer', title: t('street.officer'), show: row => row.unit ?? row.officer ?? '—', value: row => row.unit ?? row.officer, style: 'handler'},
        {key: 'deadline', title: t('desk.deadline'), show: row => clocks(row), style: 'time'}],
    });
    this.fill();
    this.form.addEventListener('submit', event => event.preventDefault());
    this.form.addEventListener('change', () => this.asked());
    byId('more').addEventListener('click', () => this.more());
    byId('narrowed').addEventListener('click', () => address.set({officer: null, unit: null}));
  }

  fill() {
    const option = (value, text) => make('option', {value, text});
    const {form} = this;
    form.class.append(option('', t('street.class_any')), ...told.classes.map(one => option(one.rank, named('class', one.code))));
    form.urgency.append(option('', t('street.urgency_any')), ...[1, 2, 3].map(value => option(value, t('street.urgency_from', {urgency: named('urgency', value)}))));
    form.days.append(...[7, 30, 90, 366, 3660].map(value => option(value, t(`street.days_${value}`))));
  }

  asked() {
    const {form} = this;
    this.address.set({class: form.class.value, urgency: form.urgency.value, days: form.days.value === '30' ? null : form.days.value});
  }

  get lane() {
    return this.address.get('lane') ?? 'open';
  }

  get history() {
    return this.lane === 'finished';
  }

  /** What the address says, shown in the form, the tabs, the heads and the links. */
  mirror(narrowed) {
    const {form, address} = this;
    form.class.value = address.get('class') ?? '';
    form.urgency.value = address.get('urgency') ?? '';
    form.days.value = address.get('days') ?? '30';
    form.days.closest('label').hidden = !this.history;
    byId('words').hidden = !address.get('q');
    byId('words').textContent = t('street.words', {words: address.get('q')});
    byId('narrowed').hidden = !narrowed;
    byId('narrowed').textContent = `${narrowed} ✕`;
    if (this.table.sort?.told !== false) this.table.mark(this.history ? 'at' : address.get('sort') ?? 'deadline', this.history || Boolean(address.get('sort')), true);
    for (const kind of ['xlsx', 'csv']) byId(`export-${kind}`).href = `/api/desk/export.${kind}?${this.query()}`;
  }

  lanes(counts) {
    this.counts = counts;
    const lane = this.lane;
    const shown = LANES.filter(name => ALWAYS.has(name) || name === lane || (counts[name]?.open && !SELDOM.has(name)));
    const focused = document.activeElement?.dataset?.lane;
    byId('lanes').replaceChildren(...shown.map(name => {
      const {open = 0, late = 0} = counts[name] ?? {};
      return make('button', {type: 'button', role: 'tab', 'data-lane': name, 'aria-selected': String(name === lane), tabindex: name === lane ? 0 : -1,
        onclick: () => this.address.set({lane: name === 'open' ? null : name, sort: null})},
      t(`street.lane_${name}`), name !== 'finished' && make('span', {class: 'count', text: number(open)}),
      late > 0 && name !== 'late' && make('span', {class: 'late', title: t('desk.overdue'), text: number(late)}));
    }));
    if (focused) byId('lanes').querySelector(`[data-lane="${focused}"]`)?.focus();
  }

  query(more = {}) {
    return query({...this.address.place, ...this.address.filters, ...more});
  }

  sort(column) {
    if (!['at', 'deadline'].includes(column.key)) return false;
    this.address.set({sort: column.key === 'at' && !this.history && this.address.get('sort') !== 'at' ? 'at' : null});
    return true;
  }

  /** Reads the list anew, as many pages as are shown; the place in it stays. */
  async load({fresh = new Set(), again = false} = {}) {
    const asked = this.query();
    this.abort?.abort();
    this.abort = new AbortController();
    const wanted = again ? this.rows.length : 0;
    let rows = [], found;
    do {
      found = await api(`/api/desk/incidents?${this.query({cursor: found?.next})}`, {signal: this.abort.signal});
      rows = rows.concat(found.rows);
    } while (found.next && rows.length < wanted);
    if (asked !== this.query()) return;
    this.take(rows, found, fresh);
  }

  async more() {
    if (!this.next) return;
    byId('more').disabled = true;
    try {
      const found = await api(`/api/desk/incidents?${this.query({cursor: this.next})}`);
      this.take([...this.rows, ...found.rows], found, new Set());
    } finally {
      byId('more').disabled = false;
    }
  }

  take(rows, found, fresh) {
    this.rows = rows;
    this.next = found.next;
    this.table.fresh = fresh;
    this.table.show(rows);
    byId('more').hidden = !found.next;
    byId('more').textContent = found.looked_back_to ? t('street.more_before', {when: moment(found.looked_back_to)}) : t('street.more');
    const plain = !['class', 'urgency', 'officer', 'unit', 'q'].some(name => this.address.get(name)) && !this.address.place.building && !this.history;
    const total = plain && this.counts?.[this.lane]?.open;
    byId('total').textContent = !found.next ? t('street.all', {total: number(rows.length)})
      : total ? t('street.some', {shown: number(rows.length), total: number(total)}) : t('street.shown', {shown: number(rows.length)});
  }
}
