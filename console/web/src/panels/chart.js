// ECharts with only what the wall draws, sized with the screen.
import {init, use} from 'echarts/core';
import {LineChart, PieChart} from 'echarts/charts';
import {GridComponent, LegendComponent, TooltipComponent} from 'echarts/components';
import {CanvasRenderer} from 'echarts/renderers';
import {reducedMotion} from '../common.js';

use([LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const FONT = '"Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif';

export class Chart {
  constructor(host, options) {
    this.options = options;
    this.chart = init(host, null, {renderer: 'canvas'});
    this.observer = new ResizeObserver(() => { this.chart.resize(); this.draw(); });
    this.observer.observe(host);
  }

  /** Pixels of a 1920 wide screen into pixels of this one. */
  get unit() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  show(data) {
    this.data = data;
    this.draw();
  }

  draw() {
    if (!this.data) return;
    this.chart.setOption({
      animation: !reducedMotion(), animationDuration: 600, textStyle: {fontFamily: FONT, color: '#a9c8e8'},
      ...this.options(this.data, this.unit),
    });
  }

  close() {
    this.observer.disconnect();
    this.chart.dispose();
  }
}
