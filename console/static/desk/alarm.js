// An emergency that comes in: a banner that stays until it is seen to, the title, a quiet sound.
import {byId, make, moment, number, t} from './common.js';

const KEY = 'gridwall-sound';

export class Alarm {
  constructor({open}) {
    this.open = open;
    this.waiting = new Map();
    this.banner = byId('alarm');
    this.button = byId('sound');
    this.on = localStorage.getItem(KEY) !== 'off';
    this.button.addEventListener('click', () => this.switch());
    this.title = document.title;
    this.draw();
  }

  switch() {
    this.on = !this.on;
    localStorage.setItem(KEY, this.on ? 'on' : 'off');
    this.draw();
    if (this.on) this.sound();
  }

  /** Tells of an event of `/live` that is an emergency just reported; says whether it was one. */
  hear({id, u: urgency, s: state, t: text, n: area, at}) {
    if (state !== 'reported') this.seen(id);
    if (urgency < 3 || state !== 'reported' || this.waiting.has(String(id))) return false;
    this.waiting.set(String(id), {text, area, at});
    this.draw();
    this.sound();
    return true;
  }

  seen(id) {
    if (this.waiting.delete(String(id))) this.draw();
  }

  draw() {
    this.button.setAttribute('aria-pressed', String(this.on));
    this.button.title = t(this.on ? 'street.sound_on' : 'street.sound_off');
    const count = this.waiting.size;
    document.title = count ? `(${number(count)}) ${t('urgency.3')} · ${this.title}` : this.title;
    this.banner.hidden = !count;
    if (!count) return this.banner.replaceChildren();
    const [id, {text, area, at}] = [...this.waiting].at(-1);
    const show = () => { this.seen(id); this.open(id); };
    return this.banner.replaceChildren(make('b', {text: t('urgency.3')}), make('span', {class: 'say', text: `${text ?? ''}`}), make('span', {class: 'small', text: [area, moment(at)].filter(Boolean).join(' · ')}),
      count > 1 && make('span', {class: 'count', text: t('street.alarms', {count: number(count)})}),
      make('button', {type: 'button', class: 'primary', text: t('street.alarm_open'), onclick: show}),
      make('button', {type: 'button', text: t('street.alarm_seen'), onclick: () => this.seen(id)}));
  }

  // Two soft tones; a browser that has not been touched yet stays silent, and that is no fault.
  sound() {
    if (!this.on || !navigator.userActivation?.hasBeenActive) return;
    this.audio ??= new AudioContext();
    const start = this.audio.currentTime;
    [660, 880].forEach((pitch, index) => {
      const [tone, volume] = [this.audio.createOscillator(), this.audio.createGain()];
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, start + index * 0.22);
      volume.gain.linearRampToValueAtTime(0.12, start + index * 0.22 + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + index * 0.22 + 0.35);
      tone.connect(volume).connect(this.audio.destination);
      tone.start(start + index * 0.22);
      tone.stop(start + index * 0.22 + 0.4);
    });
  }
}
