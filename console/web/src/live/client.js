// A tab's end of the live stream.
import {LiveHub, parseId} from './hub.js';

/** Opens the shared stream; without SharedWorker the tab holds a stream of its own. */
function openPort(workerUrl, viewer) {
  if (window.SharedWorker) {
    return new SharedWorker(workerUrl, {name: `gridwall-live:${viewer}`, type: 'module'}).port;
  }
  const {port1, port2} = new MessageChannel();
  const hub = new LiveHub('/live');
  port2.onmessage = ({data}) => hub.handle(port2, data);
  return port1;
}

export class LiveClient {
  /** `handlers`: incident(data, id), area(data), areas(data), resync(), pace({slower}), tiles(), trouble({kind, since}), state({state, since}), clock(ms). */
  constructor(workerUrl, viewer, handlers) {
    this.handlers = handlers;
    this.lastEventId = null;
    this.port = openPort(workerUrl, viewer);
    this.port.onmessage = ({data}) => this.receive(data);
    this.leave = () => this.port.postMessage({type: 'leave'});
    this.back = event => { if (event.persisted) this.start(this.lastEventId); };
    addEventListener('pagehide', this.leave);
    addEventListener('pageshow', this.back);
  }

  start(after) {
    this.lastEventId = after;
    this.port.postMessage({type: 'start', after});
  }

  close() {
    removeEventListener('pagehide', this.leave);
    removeEventListener('pageshow', this.back);
    this.leave();
    this.port.close();
  }

  receive(message) {
    if (message.type === 'state') {
      this.handlers.state(message);
      return;
    }
    if (message.type === 'clock') {
      this.handlers.clock?.(message.server);
      return;
    }
    if (message.name === 'resync') {
      this.handlers.resync();
      return;
    }
    if (!this.isNew(message.id)) return;
    this.lastEventId = message.id ?? this.lastEventId;
    this.handlers[message.name]?.(message.data ? JSON.parse(message.data) : {}, message.id);
  }

  isNew(id) {
    const [mine, theirs] = [parseId(this.lastEventId), parseId(id)];
    return !mine || !theirs || mine.epoch !== theirs.epoch || theirs.sequence > mine.sequence;
  }
}
