// Where the desk stands, as its address says it: place, list, filters, the matter that is open.
const PLACES = ['area', 'building', 'house'];
export const FILTERS = ['lane', 'class', 'urgency', 'officer', 'unit', 'q', 'days', 'sort'];
const KEPT = [...PLACES, ...FILTERS, 'incident'];

export class Address extends EventTarget {
  constructor() {
    super();
    this.read();
    addEventListener('popstate', () => {
      const before = this.values;
      this.read();
      this.tell(before);
    });
  }

  read() {
    const given = new URLSearchParams(location.search);
    this.values = Object.fromEntries(KEPT.filter(name => given.get(name)).map(name => [name, given.get(name)]));
  }

  get(name) {
    return this.values[name] ?? null;
  }

  /** Values of some names, those that are set. */
  some(names) {
    return Object.fromEntries(names.filter(name => this.values[name]).map(name => [name, this.values[name]]));
  }

  get place() {
    return this.some(PLACES);
  }

  get filters() {
    return this.some(FILTERS);
  }

  /** Changes some values; a step of the history unless `replace`. */
  set(changes, {replace = false} = {}) {
    const before = this.values;
    const after = {...before, ...changes};
    for (const name of Object.keys(after)) if (!after[name]) delete after[name];
    const asked = new URLSearchParams(KEPT.filter(name => after[name]).map(name => [name, after[name]])).toString();
    const now = new URLSearchParams(KEPT.filter(name => before[name]).map(name => [name, before[name]])).toString();
    if (asked === now) return;
    this.values = after;
    history[replace ? 'replaceState' : 'pushState'](null, '', asked ? `?${asked}` : location.pathname);
    this.tell(before);
  }

  /** Goes to a place; what is narrowed to one officer is not kept there. */
  go(place) {
    this.set({area: null, building: null, house: null, officer: null, unit: null, ...place});
  }

  tell(before) {
    const changed = new Set(KEPT.filter(name => before[name] !== this.values[name]));
    this.dispatchEvent(new CustomEvent('change', {detail: changed}));
  }
}

export const placed = changed => PLACES.some(name => changed.has(name));
export const filtered = changed => FILTERS.some(name => changed.has(name));
