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

function told(answer, host) {
  const {defects = [], proposal, repair} = answer;
  const moved = (proposal ?? repair)?.moved_m2 ?? (proposal ?? repair)?.moved;
  host.replaceChildren(
    make('p', {class: `verdict ${defects.length ? 'bad' : 'good'}`, text: defects.length ? t('planner.defects', {count: number(defects.length)}) : t('planner.no_defects')}),
    make('ol', {class: 'faults defects'}, ...defects.slice(0, MOST).map(one => make('li', {text: [one.message, one.keys?.join('、'), one.lon ? `${one.lon.toFixed(6)}, ${one.lat.toFixed(6)}` : ''].filter(Boolean).join(' · ')}))),
    moved === undefined ? '' : make('p', {text: t('planner.repair_moves', {area: number(Math.round(typeof moved === 'object' ? Object.values(moved).reduce((a, b) => a + b, 0) : moved))})}));
}

/** Brings a file back: first what is wrong with it, then, on a word, what repairing would make of it. */
export function importDialog(session, done) {
  const file = make('input', {type: 'file', accept: '.gpkg,.geojson,.json,.zip', required: true});
  const found = make('div', {class: 'found'});
  const send = async apply => {
    const form = new FormData();
    form.append('file', file.files[0]);
    const answer = await api(`${session.address}/import?version=${session.draft.version}${apply ? `&apply=${apply}` : ''}`, {form});
    told(answer, found);
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
      await send(seen.defects?.length ? 'repaired' : 'checked');
      await done();
      return true;
    }, true]],
  });
}
