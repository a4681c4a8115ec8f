// Reads /live by fetch rather than EventSource: heartbeats are comments, which EventSource hides,
// and silence is what tells a dead picture from a quiet district.
const SILENT_MS = 10_000;
const DEAD_MS = 25_000;

/** Splits server-sent text into events; `beat` is called for anything that arrives. */
export class EventParser {
  constructor(onEvent) {
    this.onEvent = onEvent;
    this.rest = '';
    this.clear();
  }

  clear() {
    this.name = 'message';
    this.data = [];
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
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.name = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id') this.id = value;
  }
}

/** One connection that mends itself. Calls `onEvent({name, id, data})` and `onState({state, since})`. */
export class LiveStream {
  constructor({url, onEvent, onState}) {
    Object.assign(this, {url, onEvent, onState, last: null, state: 'idle', running: false});
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
    const silence = Date.now() - (this.heard ?? this.began);
    if (this.state === 'open' && silence > SILENT_MS) this.set('silent', this.heard ?? this.began);
    if (this.connected && silence > DEAD_MS) this.abort.abort();
  }

  beat() {
    this.heard = Date.now();
    this.attempt = 0;
    this.set('open', this.heard);
  }

  async connect() {
    const abort = this.abort = new AbortController();
    this.began = Date.now();
    try {
      const headers = {Accept: 'text/event-stream'};
      if (this.last) headers['Last-Event-ID'] = this.last;
      const query = this.last ? `?after=${encodeURIComponent(this.last)}` : '';
      const answer = await fetch(this.url + query, {headers, cache: 'no-store', signal: abort.signal});
      if (answer.status === 401 || answer.status === 403) this.set('denied', Date.now());
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
    if (this.state !== 'denied') this.set('lost', this.heard ?? this.began);
    const wait = Math.min(10_000, 500 * 2 ** this.attempt++) * (0.75 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), wait);
  }

  async read(body) {
    const parser = new EventParser(event => {
      if (event.id) this.last = event.id;
      this.onEvent(event);
    });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const {done, value} = await reader.read();
      if (done) return;
      this.beat();
      parser.push(value);
    }
  }
}
