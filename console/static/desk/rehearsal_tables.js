// The tables of a rehearsal: their columns, and their rows among its figures.
import {make, moment, named, number, t} from './common.js';

export const TABS = ['flows', 'areas', 'officers', 'matters', 'codes', 'plates'];
const share = value => (value === null || value === undefined ? '—' : value.toFixed(2));

const text = (key, show) => ({key, title: t(`rehearsal.column_${key}`), show});
const count = (key, show = number) => ({key, title: t(`rehearsal.column_${key}`), number: true, show: row => show(row[key])});
const place = (key, code) => text(key, row => [row[key] || '—', make('div', {class: 'small', text: row[code] ?? ''})]);

/** A figure on both sides, sorted by what it is to be. */
function both(key, show = number, scale = 1) {
  const of = side => (side === null || side[key] === null ? null : side[key] * scale);
  return {
    key, title: t(`rehearsal.column_${key}`), number: true, value: row => of(row.after) ?? of(row.before),
    show: row => make('span', {class: 'nowrap', text: t('rehearsal.arrow', {before: show(of(row.before)), after: show(of(row.after))})}),
  };
}

const COLUMNS = {
  flows: () => [place('from_name', 'from'), place('to_name', 'to'), ...['residents', 'households', 'addresses', 'buildings', 'incidents', 'open'].map(key => count(key))],
  areas: () => [place('name', 'key'), text('state', row => make('span', {class: 'tag', text: t(`rehearsal.state_${row.state}`)})), both('residents'), both('households'), both('incidents'), both('open'), both('on_time_percent', share), both('area_m2', value => number(value === null ? null : Math.round(value)))],
  officers: () => [place('name', 'code'), text('areas', row => row.areas.join(' ') || '—'), text('freed', row => (row.freed.length ? make('span', {class: 'tag u2', text: row.freed.join(' ')}) : '')),
    ...['load_before', 'load_after', 'open_before', 'open_after'].map(key => count(key)), count('on_time_before_percent', share), count('on_time_after_percent', share)],
  matters: () => [count('id', value => `#${value}`), text('received_at', row => moment(row.received_at)), text('summary'), text('state_name', row => named('state', row.state)), place('from_name', 'from'), place('to_name', 'to'), text('officer_before', row => row.officer_before || '—'), text('officer_after', row => row.officer_after || '—')],
  codes: () => [text('name', row => [row.name, make('div', {class: 'small', text: row.key})]), text('code', row => row.code ?? t('rehearsal.at_publication')), text('parent_code'), text('sources', row => row.from.join(' '))],
  plates: () => [text('key'), text('name', row => row.name || '—'), text('why', row => t(`rehearsal.plate_${row.why}`))],
};

export const columnsOf = tab => COLUMNS[tab]();

export function rowsOf(figures, tab) {
  if (tab === 'matters') return figures.matters.rows;
  if (tab !== 'plates') return figures[tab];
  const {grids, removed, houses, buildings} = figures.plates;
  const others = [['houses', houses], ['buildings', buildings]].filter(([, many]) => many).map(([key, many]) => ({key: t(`rehearsal.plates_${key}`), name: number(many), why: 'renamed'}));
  return [...grids, ...removed.map(key => ({key, name: '', why: 'removed'})), ...others];
}
