// Balanced grids that the machine proposes, several side by side with their scores; one is taken into the draft.
import {api, make, number, t} from './common.js';
import {field, openDialog} from './planner_dialog.js';

const ASK_MS = 1000;
const shareWords = value => (value === null || value === undefined ? '—' : `${(value * 100).toFixed(1)}%`);
const fixed = value => (value === null || value === undefined ? '—' : Number(value).toFixed(3));

function card(one, best, take) {
  const {scores} = one;
  const rows = [['grids', number(scores.grids)], ['gini', fixed(scores.gini)], ['gini_before', fixed(scores.gini_before)], ['within', shareWords(scores.within)], ['farthest', shareWords(scores.farthest)],
    ['along_streets', shareWords(scores.along_streets)], ['compactness', fixed(scores.compactness)], ['moved', shareWords(scores.moved_share)], ['new', number(one.new)]];
  return make('li', {class: best ? 'best' : ''}, make('h3', {text: t('planner.proposal_number', {number: one.n + 1})}), best ? make('span', {class: 'chip good', text: t('planner.best')}) : null,
    make('dl', {}, ...rows.map(([key, words]) => make('div', {}, make('dt', {text: t(`planner.score_${key}`)}), make('dd', {text: words})))),
    make('button', {type: 'button', class: 'primary', text: t('planner.take'), onclick: take}));
}

export function proposalsDialog(session, parents, done) {
  const areas = make('select', {}, make('option', {value: '', text: session.draft.area?.name ?? t('planner.whole_scheme')}), ...parents.map(({code, name}) => make('option', {value: code, text: name})));
  const target = make('input', {type: 'number', min: 1, max: 1000000, placeholder: t('planner.target_average')});
  const weight = make('select', {}, ...['population', 'load'].map(one => make('option', {value: one, text: t(`planner.weight_${one}`)})));
  const seeds = make('input', {type: 'number', min: 1, max: 8, value: 3, required: true});
  const seconds = make('input', {type: 'number', min: 5, max: 120, value: 30, required: true});
  const progress = make('progress', {max: 1, value: 0, hidden: true});
  const found = make('ul', {class: 'proposals'});
  let shown;
  let asking = 0;
  const show = ({id: job, proposals, progress: part, state}) => {
    progress.value = part;
    progress.hidden = state !== 'running';
    const least = Math.min(...proposals.map(one => one.scores.gini));
    found.replaceChildren(...proposals.map(one => card(one, one.scores.gini === least && proposals.length > 1, async () => {
      try {
        await session.change(`/proposals/${job}/${one.n}/take`);
        shown.close();
        await done();
      } catch (problem) {
        shown.say(problem.message);
      }
    })));
  };
  const follow = async (job, turn) => {
    try {
      const answer = await session.get(`/proposals/${job}`);
      if (turn !== asking || !shown.dialog.open) return;
      show(answer);
      if (answer.detail) shown.say(answer.detail);
      if (answer.state === 'running') setTimeout(() => follow(job, turn), ASK_MS);
    } catch (problem) {
      shown.say(problem.message);
    }
  };
  shown = openDialog({
    title: t('planner.proposals'), wide: true,
    body: [make('p', {text: t('planner.proposals_note')}), make('div', {class: 'fields'}, field(t('planner.within'), areas), field(t('planner.weight'), weight), field(t('planner.target'), target), field(t('planner.seeds'), seeds), field(t('planner.seconds'), seconds)), progress, found],
    actions: [[t('planner.close'), () => true], [t('planner.propose'), async () => {
      const answer = await api(`${session.address}/proposals`, {send: {...(areas.value ? {area: areas.value} : {}), ...(target.value ? {target: Number(target.value)} : {}), weight: weight.value, seeds: Number(seeds.value), seconds: Number(seconds.value), version: session.draft.version}});
      progress.hidden = false;
      follow(answer.id, ++asking);
      return false;
    }, true]],
  });
}
