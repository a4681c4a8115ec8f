// Reads /live by fetch rather than EventSource: heartbeats are comments, which EventSource hides,
// and silence is what tells a dead picture from a quiet district.
const SILENT_MS = 10_000;
const DEAD_MS = 25_000;

/** Splits server-sent text into events and comments. An event that has no id of its own has none. */
export class EventParser {
  constructor(onEvent, onComment = () => {}) {
    Object.assign(this, {onEvent, onComment});
    this.rest = '';
    this.clear();
  }

  clear() {
    this.name = 'message';
    this.data = [];
    this.id = undefined;
  }

  push(chunk) {
    const lines = (this.rest + chunk).split(/\r\n|\n|\r/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === '') {
      if (this.data.length || this.name !== 'message') {
        this.onEvent({name: this.name, id: this.id, data: this.data.join('\n')});
      }
      this.clear();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) { this.onComment(line.slice(1).trim()); return; }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id') this.id = value;
  }
}

/**
 * One connection that mends itself. Calls `onEvent({name, id, data})`, `onState({state, since})` and
 * `onClock(milliseconds)` with the city's time. A browser's clock may be wrong or be set meanwhile:
 * silence is measured by `even`, which nobody sets, and moments are told by the server's clock.
 */
export class LiveStream {
  constructor({url, onEvent, onState, onClock = () => {}, even = () => performance.now()}) {
    Object.assign(this, {url, onEvent, onState, onClock, even, last: null, state: 'idle', running: false});
  }

  /** The city's time now, as far as the server has told it. */
  time() {
    return this.clock ? this.clock.server + this.even() - this.clock.at : Date.now();
  }

  /** When something was by that clock, which was then by the even one. */
  moment(even) {
    return this.time() - (this.even() - even);
  }

  tell(comment) {
    const server = Number(comment);
    if (!comment || !Number.isFinite(server)) return;
    this.clock = {server, at: this.even()};
    this.onClock(server);
  }

  start(after) {
    this.last = after;
    if (this.running) return;
    this.running = true;
    this.attempt = 0;
    this.watch = setInterval(() => this.check(), 1000);
    this.connect();
  }

  stop() {
    this.running = false;
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.connected = false;
    this.abort?.abort();
  }

  set(state, since) {
    if (state === this.state) return;
    this.state = state;
    this.since = since;
    this.onState({state, since});
  }

  check() {
    const last = this.heard ?? this.began;
    const silence = this.even() - last;
    if (this.state === 'open' && silence > SILENT_MS) this.set('silent', this.moment(last));
    if (this.connected && silence > DEAD_MS) this.abort.abort();
  }

  beat() {
    this.heard = this.even();
    this.attempt = 0;
    this.set('open', this.time());
  }

  async connect() {
    const abort = this.abort = new AbortController();
    this.began = this.even();
    try {
      const headers = {Accept: 'text/event-stream'};
      if (this.last) headers['Last-Event-ID'] = this.last;
      const query = this.last ? `?after=${encodeURIComponent(this.last)}` : '';
      const answer = await fetch(this.url + query, {headers, cache: 'no-store', signal: abort.signal});
      if (answer.status === 401 || answer.status === 403) this.set('denied', this.time());
      if (!answer.ok) throw new Error(`${answer.status}`);
      this.connected = true;
      this.beat();
      await this.read(answer.body);
    } catch {
      // Whatever broke it, the answer is the same: say so and try again.
    }
    // A stream stopped and started anew has another connection by now.
    if (abort !== this.abort || !this.running) return;
    this.connected = false;
    if (this.state !== 'denied') this.set('lost', this.moment(this.heard ?? this.began));
    const wait = Math.min(10_000, 500 * 2 ** this.attempt++) * (0.75 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  async read(body) {
    const parser = new EventParser(event => {
      if (event.id) this.last = event.id;
      this.onEvent(event);
    }, comment => this.tell(comment));
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      this.beat();
      parser.push(value);
    }
  }
}
