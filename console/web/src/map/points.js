// Incidents as growing columns of numbers, uploaded as they are; keyed by id.
const COLUMNS = [['position', 2, Float64Array], ['colour', 4, Uint8Array], ['radius', 1, Float32Array], ['urgency', 1, Float32Array]];

export class IncidentStore {
  constructor({classColours, urgencyRadii, coreAlpha, finished}) {
    Object.assign(this, {classColours, urgencyRadii, coreAlpha, finished: new Set(finished), version: 0});
    this.clear();
  }

  clear() {
    this.capacity = 1024;
    this.length = 0;
    this.index = new Map();
    this.rows = [];
    this.version++;
    for (const [name, size, Type] of COLUMNS) this[name] = new Type(size * this.capacity);
  }

  reserve(more) {
    if (this.length + more <= this.capacity) return;
    while (this.capacity < this.length + more) this.capacity *= 2;
    for (const [name, size, Type] of COLUMNS) {
      const larger = new Type(size * this.capacity);
      larger.set(this[name].subarray(0, size * this.length));
      this[name] = larger;
    }
  }

  load({ids, lon, lat, class: classes, urgency, state}) {
    this.clear();
    this.reserve(ids.length);
    for (let i = 0; i < ids.length; i++) {
      this.upsert({id: ids[i], lon: lon[i], lat: lat[i], c: classes[i], u: urgency[i], s: state[i]});
    }
  }

  /** Puts one incident; returns 'new', 'changed', 'gone' or 'none'. */
  upsert(row) {
    const known = this.index.get(row.id);
    if (this.finished.has(row.s)) return this.remove(row.id) ? 'gone' : 'none';
    if (!Number.isFinite(row.lon) || !Number.isFinite(row.lat)) return 'none';
    if (known === undefined) this.reserve(1);
    const at = known ?? this.length++;
    this.index.set(row.id, at);
    this.rows[at] = {...this.rows[at], ...row};
    this.position.set([row.lon, row.lat], 2 * at);
    this.colour.set([...(this.classColours[row.c] ?? [200, 210, 225]), this.coreAlpha], 4 * at);
    this.radius[at] = this.urgencyRadii[row.u] ?? this.urgencyRadii[0];
    this.urgency[at] = row.u ?? 0;
    this.version++;
    return known === undefined ? 'new' : 'changed';
  }

  remove(id) {
    const at = this.index.get(id);
    if (at === undefined) return false;
    const last = --this.length;
    if (at !== last) {
      for (const [name, size] of COLUMNS) this[name].copyWithin(at * size, last * size, (last + 1) * size);
      this.rows[at] = this.rows[last];
      this.index.set(this.rows[at].id, at);
    }
    this.rows.length = last;
    this.index.delete(id);
    this.version++;
    return true;
  }

  get(id) {
    return this.rows[this.index.get(id)];
  }

  /** Views that are new when the incidents are, by which deck.gl knows that these columns changed. */
  columns() {
    if (this.seen?.version !== this.version) {
      const view = ([name, size]) => [name, this[name].subarray(0, size * this.length)];
      this.seen = {version: this.version, columns: {length: this.length, ...Object.fromEntries(COLUMNS.map(view))}};
    }
    return this.seen.columns;
  }
}
