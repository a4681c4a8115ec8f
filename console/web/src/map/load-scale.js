// Colours the areas by load and writes the legend, both from breaks found in the district's own data.

/** Whole numbers up to ten, then steps that are easily read. */
function round(value) {
  const step = value < 11 ? 1 : value < 60 ? 5 : 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.round(value / step) * step;
}

export class LoadScale {
  /** `shares`: quantiles, among areas with any load, at which a class ends; `colours`: idle, then a class each. */
  constructor({shares, colours}) {
    Object.assign(this, {shares, colours});
    this.fit([]);
  }

  fit(loads) {
    const busy = loads.filter(load => load > 0).sort((a, b) => a - b);
    this.breaks = [1];
    for (const share of this.shares) {
      const least = this.breaks.at(-1) + 1;
      const found = busy.length ? round(busy[Math.floor(share * (busy.length - 1))] + 1) : least;
      this.breaks.push(Math.max(least, found));
    }
  }

  /** The number of a load's class, from 0. */
  place(load) {
    const at = this.breaks.findIndex(limit => load < limit);
    return at < 0 ? this.breaks.length : at;
  }

  colour(load) {
    return this.colours[this.place(load)];
  }

  /** One entry a class, labelled by its range of whole numbers, quietest first. */
  legend() {
    return this.colours.map(([red, green, blue], at) => {
      const [low, next] = [at ? this.breaks[at - 1] : 0, this.breaks[at]];
      const label = next === undefined ? `≥ ${low}` : next - 1 > low ? `${low}–${next - 1}` : `${low}`;
      return {colour: `rgb(${red} ${green} ${blue})`, label};
    });
  }
}
