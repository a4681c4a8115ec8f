// The desk by keyboard, and the page that tells how.
import {byId, make, t} from './common.js';

// What is shown in the help, in its order: keys, and the text's key.
const SHOWN = [['j', 'k'], ['Enter'], ['Esc'], ['v'], ['a'], ['d'], ['c'], ['u'], ['m'], ['p'], ['/'], ['g', '↑'], ['1–9'], ['f'], ['?']];
const TOLD = ['walk', 'open', 'close', 'verify', 'assign', 'dispatch', 'finish', 'urge', 'merge', 'print', 'search', 'up', 'lane', 'refresh', 'help'];

export class Keys {
  /** `on` maps a key to what it does; numbers go to `on.lane(index)`, g then ↑ to `on.up()`. */
  constructor(on) {
    this.on = on;
    this.help = byId('help');
    byId('help-keys').replaceChildren(...SHOWN.map((keys, index) => make('div', {}, make('dt', {}, ...keys.flatMap((key, place) => [place ? ' ' : null, make('kbd', {text: key})]).filter(Boolean)),
      make('dd', {text: t(`street.key_${TOLD[index]}`)}))));
    byId('help-open').addEventListener('click', () => this.help.showModal());
    this.help.addEventListener('click', event => { if (event.target === this.help || event.target.closest('[data-close]')) this.help.close(); });
    document.addEventListener('keydown', event => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || this.help.open) return;
    const {target, key} = event;
    const typing = target.closest?.('input, textarea, select');
    if (key === 'Escape') {
      if (typing) typing.blur();
      this.on.Escape();
      return;
    }
    if (typing) return;
    const afterG = this.g && Date.now() - this.g < 1500;
    this.g = key === 'g' ? Date.now() : 0;
    if (key === '?') this.help.showModal();
    else if (afterG && (key === 'ArrowUp' || key === 'u' || key === 'k')) this.on.up();
    else if (/^[1-9]$/.test(key)) this.on.lane(Number(key) - 1);
    else if (key === 'Enter' && target.closest('button, a, [role=tab], summary, tr[tabindex]')) return;
    else if (this.on[key]) this.on[key]();
    else return;
    event.preventDefault();
  }
}
