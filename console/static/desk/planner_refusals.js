// What the server would not do, said in its place on the map and in words.
import {byId, make, t} from './common.js';
import {measured} from './planner_figures.js';

/** Kind, figure and limit of one refusal in a sentence. */
export function wordsOf({kind, detail, keys, figure, limit, unit, message}) {
  const reason = t(`planner.refused_${kind}`, {otherwise: message ?? kind});
  const more = detail ? t(`planner.detail_${detail}`, {otherwise: ''}) : '';
  const amount = figure === null || figure === undefined ? '' : limit === null || limit === undefined ? measured(figure, unit)
    : t('planner.against', {figure: measured(figure, unit), limit: measured(limit, unit)});
  return [reason, more, amount].filter(Boolean).join(t('planner.colon')) + (keys?.length ? t('planner.of_keys', {keys: keys.slice(0, 3).join('、')}) : '');
}

export class Refusals {
  constructor(editor) {
    this.editor = editor;
  }

  show(refusals, title = t('planner.refused')) {
    const short = one => wordsOf({...one, keys: null});
    this.editor.refuse(refusals, short);
    byId('refusals').hidden = false;
    byId('refusals').replaceChildren(make('b', {text: title}), make('ul', {}, ...refusals.slice(0, 6).map(one => make('li', {text: wordsOf(one)}))));
  }

  clear() {
    this.editor.clearRefusals();
    byId('refusals').hidden = true;
  }
}
