// Beside the map: how evenly the grids are cut, in all and each, before and as the hand draws.
import {byId, make, number, t} from './common.js';
import {MEASURES, gini} from './planner_figures.js';
import {Table} from './table.js';

const SHOWN = ['households', 'actual', 'officers', 'per_officer', 'open', 'area', 'compactness'];
const LESS = new Set(['registered', 'per_officer', 'area']);
const BARS = 24;

/** How far a figure has gone from what it was: `+12`, nothing where it is the same. */
function change(now, was) {
  if (was === null || was === undefined || now === null || now === undefined) return null;
  const far = Math.round(now - was);
  return far ? make('span', {class: `change ${far > 0 ? 'more' : 'fewer'}`, text: `${far > 0 ? '+' : '−'}${number(Math.abs(far))}`}) : null;
}

function spread(values, colour) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const counts = Array.from({length: BARS}, () => 0);
  for (const value of values) counts[Math.min(BARS - 1, Math.floor(((value - low) / (high - low || 1)) * BARS))]++;
  const most = Math.max(...counts, 1);
  return make('div', {class: 'spread', 'aria-hidden': 'true'}, ...counts.map((count, index) => make('i', {
    style: `height:${count ? Math.max(6, (100 * count) / most) : 0}%;background:${colour(low + ((index + 0.5) * (high - low)) / BARS)}`})));
}

export class Balance {
  /** `choose(key)` when a row is chosen. */
  constructor({choose}) {
    this.rows = new Map();
    this.before = new Map();
    this.drawn = new Map();
    this.table = new Table({
      host: byId('grids'), label: t('planner.grids'), empty: t('planner.no_grids'), key: row => row.key, open: row => choose(row.key), keepPlace: true,
      rowClass: row => [row.broken && 'broken', row.changed && 'changed'].filter(Boolean).join(' '),
      columns: [
        {key: 'name', title: t('planner.grid'), show: row => [row.frozen ? '⚿ ' : null, row.name, make('div', {class: 'small', text: row.key})]},
        ...SHOWN.map(key => ({
          key, title: t(`planner.head_${key}`), number: true, style: LESS.has(key) ? 'less' : '',
          value: row => this.value(key, row),
          show: row => make('span', {class: key === 'officers' && !row.officers ? 'late' : ''}, this.words(key, row)),
        })),
      ],
    });
  }

  value(key, row) {
    return key === 'officers' ? row.officers : MEASURES[key].value(row);
  }

  words(key, row) {
    const now = this.value(key, row);
    if (key === 'officers') return number(now);
    const was = this.before.get(row.key);
    return make('span', {}, MEASURES[key].words(now), ['households', 'actual', 'open'].includes(key) && was ? change(now, this.value(key, was)) : null);
  }

  /** All rows; `before` those in force, by key. Where the same ones stand there, only those that changed are drawn anew. */
  show(rows, before) {
    const same = this.before === before && !this.table.sort && rows.length === this.rows.size && rows.every(row => this.rows.has(row.key));
    this.rows = new Map(rows.map(row => [row.key, row]));
    this.before = before;
    if (same) rows.forEach(row => this.draw(row));
    else this.table.show(rows);
    this.drawn = new Map(rows.map(row => [row.key, JSON.stringify(row)]));
  }

  /** One row as it is now, if it was drawn otherwise. */
  draw(row) {
    const words = JSON.stringify(row);
    if (this.drawn.get(row.key) === words) return;
    this.drawn.set(row.key, words);
    this.table.find(row.key)?.replaceWith(this.table.line(row));
  }

  /** Figures of some as they would be, while the hand moves; null gives back what is. All rows as they would be. */
  suppose(figures, removed = []) {
    const rows = [...this.rows.values()].filter(row => !removed.includes(row.key)).map(row => (figures?.has(row.key) ? {...row, ...figures.get(row.key)} : row));
    rows.forEach(row => this.draw(row));
    const fresh = [...figures?.keys() ?? []].filter(key => !this.rows.has(key)).map(key => ({key, name: key, ...figures.get(key)}));
    return [...rows, ...fresh];
  }

  choose(key) {
    this.table.choose(key);
    if (key) this.table.find(key)?.scrollIntoView({block: 'nearest'});
  }

  totals(rows, measure, {colour, broken, supposed}) {
    const {value, words} = MEASURES[measure];
    const values = rows.map(value).filter(Number.isFinite);
    const told = (key, shown, style = '') => make('div', {class: style}, make('dt', {text: t(`planner.total_${key}`)}), make('dd', {}, shown));
    const past = [...this.before.values()].map(value).filter(Number.isFinite);
    const [now, was] = [gini(values), gini(past)];
    const moved = now !== null && was !== null && Math.abs(now - was) >= 0.0005;
    byId('totals').classList.toggle('supposed', Boolean(supposed));
    byId('totals').replaceChildren(make('dl', {class: 'counts'},
      told('grids', number(rows.length)),
      told('gini', [now === null ? '—' : now.toFixed(3), moved ? make('span', {class: `change ${now < was ? 'good' : 'more'}`, text: `${now < was ? '↓' : '↑'}${Math.abs(now - was).toFixed(3)}`}) : null]),
      told('range', values.length ? `${words(Math.min(...values))} – ${words(Math.max(...values))}` : '—'),
      told('broken', number(broken), broken ? 'bad' : '')),
    values.length ? spread(values, colour) : '');
  }
}

/** The grid that is chosen: its figures beside those in force, its name, its lock. */
export function showChosen({row, was, parent, broken, editable, rename, freeze, fly, close}) {
  const host = byId('chosen');
  host.hidden = !row;
  if (!row) return;
  const name = make('input', {value: row.name, maxlength: 60, 'aria-label': t('planner.rename'), disabled: !editable,
    onchange: event => rename(row.key, event.target.value.trim()), onkeydown: event => { if (event.key === 'Enter') event.target.blur(); }});
  const figures = ['households', 'actual', 'registered', 'officers', 'per_officer', 'open', 'area', 'compactness'].map(key => {
    const {value, words} = MEASURES[key] ?? {value: one => one[key], words: number};
    const past = was && value(was);
    const now = value(row);
    const moved = was && words(past) !== words(now);
    return make('div', {}, make('dt', {text: t(`planner.head_${key}`)}), make('dd', {}, words(now), moved ? make('span', {class: 'small', text: ` ← ${words(past)}`}) : null));
  });
  host.replaceChildren(
    make('div', {class: 'chosen-head'}, name,
      editable ? make('button', {type: 'button', 'aria-pressed': String(Boolean(row.frozen)), title: t('planner.tool_freeze_what'), onclick: () => freeze([row.key], !row.frozen), text: t(row.frozen ? 'planner.unfreeze' : 'planner.freeze')}) : null,
      make('button', {type: 'button', title: t('planner.look_at'), 'aria-label': t('planner.look_at'), text: '◎', onclick: fly}),
      make('button', {type: 'button', class: 'close', 'aria-label': t('desk.cancel'), text: '✕', onclick: close})),
    make('p', {class: 'small', text: [row.key, parent].filter(Boolean).join(' · ')}),
    make('dl', {class: 'figures'}, ...figures),
    broken.length ? make('ul', {class: 'faults'}, ...broken.map(words => make('li', {text: words}))) : '');
}
