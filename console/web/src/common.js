// What the map and the panels share within one page.

/** The page's one meeting point: `window.gridwall`, also what tests look at. */
export function meetingPoint() {
  if (!window.gridwall) {
    let loaded;
    const ready = new Promise(resolve => { loaded = resolve; });
    window.gridwall = {
      ready, loaded, bus: new EventTarget(), lastEventId: null,
      connection: {state: 'connecting', since: Date.now()}, zone: undefined,
      pace: 1, trouble: null, clock: null, counts: () => ({incidents: 0}), camera: () => null,
    };
  }
  return window.gridwall;
}

export function announce(name, detail) {
  meetingPoint().bus.dispatchEvent(new CustomEvent(name, {detail}));
}

/** Listens on the meeting point; returns how to stop. */
export function listen(name, handler) {
  const {bus} = meetingPoint();
  const call = event => handler(event.detail);
  bus.addEventListener(name, call);
  return () => bus.removeEventListener(name, call);
}

/** Texts by key, `{places}` filled; an unknown key shows itself. */
export function translator(texts) {
  return (key, params = {}) => (texts[key] ?? params.otherwise ?? key)
    .replace(/\{(\w+)\}/g, (mark, name) => params[name] ?? mark);
}

/** An element with attributes, properties (`text`, `html` never) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'class') element.className = value;
    else if (name.startsWith('--')) element.style.setProperty(name, value);
    else if (name === 'text') element.textContent = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

export function addStyle(root, css) {
  root.appendChild(make('style', {text: css}));
}

export async function getJson(address, signal) {
  const answer = await fetch(address, {headers: {Accept: 'application/json'}, signal});
  if (!answer.ok) throw Object.assign(new Error(`${address}: ${answer.status}`), {status: answer.status});
  return answer.json();
}

const RETRY_MS = 3000;

/** Asks until the server answers; `onFailure` hears of each try that failed. */
export async function insist(ask, onFailure) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      onFailure(error);
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The city's time in milliseconds: as the server tells it, whatever this machine's clock was set to. */
export function cityNow() {
  const {clock} = meetingPoint();
  const now = clock ? clock.server + performance.now() - clock.at : NaN;
  return Number.isFinite(now) ? now : Date.now();
}

export const startAddress = scheme => `/api/wall/start?scheme=${encodeURIComponent(scheme)}`;

/** Where a wall begins, asked for once by all that stand on the page; tells the city's zone. */
export function wallStart(scheme) {
  const point = meetingPoint();
  point.start ??= insist(() => getJson(startAddress(scheme)), error => announce('start-failed', error))
    .then(start => { point.zone = start.time_zone; announce('start', start); return start; });
  return point.start;
}

export const locale = lang => (lang === 'zh' ? 'zh-CN' : 'en-GB');

/** Writes a moment as the city's clocks and calendars show it, wherever the browser stands; no moment as a dash. */
export function cityFormat(value, lang, options) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return '—';
  return new Intl.DateTimeFormat(locale(lang), {...options, timeZone: meetingPoint().zone}).format(date);
}

export function clockTime(value, lang) {
  return cityFormat(value, lang, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
}

/** The hour on the city's clocks with its fraction, 0 to 24. */
export function cityHour(date) {
  const [hour, minute] = cityFormat(date, 'en', {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'}).split(':').map(Number);
  return hour + minute / 60;
}

export const reducedMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
