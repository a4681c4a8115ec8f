// A draft out to another editor and back: GeoPackage, GeoJSON, Shapefile; what is wrong with what comes back.
import {api, make, number, t} from './common.js';
import {field, openDialog} from './planner_dialog.js';

const MOST = 200;
const FORMATS = ['gpkg', 'geojson', 'shp'];

export function exportDialog(session) {
  openDialog({
    title: t('planner.export'), body: [make('p', {text: t('planner.export_note')}), make('ul', {class: 'formats'}, ...FORMATS.map(format => make('li', {},
      make('a', {class: 'button', href: `${session.address}/export?format=${format}`, download: '', text: t(`planner.format_${format}`)}), make('span', {class: 'small', text: t(`planner.format_${format}_note`)}))))],
    actions: [[t('planner.close'), () => true]],
  });
}

const place = ({message, keys, lon, lat}) => make('li', {text: [message, keys?.join('、'), lon === null || lon === undefined ? '' : `${lon.toFixed(6)}, ${lat.toFixed(6)}`].filter(Boolean).join(' · ')});

/** What a file holds, what is wrong with it and where, and what a repair would move. */
function told({areas, added, removed, changed, notes, defects, defects_count, warnings, repair}, host) {
  const counts = {areas, changed: changed.length, added: added.length, removed: removed.length, defects: defects_count};
  host.replaceChildren(
    make('p', {class: `verdict ${defects_count ? 'bad' : 'good'}`, text: defects_count ? t('planner.defects', {count: number(defects_count)}) : t('planner.no_defects')}),
    make('dl', {class: 'counts'}, ...Object.entries(counts).map(([key, count]) => make('div', {class: key === 'defects' && count ? 'bad' : ''}, make('dt', {text: t(`planner.file_${key}`)}), make('dd', {text: number(count)})))),
    ...notes.map(text => make('p', {class: 'small', text})),
    make('ol', {class: 'faults defects'}, ...[...defects, ...warnings].slice(0, MOST).map(place)),
    repair ? make('p', {text: t('planner.repair_moves', {area: number(repair.moved_m2)})}) : '');
}

/** Brings a file back: first what is wrong with it, then, on a word, what repairing would make of it. */
export function importDialog(session, done) {
  const file = make('input', {type: 'file', accept: '.gpkg,.geojson,.json,.zip', required: true});
  const found = make('div', {class: 'found'});
  const send = async apply => {
    const form = new FormData();
    form.append('file', file.files[0]);
    const answer = await api(`${session.address}/import?version=${session.draft.version}${apply ? `&apply=${apply}` : ''}`, {form});
    if (!apply) told(answer, found);
    return answer;
  };
  let seen = null;
  file.addEventListener('change', () => { seen = null; });
  openDialog({
    title: t('planner.import'), wide: true, body: [make('p', {text: t('planner.import_note')}), field(t('planner.file'), file), found],
    actions: [[t('desk.cancel'), () => true], [t('planner.check_or_take'), async () => {
      if (!file.files.length) return false;
      if (!seen) {
        seen = await send('');
        return false;
      }
      await send(seen.defects_count ? 'repaired' : 'checked');
      await done();
      return true;
    }, true]],
  });
}
