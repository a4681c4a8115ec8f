// Five tiles: reported today, open, overdue, on-time rate, median time to dispatch.
import {make} from '../common.js';

const NAMES = ['reported', 'open', 'overdue', 'on_time', 'dispatch'];

export class Figures {
  constructor({host, text, lang}) {
    Object.assign(this, {text, number: new Intl.NumberFormat(lang)});
    this.tiles = Object.fromEntries(NAMES.map(name => {
      const value = make('b', {text: '—'});
      const note = make('span', {class: 'tile-note'});
      host.append(make('div', {class: `tile ${name}`}, make('span', {class: 'tile-name', text: text(`wall.tile_${name}`)}), value, note));
      return [name, {value, note}];
    }));
  }

  show(f) {
    this.put('reported', this.count(f.reported_today), this.change(f.reported_today, f.reported_yesterday_by_now));
    this.put('open', this.count(f.open), this.change(f.open, f.open_yesterday));
    this.put('overdue', this.count(f.overdue), f.overdue_counted_in_rate ? this.text('wall.overdue_note') : '');
    const rate = f.on_time_rate;
    this.put('on_time', rate === null || rate === undefined ? '—' : `${(rate * 100).toFixed(1)}%`, this.text('wall.on_time_note'));
    this.put('dispatch', this.duration(f.median_dispatch_s), this.text('wall.dispatch_note'));
  }

  put(name, value, note) {
    this.tiles[name].value.textContent = value;
    this.tiles[name].note.textContent = note;
  }

  count(value) {
    return value === null || value === undefined ? '—' : this.number.format(value);
  }

  change(now, before) {
    if (!before || now === null || now === undefined) return this.text('wall.no_comparison');
    const share = ((now - before) / before) * 100;
    return this.text('wall.against_yesterday', {change: `${share >= 0 ? '+' : '−'}${Math.abs(share).toFixed(1)}%`});
  }

  duration(seconds) {
    if (seconds === null || seconds === undefined) return '—';
    if (seconds >= 3600) return `${Math.floor(seconds / 3600)}h${String(Math.round((seconds % 3600) / 60)).padStart(2, '0')}′`;
    return `${Math.floor(seconds / 60)}′${String(Math.round(seconds % 60)).padStart(2, '0')}″`;
  }
}
