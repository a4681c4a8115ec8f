// A desk's end of /live: the browser's one stream, shared with its other tabs.
import {byId, t, told} from './common.js';

const KINDS = ['incident', 'area', 'resync'];

/** Calls `onIncident(data)`, `onArea` when ground changed, `onResync` when all is to be read anew. */
export class Live {
  constructor({onIncident, onResync, onArea = onResync}) {
    this.call = {incident: onIncident, area: onArea, resync: onResync};
    this.state('connecting');
  }

  start(after) {
    if (!told.live_worker || !window.SharedWorker) return this.alone(after);
    if (!this.port) {
      const worker = new SharedWorker(told.live_worker, {name: `gridwall-live:${told.caller.name}`, type: 'module'});
      this.port = worker.port;
      this.port.onmessage = ({data}) => this.receive(data);
      addEventListener('pagehide', () => this.port.postMessage({type: 'leave'}));
      addEventListener('pageshow', event => { if (event.persisted) this.call.resync(); });
    }
    return this.port.postMessage({type: 'start', after});
  }

  alone(after) {
    this.stream?.close();
    this.stream = new EventSource(`/live?after=${encodeURIComponent(after)}`);
    this.stream.onopen = () => this.state('open');
    this.stream.onerror = () => this.state('lost');
    for (const name of KINDS) this.stream.addEventListener(name, event => this.receive({type: 'event', name, data: event.data}));
  }

  receive(message) {
    if (message.type === 'state') this.state(message.state);
    else this.call[message.name]?.(message.data ? JSON.parse(message.data) : {});
  }

  state(name) {
    const shown = byId('connection');
    shown.className = `connection ${name}`;
    shown.textContent = t(`desk.connection_${name}`, {otherwise: t('desk.connection_connecting')});
  }
}
