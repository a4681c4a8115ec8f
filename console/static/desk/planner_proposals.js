// Balanced grids that the machine proposes, several side by side with their scores; one is taken into the draft.
import {api, make, number, t} from './common.js';
import {field, openDialog} from './planner_dialog.js';

const ASK_MS = 1000;
const shareWords = value => (value === null || value === undefined ? '—' : `${(value * 100).toFixed(1)}%`);
const fixed = value => (value === null || value === undefined ? '—' : Number(value).toFixed(3));

function card(one, best, take) {
  const scores = one.scores ?? one;
  const rows = [['grids', number(scores.grids)], ['gini', fixed(scores.gini)], ['gini_before', fixed(scores.gini_before)], ['within', shareWords(scores.within)], ['farthest', shareWords(scores.farthest)], ['compactness', fixed(scores.compactness)], ['cut_streets', scores.cut_streets === undefined ? '—' : number(scores.cut_streets)]].filter(([, words]) => words !== '—');
  return make('li', {class: best ? 'best' : ''}, make('h3', {text: t('planner.proposal_number', {number: one.n ?? one.number, seed: one.seed ?? ''})}), best ? make('span', {class: 'chip good', text: t('planner.best')}) : null,
    make('dl', {}, ...rows.map(([key, words]) => make('div', {}, make('dt', {text: t(`planner.score_${key}`)}), make('dd', {text: words})))),
    make('button', {type: 'button', class: 'primary', text: t('planner.take'), onclick: take}));
}

export function proposalsDialog(session, parents, done) {
  const areas = make('select', {}, ...[...parents].filter(([code]) => code).map(([code, name]) => make('option', {value: code, text: name ?? code})));
  if (session.draft.area) areas.prepend(make('option', {value: session.draft.area.code, text: session.draft.area.name, selected: true}));
  const target = make('input', {type: 'number', min: 10, max: 100000, value: 1000, required: true});
  const weight = make('select', {}, ...['population', 'load'].map(one => make('option', {value: one, text: t(`planner.weight_${one}`)})));
  const seeds = make('input', {type: 'number', min: 1, max: 8, value: 4, required: true});
  const seconds = make('input', {type: 'number', min: 5, max: 120, value: 30, required: true});
  const progress = make('progress', {max: 1, value: 0, hidden: true});
  const found = make('ul', {class: 'proposals'});
  let shown;
  let asking = 0;
  const show = ({proposals = [], progress: part, state}, job) => {
    progress.value = part ?? 0;
    progress.hidden = state !== 'running' && state !== 'queued';
    const least = Math.min(...proposals.map(one => (one.scores ?? one).gini));
    found.replaceChildren(...proposals.map((one, index) => card(one, (one.scores ?? one).gini === least && proposals.length > 1, async () => {
      try {
        await session.change(`/proposals/${job}/${one.n ?? one.number ?? index}/take`);
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
      show(answer, job);
      if (answer.state === 'failed') shown.say(answer.detail ?? t('planner.proposals_failed'));
      else if (answer.state !== 'done') setTimeout(() => follow(job, turn), ASK_MS);
    } catch (problem) {
      shown.say(problem.message);
    }
  };
  shown = openDialog({
    title: t('planner.proposals'), wide: true,
    body: [make('p', {text: t('planner.proposals_note')}), make('div', {class: 'fields'}, field(t('planner.within'), areas), field(t('planner.weight'), weight), field(t('planner.target'), target), field(t('planner.seeds'), seeds), field(t('planner.seconds'), seconds)), progress, found],
    actions: [[t('planner.close'), () => true], [t('planner.propose'), async () => {
      const answer = await api(`${session.address}/proposals`, {send: {area: areas.value, target: Number(target.value), weight: weight.value, seeds: Number(seeds.value), seconds: Number(seconds.value)}});
      progress.hidden = false;
      follow(answer.job ?? answer.id, ++asking);
      return false;
    }, true]],
  });
}
