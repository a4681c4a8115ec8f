// Title, date, clock, time of day, connection.
import {cityFormat, cityHour, cityNow, clockTime, listen, make, meetingPoint, wallStart} from '../common.js';

const DAYPARTS = [[5, 'night'], [8, 'dawn'], [11.5, 'morning'], [13.5, 'noon'], [17.5, 'afternoon'], [19.5, 'dusk'], [24, 'evening']];

function daypart(date) {
  const hour = cityHour(date);
  return DAYPARTS.find(([until]) => hour < until)[1];
}

/** A link that asks for the other of two; what this page was asked for is remembered. */
function choice({name, now, other, text, lang}) {
  const query = new URLSearchParams(location.search);
  if (query.has(name)) document.cookie = `gridwall_${name}=${now}; path=/; max-age=31536000; samesite=lax`;
  query.set(name, other);
  return make('a', {class: name === 'lang' ? 'switch language' : `switch ${name}`, href: `?${query}`, lang, text});
}

export class Header {
  constructor({host, text, lang, appearance, title, scheme}) {
    Object.assign(this, {text, lang});
    this.title = make('h1', {text: title || text('wall.title')});
    this.sub = make('p', {class: 'sub', text: text('wall.subtitle')});
    this.date = make('span', {class: 'date'});
    this.clock = make('time', {class: 'clock'});
    this.part = make('span', {class: 'daypart'});
    this.dot = make('span', {class: 'connection', role: 'status'}, make('i'), make('span'));
    const switches = [
      choice({name: 'lang', now: lang, other: lang === 'zh' ? 'en' : 'zh', text: text('wall.other_language'), lang: lang === 'zh' ? 'en' : 'zh'}),
      choice({name: 'style', now: appearance, other: appearance === 'dark' ? 'light' : 'dark', text: text(`wall.other_style_${appearance}`)}),
    ];
    host.append(make('div', {class: 'header'},
      make('div', {class: 'head-left'}, this.dot, ...switches),
      make('div', {class: 'head-middle'}, this.title, this.sub),
      make('div', {class: 'head-right'}, this.part, this.date, this.clock)));
    this.timer = setInterval(() => this.tick(), 1000);
    const stops = ['connection', 'trouble', 'pace'].map(name => listen(name, () => this.tick()));
    this.stop = () => stops.forEach(stop => stop());
    wallStart(scheme).then(start => {
      if (!title && start.title) this.title.textContent = start.title;
      this.tick();
    });
  }

  tick() {
    // A clock of the wrong zone is worse than none: it waits until the city's is known.
    if (!meetingPoint().zone) return;
    const now = new Date(cityNow());
    this.clock.textContent = clockTime(now, this.lang);
    this.date.textContent = cityFormat(now, this.lang, {year: 'numeric', month: 'long', day: 'numeric', weekday: 'short'});
    const part = daypart(now);
    this.part.dataset.part = part;
    this.part.textContent = this.text(`wall.daypart_${part}`);
    const {state, since} = this.connection();
    this.dot.dataset.state = state;
    this.dot.lastChild.textContent = this.text(`wall.connection_${state}`, {time: clockTime(Number.isFinite(since) ? since : now, this.lang)});
  }

  /** A line to a server whose database is away is open and brings nothing. */
  connection() {
    const {connection, trouble, pace} = meetingPoint();
    if (connection.state !== 'open') return connection;
    if (trouble?.kind === 'away') return {state: 'away', since: trouble.since};
    return pace > 1 ? {state: 'slow', since: null} : connection;
  }

  show() {}

  close() {
    clearInterval(this.timer);
    this.stop();
  }
}
