// Shares one stream among the tabs of a browser. Each tab starts from its own snapshot, so the hub
// keeps the latest events and gives a tab exactly those after its snapshot, or tells it to resync.
import {LiveStream} from './stream.js';

const KEEP = 4000;

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
    this.stream = makeStream({
      url,
      onEvent: event => this.receive(event),
      onState: state => this.tell({type: 'state', ...state}),
    });
  }

  tell(message) {
    for (const port of this.ports) port.postMessage(message);
  }

  receive(event) {
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
