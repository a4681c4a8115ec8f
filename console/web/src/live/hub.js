// Shares one stream among the tabs of a browser. Each tab starts from its own snapshot, so the hub
// keeps the latest events and gives a tab exactly those after its snapshot, or tells it to resync.
import {LiveStream} from './stream.js';

const KEEP = 4000;
// What the server says of itself: how often to refresh, and what is wrong with its database.
const WELL = {pace: '{"slower":1}', trouble: '{"kind":null}'};

/** `EPOCH-SEQUENCE` into its parts; an epoch may itself hold hyphens. */
export function parseId(id) {
  const cut = String(id ?? '').lastIndexOf('-');
  if (cut < 0) return null;
  return {epoch: id.slice(0, cut), sequence: Number(id.slice(cut + 1))};
}

export class LiveHub {
  constructor(url, makeStream = options => new LiveStream(options)) {
    this.ports = new Set();
    this.ring = [];
    this.from = null;
    this.notices = {...WELL};
    this.stream = makeStream({
      url,
      onEvent: event => this.receive(event),
      onState: state => this.tell({type: 'state', ...state}),
      onClock: server => this.tell({type: 'clock', server}),
    });
  }

  tell(message) {
    for (const port of this.ports) port.postMessage(message);
  }

  /** Says again how things are; a stream that begins anew is told what is wrong after it. */
  note(notices, ports = this.ports) {
    Object.assign(this.notices, notices);
    for (const [name, data] of Object.entries(notices)) {
      for (const port of ports) port.postMessage({type: 'event', name, id: null, data});
    }
  }

  receive(event) {
    if (event.name in WELL) { this.note({[event.name]: event.data}); return; }
    if (event.name === 'ready') this.note(WELL);
    this.tell({type: 'event', ...event});
    if (event.name === 'resync') {
      this.stream.stop();
      this.from = null;
      this.ring = [];
      return;
    }
    if (!event.id) return;
    this.ring.push(event);
    if (this.ring.length > KEEP) this.from = parseId(this.ring.shift().id);
  }

  start(port, after) {
    this.ports.add(port);
    const wanted = parseId(after);
    if (!this.stream.running) {
      this.from = wanted;
      this.ring = [];
      this.stream.start(after);
      return;
    }
    port.postMessage({type: 'state', state: this.stream.state, since: this.stream.since});
    port.postMessage({type: 'clock', server: this.stream.time()});
    this.note(Object.fromEntries(Object.entries(this.notices).filter(([name, data]) => data !== WELL[name])), [port]);
    if (!wanted || wanted.epoch !== this.from?.epoch || wanted.sequence < this.from.sequence) {
      port.postMessage({type: 'event', name: 'resync', id: null, data: ''});
      return;
    }
    for (const event of this.ring) {
      if (parseId(event.id).sequence > wanted.sequence) port.postMessage({type: 'event', ...event});
    }
  }

  leave(port) {
    this.ports.delete(port);
    if (!this.ports.size) this.stream.stop();
  }

  handle(port, message) {
    if (message.type === 'start') this.start(port, message.after);
    else if (message.type === 'leave') this.leave(port);
  }
}
