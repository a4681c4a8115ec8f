// Today's reports by class, as a ring with its sum in the middle.
import {make} from '../common.js';
import {Chart} from './chart.js';

export class Classes {
  constructor({host, text, lang, colours}) {
    Object.assign(this, {text, colours, number: new Intl.NumberFormat(lang)});
    const ring = make('div', {class: 'ring'});
    this.sum = make('b');
    this.list = make('ul', {class: 'ring-legend'});
    host.append(make('div', {class: 'ring-box'}, ring, make('p', {class: 'ring-sum'}, this.sum, make('span', {text: text('wall.reports')}))), this.list);
    this.chart = new Chart(ring, (rows, unit, chart) => this.options(rows, unit, chart));
  }

  isEmpty({by_class: rows}) {
    return !rows?.some(row => row.count);
  }

  show({by_class: rows = []}) {
    const sum = rows.reduce((total, row) => total + row.count, 0);
    this.sum.textContent = this.number.format(sum);
    const sorted = rows.filter(row => row.count).sort((a, b) => b.count - a.count);
    this.list.replaceChildren(...sorted.map(row => make('li', {},
      make('i', {'--tone': this.colours[row.class]}), make('span', {text: this.name(row)}),
      make('b', {text: `${((row.count / sum) * 100).toFixed(0)}%`}))));
    this.chart.show(sorted);
  }

  name(row) {
    return this.text(`class.${row.class}`, {otherwise: row.name});
  }

  options(rows, unit, chart) {
    return {
      tooltip: {trigger: 'item', ...chart.tooltip(12 * unit)},
      series: [{
        type: 'pie', radius: ['66%', '94%'], label: {show: false}, emphasis: {scaleSize: 3 * unit}, padAngle: 1.5,
        itemStyle: {borderRadius: 2 * unit},
        data: rows.map(row => ({name: this.name(row), value: row.count, itemStyle: {color: this.colours[row.class]}})),
      }],
    };
  }

  close() {
    this.chart.close();
  }
}
