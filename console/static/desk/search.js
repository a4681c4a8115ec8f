// One box for all: an area, an address, a building, a house, a matter's number, or words in matters.
import {api, byId, make, named, query, t} from './common.js';

export class Search {
  constructor(address, {openMatter}) {
    Object.assign(this, {address, openMatter, box: byId('search'), list: byId('found'), options: []});
    this.box.addEventListener('input', () => this.typed());
    this.box.addEventListener('keydown', event => this.key(event));
    this.box.addEventListener('focus', () => { if (this.box.value) this.typed(); });
    this.box.addEventListener('blur', () => setTimeout(() => this.close(), 150));
  }

  typed() {
    clearTimeout(this.waiting);
    const words = this.box.value.trim();
    if (!words) {
      this.close();
      if (this.address.get('q')) this.address.set({q: null});
      return;
    }
    this.waiting = setTimeout(() => this.ask(words), 180);
  }

  async ask(words) {
    this.abort?.abort();
    this.abort = new AbortController();
    const {signal} = this.abort;
    const some = address => api(address, {signal}).catch(() => []);
    const [known, addresses] = await Promise.all([some(`/api/desk/search?${query({q: words})}`), words.length > 1 ? some(`/api/addresses?${query({q: words, limit: 6})}`) : []]);
    if (signal.aborted || document.activeElement !== this.box) return;
    this.show([...known.map(one => this.known(one)), {text: t('street.find_words', {words}), note: t('street.find_words_note'), go: () => this.address.set({q: words})},
      ...addresses.filter(one => !known.some(other => other.code === one.house_code)).map(one => ({text: one.text, note: t(one.house_code ? 'street.house' : 'street.building'),
        go: () => this.address.go(one.house_code ? {house: one.house_code} : {building: one.building_code})}))]);
  }

  known({kind, code, name, level, under, state}) {
    if (kind === 'incident') return {text: `#${code} ${name}`, note: named('state', state), go: () => this.openMatter(code)};
    return {text: name, note: kind === 'area' ? [named('level', level), under].filter(Boolean).join(' · ') : t(`street.${kind}`), go: () => this.address.go({[kind]: code})};
  }

  show(options) {
    this.options = options;
    this.list.replaceChildren(...options.map((one, index) => make('li', {id: `found-${index}`, role: 'option', onmousedown: event => { event.preventDefault(); this.take(index); }},
      make('span', {text: one.text}), make('span', {class: 'small', text: one.note}))));
    this.list.hidden = false;
    this.box.setAttribute('aria-expanded', 'true');
    this.point(0);
  }

  point(index) {
    this.at = (index + this.options.length) % this.options.length;
    [...this.list.children].forEach((item, place) => item.setAttribute('aria-selected', String(place === this.at)));
    this.box.setAttribute('aria-activedescendant', `found-${this.at}`);
    this.list.children[this.at]?.scrollIntoView({block: 'nearest'});
  }

  key(event) {
    if (event.key === 'Escape') {
      this.close();
      this.box.blur();
    } else if (event.key === 'Enter') {
      if (this.options.length && !this.list.hidden) this.take(this.at);
      else this.address.set({q: this.box.value.trim()});
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (this.options.length) this.point(this.at + (event.key === 'ArrowDown' ? 1 : -1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  take(index) {
    const one = this.options[index];
    this.close();
    this.box.blur();
    one?.go();
  }

  close() {
    clearTimeout(this.waiting);
    this.abort?.abort();
    this.list.hidden = true;
    this.box.setAttribute('aria-expanded', 'false');
    this.box.removeAttribute('aria-activedescendant');
  }

  mirror() {
    if (document.activeElement !== this.box) this.box.value = this.address.get('q') ?? '';
  }
}
