// From the server to the picture: snapshot, then live events, and back to a snapshot when one is lost.
import {announce, cityNow, getJson, insist, meetingPoint, startAddress} from '../common.js';
import {LiveClient} from '../live/client.js';

const LEVELS = ['street', 'community', 'grid'];
const AREAS_MS = 60_000;
const LABELS_MS = 5000;

export class Feed {
  constructor({model, scene, marks, camera, banner, text, openCard}) {
    Object.assign(this, {model, scene, marks, camera, banner, text, openCard});
    this.query = `scheme=${encodeURIComponent(model.scheme)}`;
    this.places = [];
    this.viewer = scene.start.viewer;
    this.client = new LiveClient(model.workers.live, this.viewer, {
      incident: (row, id) => this.incident(row, id),
      area: () => this.areas(),
      areas: () => this.areas(),
      resync: () => this.snapshot(),
      state: state => this.connection(state),
      clock: server => { meetingPoint().clock = {server, at: performance.now()}; },
      pace: ({slower}) => { meetingPoint().pace = slower; announce('pace', slower); },
      tiles: () => this.scene.reloadTiles(),
      trouble: told => this.trouble(told),
    });
    this.rest = 0;
    this.timer = setInterval(() => this.refresh(), AREAS_MS);
  }

  async open() {
    await Promise.all([this.snapshot(), this.loadAreas()]);
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.labels);
    clearTimeout(this.anew);
    this.client.close();
  }

  /** Names and loads, more seldom where the server asks for it. */
  refresh() {
    if (++this.rest < meetingPoint().pace) return;
    this.rest = 0;
    this.loadAreas();
  }

  async snapshot() {
    const asked = cityNow();
    const data = await insist(() => getJson(`/api/wall/incidents?${this.query}`),
      error => this.banner.fail('snapshot', error, asked));
    this.banner.set('snapshot', null);
    this.scene.store.load(data);
    this.scene.draw();
    this.client.start(`${data.epoch}-${data.sequence}`);
    meetingPoint().lastEventId = this.client.lastEventId;
    announce('snapshot', {count: data.ids.length});
  }

  /** Areas were loaded, or a redraw was published: their tiles, names and loads are asked for again. */
  areas() {
    this.scene.reloadTiles();
    return this.loadAreas();
  }

  async loadAreas() {
    try {
      const lists = await Promise.all(LEVELS.map(level => getJson(`/api/wall/areas?${this.query}&level=${level}`)));
      this.places = lists.flatMap((rows, at) => rows.map(row => ({...row, level: LEVELS[at]})));
      this.scene.factory.setLoads(this.places.filter(row => row.leaf));
      this.scene.setPlaces(this.places);
      this.scene.draw();
      meetingPoint().place = code => this.places.find(row => row.code === code);
    } catch (error) {
      // Names and loads are refreshed every minute; the connection's own banner tells of a lost server.
      console.warn(error.message);
    }
  }

  incident(row, id) {
    const {store} = this.scene;
    const change = store.upsert(row);
    meetingPoint().lastEventId = id;
    announce('incident', {...row, class: this.model.classes[row.c]});
    if (change === 'new') this.arrive(row);
    if (change === 'gone') this.load(row.a, -1);
    if (change !== 'none') this.scene.draw();
  }

  /** Whoever signed in meanwhile may be another, who sees other things. */
  async recheck() {
    try {
      const {viewer} = await getJson(startAddress(this.model.scheme));
      if (viewer !== this.viewer) location.reload();
    } catch (error) {
      console.warn(error.message);
    }
    this.loadAreas();
  }

  arrive(row) {
    const colour = this.scene.store.classColours[row.c] ?? [200, 210, 225];
    this.marks.pulse(row.lon, row.lat, `rgb(${colour.join(' ')})`);
    this.load(row.a, 1);
    if (row.u !== 3) return;
    this.marks.emergency(row, this.text('wall.emergency'), this.model.emergency_seconds * 2000, this.openCard);
    this.camera.emergency([row.lon, row.lat]);
  }

  load(code, change) {
    if (this.model.scheme !== 'base') {
      // An event names the area of the scheme base: how many lie under others is asked for.
      this.anew ??= setTimeout(() => { this.anew = null; this.loadAreas(); }, LABELS_MS);
      return;
    }
    if (!code) return;
    this.scene.factory.addLoad(code, change);
    for (const place of this.places) {
      if (code.startsWith(place.code)) place.load = Math.max(0, place.load + change);
    }
    this.labels ??= setTimeout(() => { this.labels = null; this.scene.setPlaces(this.places); }, LABELS_MS);
  }

  /** The line is open, and yet the database behind it is away, full or read-only. */
  trouble({kind, since}) {
    const at = kind ? Date.parse(since) : null;
    meetingPoint().trouble = kind ? {kind, since: at} : null;
    announce('trouble', meetingPoint().trouble);
    this.banner.set('database', kind ? `wall.trouble_${kind}` : null, at);
  }

  connection({state, since}) {
    const before = meetingPoint().connection.state;
    meetingPoint().connection = {state, since};
    if (state === 'open' && ['denied', 'lost'].includes(before)) this.recheck();
    announce('connection', {state, since});
    this.banner.set('denied', state === 'denied' ? 'wall.denied' : null, since);
    this.banner.set('stream', ['lost', 'silent'].includes(state) ? 'wall.stale' : null, since);
  }
}
