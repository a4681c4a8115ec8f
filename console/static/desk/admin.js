// What the admin's pages share: tiers, limits as people write them (24, or 8w in working hours), changes.
import {byId, make, moment, t} from './common.js';

export const TIERS = ['grid', 'community', 'street', 'district', 'city'];

export const limitText = limit => (limit ? `${limit.hours}${limit.working ? 'w' : ''}` : '');

/** A limit from its text; null of nothing. Hours of what can't be read are null, for the server to refuse. */
export function readLimit(text) {
  const words = text.trim();
  if (!words) return null;
  const found = words.match(/^(\d+(?:\.\d+)?)\s*(w|工时|工作小时|h|小时)?$/i);
  return {hours: found ? Number(found[1]) : null, working: /^(w|工时|工作小时)$/i.test(found?.[2] ?? '')};
}

/** The last changes, and whether there is one to take back. */
export function showChanges(changes) {
  const last = changes.find(change => !change.undoes && !change.undone);
  byId('undo').disabled = !last;
  byId('undo').title = last ? t('admin.undo_what', {key: last.key, by: last.by ?? ''}) : '';
  byId('changes').replaceChildren(...changes.slice(0, 8).map(change => make('li', {
    class: change.undone ? 'undone' : '', text: t(change.undoes ? 'admin.change_undone' : 'admin.change', {key: change.key, by: change.by ?? '', at: moment(change.at)}),
  })));
}
