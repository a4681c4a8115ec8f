// What was written and not yet received: it outlives a lost connection, a closed tab, a new sign-in.

const KEPT_MS = 7 * 86400e3;

/** A number that nobody else has; `randomUUID` is missing where a phone has no TLS. */
function fresh() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

export class Draft {
  constructor(key) {
    this.key = key;
    const kept = this.read();
    Object.assign(this, {number: kept.number ?? fresh(), content: kept.content ?? null, waiting: kept.waiting ?? false});
  }

  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key)) ?? {};
      return Date.now() - kept.at < KEPT_MS ? kept : {};
    } catch {
      return {}; // no storage, or not ours to read: the form works without
    }
  }

  write() {
    const {number, content, waiting} = this;
    try {
      localStorage.setItem(this.key, JSON.stringify({number, content, waiting, at: Date.now()}));
    } catch { /* full, or forbidden: it lasts as long as the page */ }
  }

  keep(content) {
    this.content = content;
    this.write();
  }

  /** Whether it was sent and no answer came. */
  wait(waiting) {
    this.waiting = waiting;
    this.write();
  }

  /** The next one has a number of its own. */
  drop() {
    Object.assign(this, {number: fresh(), content: null, waiting: false});
    try {
      localStorage.removeItem(this.key);
    } catch { /* nothing was kept */ }
  }
}
