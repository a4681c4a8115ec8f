// What was done: the draft's operations, and the publications with the way back from each.
import {api, byId, make, moment, number, quiet, t} from './common.js';
import {openDialog} from './planner_dialog.js';

const opWords = ({op}) => t(`planner.op_${op}`, {otherwise: op});

function operations(rows) {
  if (!rows.length) return [quiet('planner.no_operations')];
  return [make('ol', {class: 'record'}, ...[...rows].reverse().map(one => make('li', {class: one.applied === false ? 'undone' : ''},
    make('b', {text: `${one.number}`}), make('span', {text: opWords(one.operation)}), make('span', {class: 'small', text: [one.operation.code ?? one.operation.codes?.join('、') ?? one.operation.from ?? '', one.who, moment(one.at)].filter(one => typeof one === 'string' && one).join(' · ')}))))];
}

function undoDialog(publication, done) {
  openDialog({
    title: t('planner.undo_publication'), body: [make('p', {text: t('planner.undo_publication_note', {name: publication.name, when: moment(publication.at)})})],
    actions: [[t('desk.cancel'), () => true], [t('planner.undo_publication'), async () => { await api(`/api/publications/${publication.id}/undo`, {send: {}}); done(); }, true]],
  });
}

function publications(rows, done) {
  if (!rows.length) return [quiet('planner.no_publications')];
  return [make('ol', {class: 'record publications'}, ...rows.map(one => make('li', {'data-publication': one.id},
    make('b', {text: `#${one.id}`}), make('span', {text: one.undoes ? t('planner.undoes', {id: one.undoes}) : one.name}),
    one.undone_by ? make('span', {class: 'chip', text: t('planner.undone')}) : make('button', {type: 'button', text: t('planner.undo_publication'), onclick: () => undoDialog(one, done)}),
    make('span', {class: 'small', text: [moment(one.at), one.who, t('planner.publication_changed', {count: number(one.changed)})].filter(Boolean).join(' · ')}))))];
}

export async function showRecord(session, done) {
  const host = byId('record');
  host.replaceChildren(quiet('desk.loading'));
  try {
    const [made, past] = await Promise.all([session ? session.get('/history') : null, api('/api/publications')]);
    const again = () => { done(); showRecord(session, done); };
    host.replaceChildren(...(made ? [make('h3', {text: t('planner.operations')}), ...operations(made)] : []),
      make('h3', {text: t('planner.publications')}), ...publications(past, again));
  } catch (problem) {
    host.replaceChildren(make('p', {class: 'wrong', text: problem.message}));
  }
}
