// A table that sorts by its heads and is walked by the arrow keys.
import {make, t} from './common.js';

export class Table {
  /**
   * `columns`: {key, title, show(row), value(row), number, style, fixed}; `open(row)` when a row is chosen.
   * With `sortBy(column)` somebody else orders the rows where it says so; with `keepPlace` what is read stays in sight.
   */
  constructor({host, columns, empty, label, open, key = row => row.id, rowClass = null, sortBy = null, keepPlace = false}) {
    Object.assign(this, {host, columns, empty, open, key, rowClass, sortBy, keepPlace, rows: [], fresh: new Set(), chosen: null, sort: null});
    this.body = make('tbody');
    this.heads = columns.map(column => make('th', {scope: 'col', class: [column.number && 'number', column.style].filter(Boolean).join(' ')},
      column.fixed ? make('span', {text: column.title}) : make('button', {type: 'button', text: column.title, onclick: () => this.order(column)})));
    this.table = make('table', {'aria-label': label, role: this.open ? 'grid' : null}, make('thead', {}, make('tr', {}, ...this.heads)), this.body);
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
    // Somebody else orders the rows by some columns; by the others those that are here are sorted.
    if (this.sortBy?.(column)) return null;
    this.mark(column.key, down);
    return this.draw();
  }

  /** Shows by which column rows are ordered; null where by none. */
  mark(key, down, told = false) {
    const column = this.columns.find(one => one.key === key);
    this.sort = column ? {column, down, told} : null;
    this.columns.forEach((one, index) => (one === column
      ? this.heads[index].setAttribute('aria-sort', down ? 'descending' : 'ascending') : this.heads[index].removeAttribute('aria-sort')));
  }

  sorted() {
    if (!this.sort || this.sort.told) return this.rows;
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
    const anchor = this.keepPlace && this.host.scrollTop > 0 ? this.topmost() : null;
    this.body.replaceChildren(...this.sorted().map(row => this.line(row)));
    this.table.hidden = !this.rows.length;
    this.note.hidden = Boolean(this.rows.length);
    this.note.textContent = this.empty;
    if (anchor) this.host.scrollTop += (this.find(anchor.key)?.getBoundingClientRect().top ?? anchor.top) - anchor.top;
    if (focused) this.find(focused)?.focus({preventScroll: true});
    this.fresh.clear();
  }

  find(key) {
    return this.body.querySelector(`[data-key="${CSS.escape(String(key))}"]`);
  }

  /** The first row in sight, and where it stands. */
  topmost() {
    const edge = this.host.getBoundingClientRect().top + (this.heads[0].offsetHeight ?? 0);
    const line = [...this.body.children].find(one => one.getBoundingClientRect().bottom > edge);
    return line ? {key: line.dataset.key, top: line.getBoundingClientRect().top} : null;
  }

  /** Moves the choice by some rows and gives the row; the first one where none was chosen. */
  move(by) {
    const lines = [...this.body.children];
    const at = lines.findIndex(line => line.dataset.key === this.chosen);
    const line = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))];
    if (!line) return null;
    this.choose(line.dataset.key);
    line.focus({preventScroll: true});
    line.scrollIntoView({block: 'nearest'});
    return this.row(line.dataset.key);
  }

  row(key) {
    return this.rows.find(row => String(this.key(row)) === String(key)) ?? null;
  }

  line(row) {
    const key = String(this.key(row));
    const cells = this.columns.map(column => {
      const shown = column.show ? column.show(row) : row[column.key] ?? '—';
      return make('td', {class: [column.number && 'number', column.style].filter(Boolean).join(' ')}, shown);
    });
    const choose = this.open && (() => { this.choose(key); this.open(row); });
    return make('tr', {
      'data-key': key, tabindex: this.open ? 0 : null, class: [this.rowClass?.(row), this.fresh.has(key) && 'fresh'].filter(Boolean).join(' ') || null, 'aria-selected': this.open ? String(key === this.chosen) : null,
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
