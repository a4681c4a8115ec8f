// What every desk page uses: its texts, the API, elements, times.
export const told = JSON.parse(document.getElementById('told').textContent);
const {texts, lang} = told;
const locale = lang === 'zh' ? 'zh-CN' : 'en-GB';

/** Text of a key, `{places}` filled; `otherwise` stands in for a key that is not there. */
export function t(key, params = {}) {
  return (texts[key] ?? params.otherwise ?? key).replace(/\{(\w+)\}/g, (mark, name) => params[name] ?? mark);
}

/** An element with attributes and children; `text` is its text, `onclick` and the like its handlers. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') element.textContent = value;
    else if (name === 'class') element.className = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    // An attribute of style is inline, which the policy of content forbids; what a script sets is not.
    else if (name === 'style') element.style.cssText = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** How much larger than usual letters are on this screen: what is drawn in pixels grows with them. */
export const enlarged = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;
export const byId = id => document.getElementById(id);
export const quiet = key => make('p', {class: 'quiet', text: t(key)});

export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? body.title ?? String(status));
    Object.assign(this, {status, body});
  }
}

/** JSON from or to the API, or a `form` with files; throws `Problem`. A session that has ended leads to the sign-in page. */
export async function api(address, {send, form, method, signal} = {}) {
  const options = {headers: {Accept: 'application/json', 'Accept-Language': lang}, signal, method: method ?? (send || form ? 'POST' : 'GET'), body: form};
  if (send) options.body = JSON.stringify(send);
  if (send) options.headers['Content-Type'] = 'application/json';
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, {detail: t('desk.no_connection')});
  }
  if (answer.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  const body = await answer.json().catch(error => {
    // What broke off half way, or was no longer wanted, is no answer; one without a body is.
    if (error.name === 'AbortError') throw error;
    if (error.name !== 'SyntaxError') throw new Problem(0, {detail: t('desk.no_connection')});
    return {};
  });
  if (!answer.ok) throw new Problem(answer.status, body);
  return body;
}

/** Says something above the page; an error stays, good news goes. */
export function notify(words, good = false) {
  const notice = byId('notice');
  notice.textContent = words ?? '';
  notice.hidden = !words;
  notice.classList.toggle('good', good);
}

const moments = new Intl.DateTimeFormat(locale, {month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: told.time_zone});
export const moment = value => (value ? moments.format(new Date(value)) : '—');
export const number = value => (value === null || value === undefined ? '—' : Number(value).toLocaleString(locale));

/** How far off a deadline is, in words, and whether it is past. */
export function remaining(deadline) {
  const minutes = Math.round((new Date(deadline) - Date.now()) / 60000);
  const size = Math.abs(minutes);
  const [value, unit] = size < 60 ? [size, 'minutes'] : size < 2880 ? [Math.round(size / 60), 'hours'] : [Math.round(size / 1440), 'days'];
  return {late: minutes < 0, soon: minutes >= 0 && minutes < 240, words: t(`desk.${minutes < 0 ? 'late_by' : 'left'}_${unit}`, {count: value})};
}

export function deadline(row) {
  if (row.closed_at) return make('span', {text: t('desk.done')});
  if (row.suspended) return make('span', {text: t('state.suspended')});
  if (!row.deadline_at) return make('span', {text: '—'});
  const {late, soon, words} = remaining(row.deadline_at);
  return make('span', {class: late ? 'late' : soon ? 'soon' : '', text: words, title: moment(row.deadline_at)});
}

/** The word for a value of a kind: `named('state', 'closed')`. */
export const named = (kind, value) => t(`${kind}.${value}`, {otherwise: value ?? ''});
export const query = values => new URLSearchParams(Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== '')).toString();
