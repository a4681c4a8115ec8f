// Reports by hour, today against yesterday.
import {Chart} from './chart.js';

export class Trend {
  constructor({host, text}) {
    this.text = text;
    this.chart = new Chart(host, (trend, unit, chart) => this.options(trend, unit, chart));
  }

  isEmpty({trend}) {
    return !trend || ![...trend.today, ...trend.yesterday].some(Boolean);
  }

  show({trend}) {
    if (trend) this.chart.show(trend);
  }

  options({hours, today, yesterday}, unit, chart) {
    // The hour under way is a point of its own: a line drawn to it would look like a collapse.
    const current = today.findLastIndex(count => count !== null);
    const full = today.map((count, hour) => (hour < current ? count : null));
    const under = today.map((count, hour) => (hour === current ? count : null));
    const size = 12 * unit;
    const quiet = {color: chart.colour('quiet'), fontSize: size};
    const [cool, warm] = [chart.colour('today'), chart.colour('yesterday')];
    const line = (name, data, colour, extra) => ({
      name, type: 'line', data, smooth: 0.35, smoothMonotone: 'x', showSymbol: false, itemStyle: {color: colour},
      lineStyle: {width: 2.4 * unit, color: colour}, emphasis: {disabled: true}, ...extra,
    });
    const [now, before, partial] = ['wall.today', 'wall.yesterday', 'wall.this_hour'].map(key => this.text(key));
    return {
      grid: {left: 38 * unit, right: 14 * unit, top: 30 * unit, bottom: 24 * unit},
      legend: {top: 0, right: 8 * unit, itemWidth: 18 * unit, itemHeight: 8 * unit, itemGap: 14 * unit, icon: 'roundRect', textStyle: {color: chart.colour('soft'), fontSize: size}, data: [now, before, {name: partial, icon: 'emptyCircle', itemStyle: {opacity: 1}}]},
      tooltip: {trigger: 'axis', ...chart.tooltip(size)},
      xAxis: {type: 'category', boundaryGap: false, data: hours.map(hour => `${String(hour).padStart(2, '0')}:00`), axisLabel: {...quiet, interval: 3}, axisLine: {lineStyle: {color: chart.colour('line', 0.35)}}, axisTick: {show: false}},
      yAxis: {type: 'value', splitNumber: 4, minInterval: 1, axisLabel: quiet, splitLine: {lineStyle: {color: chart.colour('line', 0.14)}}},
      series: [
        line(before, yesterday, warm, {lineStyle: {width: 1.6 * unit, color: warm, type: 'dashed', opacity: 0.8}}),
        line(now, full, cool, {areaStyle: {color: {type: 'linear', x: 0, y: 0, x2: 0, y2: 1, colorStops: [{offset: 0, color: chart.colour('today-fill', 0.42)}, {offset: 1, color: chart.colour('today-fill', 0)}]}}}),
        line(partial, under, cool, {showSymbol: true, symbol: 'emptyCircle', symbolSize: 8 * unit, itemStyle: {color: cool, borderWidth: 2 * unit}}),
      ],
    };
  }

  close() {
    this.chart.close();
  }
}
