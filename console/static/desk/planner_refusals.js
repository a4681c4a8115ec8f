// What the server would not do, said in its place on the map and in words.
import {byId, make, t} from './common.js';

const SHOWN = 6;

export class Refusals {
  constructor(editor) {
    this.editor = editor;
  }

  /** `[{message, place, keys}]`: reason and number come in words. */
  show(refusals, title = t('planner.refused')) {
    this.editor.refused.show(refusals.slice(0, SHOWN), one => one.message);
    byId('refusals').hidden = false;
    byId('refusals').replaceChildren(make('b', {text: title}), make('ul', {}, ...refusals.slice(0, SHOWN).map(({message, keys}) => make('li', {},
      message, keys?.length ? make('span', {class: 'small', text: ` ${keys.slice(0, 3).join('、')}`}) : null))));
  }

  clear() {
    this.editor.refused.clear();
    byId('refusals').hidden = true;
  }
}
