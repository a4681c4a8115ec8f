// A desk's end of /live: the browser's one stream, shared with its other tabs.
import {byId, t, told} from './common.js';

const KINDS = ['incident', 'area', 'areas', 'resync', 'trouble', 'pace'];

/** Calls `onIncident(data)`, `onArea` when areas were loaded or a redraw was published, `onResync` when all is to be read anew. */
export class Live {
  constructor({onIncident, onResync, onArea = onResync}) {
    this.call = {
      incident: onIncident, area: onArea, areas: onArea, resync: onResync,
      trouble: ({kind}) => this.note({trouble: kind}), pace: ({slower}) => this.note({slow: slower > 1}),
    };
    this.notices = {trouble: null, slow: false};
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
    this.stream.onopen = () => { this.note({trouble: null, slow: false}); this.state('open'); };
    this.stream.onerror = () => this.state('lost');
    for (const name of KINDS) this.stream.addEventListener(name, event => this.receive({type: 'event', name, data: event.data}));
  }

  receive(message) {
    if (message.type === 'state') this.state(message.state);
    else this.call[message.name]?.(message.data ? JSON.parse(message.data) : {});
  }

  note(notices) {
    Object.assign(this.notices, notices);
    this.state(this.line);
  }

  /** The line may be open to a server whose database is away, full, or has too much to do. */
  state(name) {
    this.line = name;
    const {trouble, slow} = this.notices;
    const shown = byId('connection');
    shown.className = `connection ${name}`;
    shown.textContent = t(`desk.connection_${name}`, {otherwise: t('desk.connection_connecting')});
    if (name !== 'open' || !(trouble || slow)) return;
    shown.className = `connection ${trouble ? 'lost' : 'silent'}`;
    shown.textContent = t(trouble ? `desk.trouble_${trouble}` : 'desk.pace_slow');
  }
}
