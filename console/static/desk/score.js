// One score opened: its parts with weight and target, the stages, and the incidents behind each part.
import {api, make, moment, named, notify, number, query, quiet, t, told} from './common.js';

const hours = seconds => (seconds === null || seconds === undefined ? '—' : t('statistics.hours', {hours: (seconds / 3600).toFixed(seconds < 36000 ? 1 : 0)}));
const points = value => (value === null || value === undefined ? '—' : value.toFixed(1));
const PERCENT = ['in_tier', 'on_time', 'reopened'];

function valueOf(part) {
  if (part.value === null) return t('statistics.untold');
  if (PERCENT.includes(part.part)) return `${(100 * part.value).toFixed(2)} %`;
  return part.part === 'speed' ? t('statistics.hours', {hours: part.value.toFixed(1)}) : part.value.toFixed(2);
}

function targetOf(part) {
  return PERCENT.includes(part.part) ? `${(100 * part.target).toFixed(0)} %` : number(part.target);
}

function partsTable(row, list) {
  return make('table', {'aria-label': t('statistics.parts')},
    make('thead', {}, make('tr', {}, ...['part', 'value', 'target', 'points', 'weight'].map((key, at) => make('th', {scope: 'col', class: at ? 'number' : ''}, make('span', {text: t(`statistics.${key}`), class: 'head'}))))),
    make('tbody', {}, ...row.parts.map(part => make('tr', {tabindex: 0, 'data-part': part.part, onclick: () => list(part.part), onkeydown: event => event.key === 'Enter' && list(part.part)},
      make('td', {text: t(`statistics.part_${part.part}`)}), make('td', {class: 'number', text: valueOf(part)}), make('td', {class: 'number', text: targetOf(part)}),
      make('td', {class: 'number', text: points(part.score)}), make('td', {class: 'number', text: number(part.weight)})))));
}

function line(matter) {
  return make('div', {class: 'matter'},
    make('span', {}, make('b', {text: `#${matter.id} `}), matter.text),
    make('span', {class: matter.cost ? 'late' : '', text: matter.cost ? t('statistics.cost') : named('state', matter.state)}),
    make('span', {class: 'small', text: `${moment(matter.received_at)} · ${(told.lang === 'en' && matter.category_en) || matter.category || ''} · ${named('tier', matter.tier)} · ${hours(matter.whole_s)}`}));
}

/** Opens the score of a ranked row in a panel. */
export async function showScore(panel, {by, period, scheme}, ranked) {
  const address = `/api/assessments/${by}/${encodeURIComponent(ranked.code)}`;
  const close = () => { panel.hidden = true; };
  const matters = make('div', {class: 'matters-behind'});
  const heading = make('h3', {});

  async function list(part, cursor = null) {
    if (!cursor) matters.replaceChildren();
    heading.textContent = part ? t('statistics.behind', {part: t(`statistics.part_${part}`)}) : t('statistics.behind_all');
    try {
      const page = await api(`${address}?${query({period, scheme, part, cursor, limit: 30})}`);
      matters.querySelector('.more')?.remove();
      matters.append(...page.incidents.map(line));
      if (!matters.children.length) matters.append(quiet('statistics.nothing'));
      if (page.next) matters.append(make('button', {type: 'button', class: 'more', text: t('statistics.more'), onclick: () => list(part, page.next)}));
      return page;
    } catch (problem) {
      notify(problem.message);
      return null;
    }
  }

  panel.hidden = false;
  panel.replaceChildren(quiet('desk.loading'));
  const row = await list(null);
  if (!row) return close();
  panel.replaceChildren(make('div', {},
    make('h2', {}, make('span', {text: row.name}), make('button', {type: 'button', 'aria-label': t('statistics.close'), text: '✕', onclick: close})),
    make('p', {class: 'whole'}, make('b', {text: row.score === null ? '—' : row.score.toFixed(2)}), make('span', {class: 'stars', text: '★'.repeat(row.stars ?? 0)}), make('span', {class: 'small', text: row.code})),
    make('p', {class: 'small', text: t('statistics.on_time_note', {on_time: number(row.on_time.closed_on_time), late: number(row.on_time.closed_late), overdue: number(row.on_time.open_overdue)})}),
    row.comparable === 'ground' ? make('p', {class: 'small soon', text: t('statistics.ground_note')}) : null,
    partsTable(row, list),
    make('p', {class: 'small', text: t('statistics.stages', {verify: hours(row.stages.verify_s), dispatch: hours(row.stages.dispatch_s), handle: hours(row.stages.handle_s), check: hours(row.stages.check_s), whole: hours(row.stages.whole_s)})}),
    heading, matters));
  panel.querySelector('button').focus();
  return row;
}
