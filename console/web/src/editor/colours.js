// Values to colours in classes of equal number, and the legend that says so.

export const RAMPS = {
  dark: ['#12365e', '#175a8a', '#1f86ad', '#4bb8b4', '#f2d479'],
  light: ['#dfeaf7', '#b5d0ee', '#7fb0de', '#4587c5', '#1f5a9c'],
};
export const UNKNOWN = {dark: '#2a3444', light: '#e4e6ea'};

const known = value => value !== null && value !== undefined && Number.isFinite(value);

/** Where classes of equal number end: as many borders as there are colours less one, none twice. */
export function borders(values, count = 5) {
  const sorted = values.filter(known).sort((a, b) => a - b);
  const found = Array.from({length: count - 1}, (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / count)]);
  return sorted.length ? [...new Set(found)].filter(border => border > sorted[0]) : [];
}

export class Scale {
  constructor(values, theme) {
    this.borders = borders([...values]);
    this.ramp = RAMPS[theme];
    this.unknown = UNKNOWN[theme];
    const few = this.borders.length + 1;
    // With fewer classes the ramp still goes from its one end to the other.
    this.shown = Array.from({length: few}, (_, index) => this.ramp[few === 1 ? 2 : Math.round((index * (this.ramp.length - 1)) / (few - 1))]);
    this.any = [...values].some(known);
  }

  colour(value) {
    return known(value) ? this.shown[this.borders.filter(border => value >= border).length] : this.unknown;
  }

  /** `[colour, from, to]`, open ends undefined. */
  legend() {
    if (!this.any) return [];
    const edges = [undefined, ...this.borders, undefined];
    return this.shown.map((colour, index) => [colour, edges[index], edges[index + 1]]);
  }
}

/** `#rrggbb` with an alpha. */
export function faded(colour, alpha) {
  const [r, g, b] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
