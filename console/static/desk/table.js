// A table that sorts by its heads and is walked by the arrow keys.
import {make, t} from './common.js';

export class Table {
  /** `columns`: {key, title, show(row), value(row), number, style}; `open(row)` when a row is chosen. */
  constructor({host, columns, empty, label, open, key = row => row.id}) {
    Object.assign(this, {host, columns, empty, open, key, rows: [], fresh: new Set(), chosen: null, sort: null});
    this.body = make('tbody');
    this.heads = columns.map(column => make('th', {scope: 'col', class: [column.number && 'number', column.style].filter(Boolean).join(' ')},
      make('button', {type: 'button', text: column.title, onclick: () => this.order(column)})));
    this.table = make('table', {'aria-label': label}, make('thead', {}, make('tr', {}, ...this.heads)), this.body);
    this.note = make('p', {class: 'quiet', text: t('desk.loading')});
    host.replaceChildren(this.table, this.note);
    this.table.hidden = true;
    this.body.addEventListener('keydown', event => this.walk(event));
  }

  show(rows) {
    this.rows = rows;
    this.draw();
  }

  fail(words) {
    this.table.hidden = true;
    this.note.hidden = false;
    this.note.textContent = words;
  }

  order(column) {
    const down = this.sort?.column === column ? !this.sort.down : Boolean(column.number);
    this.sort = {column, down};
    this.columns.forEach((one, index) => (one === column
      ? this.heads[index].setAttribute('aria-sort', down ? 'descending' : 'ascending') : this.heads[index].removeAttribute('aria-sort')));
    this.draw();
  }

  sorted() {
    if (!this.sort) return this.rows;
    const {column, down} = this.sort;
    const value = column.value ?? (row => row[column.key]);
    const compare = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), document.documentElement.lang));
    return [...this.rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      // What is not known stands last, whichever way round.
      if (x === null || x === undefined) return y === null || y === undefined ? 0 : 1;
      if (y === null || y === undefined) return -1;
      return down ? compare(y, x) : compare(x, y);
    });
  }

  draw() {
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.body.replaceChildren(...this.sorted().map(row => this.line(row)));
    this.table.hidden = !this.rows.length;
    this.note.hidden = Boolean(this.rows.length);
    this.note.textContent = this.empty;
    if (focused) this.body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    this.fresh.clear();
  }

  line(row) {
    const key = String(this.key(row));
    const cells = this.columns.map(column => {
      const shown = column.show ? column.show(row) : row[column.key] ?? '—';
      return make('td', {class: [column.number && 'number', column.style].filter(Boolean).join(' ')}, shown);
    });
    const choose = this.open && (() => { this.choose(key); this.open(row); });
    return make('tr', {
      'data-key': key, tabindex: this.open ? 0 : null, class: this.fresh.has(key) ? 'fresh' : null, 'aria-selected': this.open ? String(key === this.chosen) : null,
      onclick: choose, onkeydown: event => { if (choose && event.key === 'Enter' && event.target === event.currentTarget) choose(); },
    }, ...cells);
  }

  choose(key) {
    this.chosen = key === null ? null : String(key);
    for (const line of this.body.children) line.setAttribute('aria-selected', String(line.dataset.key === this.chosen));
  }

  walk(event) {
    const step = {ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling'}[event.key];
    const line = event.target.closest('tr');
    if (!step || event.target !== line) return;
    event.preventDefault();
    line[step]?.focus();
  }
}
