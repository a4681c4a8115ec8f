// Clocks of matters: how long is left, counted on the page every second.
import {make, moment, t, told} from './common.js';

const WARNED_AT = told.warning_share ?? 0.8;
let ahead = 0;

/** The server's time is what counts: `now` as it told it. */
export function setServerTime(now) {
  ahead = new Date(now) - Date.now();
}

export const serverNow = () => Date.now() + ahead;

/** A length of time in two units at most: `2天3时`, `3时12分`, `42:10`. */
export function span(milliseconds) {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return t('desk.span_days', {days, hours});
  if (hours) return t('desk.span_hours', {hours, minutes: String(minutes).padStart(2, '0')});
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How a clock stands at a moment: its words, its kind (good, soon, late, still) and how far it is. */
export function standing({from, until, suspended, closed}, now = serverNow()) {
  if (!until) return null;
  const [start, end] = [new Date(from).getTime(), new Date(until).getTime()];
  const at = closed ? new Date(closed).getTime() : suspended ? new Date(suspended).getTime() : now;
  const used = end > start ? Math.min(1, Math.max(0, (at - start) / (end - start))) : 1;
  const late = at > end;
  if (closed) return {kind: late ? 'late' : 'done', used, words: late ? t('desk.clock_closed_late') : t('desk.clock_closed')};
  if (suspended) return {kind: 'still', used, words: t('desk.clock_still')};
  if (late) return {kind: 'late', used, words: t('desk.clock_late', {span: span(now - end)})};
  return {kind: used >= WARNED_AT ? 'soon' : 'good', used, words: t('desk.clock_left', {span: span(end - now)})};
}

/** An element that counts: `name` is which clock it is, in a word. */
export function clock(name, clock, large = false) {
  const shown = standing(clock);
  if (!shown) return null;
  const element = make('span', {class: `clock ${large ? 'large' : ''}`, title: `${name} ${moment(clock.until)}`},
    make('i', {text: name}), make('b'), make('u', {}, make('s')));
  element.dataset.clock = '';
  element.clock = clock;
  draw(element, shown);
  return element;
}

/** Both clocks of a matter: of the step it is in, and from end to end. */
export function clocks(row, large = false) {
  const common = {suspended: row.suspended_at, closed: row.closed_at};
  const both = [
    clock(t('desk.clock_stage'), {...common, from: row.stage_at ?? row.at, until: row.closed_at ? null : row.stage_deadline_at}, large),
    clock(t('desk.clock_whole'), {...common, from: row.at ?? row.received_at, until: row.deadline_at}, large)];
  return make('span', {class: 'clocks'}, ...both);
}

function draw(element, shown) {
  const [, words, bar] = element.children;
  if (words.textContent !== shown.words) words.textContent = shown.words;
  if (element.dataset.kind !== shown.kind) element.dataset.kind = shown.kind;
  bar.firstChild.style.width = `${Math.round(shown.used * 100)}%`;
}

setInterval(() => {
  const now = serverNow();
  for (const element of document.querySelectorAll('[data-clock]')) draw(element, standing(element.clock, now));
}, 1000);
