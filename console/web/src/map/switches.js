// Which layers are shown: what the address says, else what this browser remembers, else the registry.
const MEMORY = 'gridwall.layers';

export class Switches {
  /** `entries`: the registry's, lowest first; `asked`: `?layers=` of the address or null; `memory`: a Storage. */
  constructor({entries, asked = null, memory = null}) {
    Object.assign(this, {entries, memory, onChange() {}});
    // A wall whose address says what it shows never learns another thing.
    this.bound = asked !== null;
    this.choose(this.bound ? asked.split(',').map(name => name.trim()) : this.remembered());
  }

  /** These and no others; without any list those of the registry. */
  choose(names) {
    this.names = new Set();
    const shown = names ? this.entries.filter(({name}) => names.includes(name)) : this.entries.filter(entry => entry.shown);
    for (const {name} of shown) this.put(name);
  }

  remembered() {
    try {
      const names = JSON.parse(this.memory?.getItem(MEMORY) ?? 'null');
      return Array.isArray(names) ? names : null;
    } catch {
      // Storage may be forbidden, or hold what another hand wrote: the registry's own picture, then.
      return null;
    }
  }

  entry(name) {
    return this.entries.find(entry => entry.name === name);
  }

  has(name) {
    return this.names.has(name);
  }

  /** The entries that are shown, lowest first. */
  shown() {
    return this.entries.filter(({name}) => this.names.has(name));
  }

  /** What the shown ones need beside tiles. */
  needs() {
    return new Set(this.shown().map(({needs}) => needs).filter(Boolean));
  }

  put(name) {
    const {group} = this.entry(name);
    if (group) this.entries.filter(entry => entry.group === group).forEach(entry => this.names.delete(entry.name));
    this.names.add(name);
  }

  /** Shows or hides; in place of one that is hidden stands the one that its group shows by default. */
  toggle(name) {
    const entry = this.entry(name);
    if (!entry) return;
    if (this.names.delete(name)) {
      const usual = entry.group && this.entries.find(other => other.group === entry.group && other.shown);
      if (usual && usual !== entry) this.names.add(usual.name);
    } else {
      this.put(name);
    }
    this.keep();
    this.onChange();
  }

  /** Shows these alone; without any list the registry's own picture. */
  show(names = null) {
    this.choose(names);
    this.keep();
    this.onChange();
  }

  keep() {
    if (this.bound) return;
    try {
      this.memory?.setItem(MEMORY, JSON.stringify([...this.names]));
    } catch (error) {
      console.info(`layers are not remembered: ${error.message}`);
    }
  }
}
