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
    this.styles = getComputedStyle(host);
    // A canvas does not write anew by itself when a slice of the font has come.
    this.onFonts = () => { this.chart.clear(); this.draw(false); };
    document.fonts.addEventListener('loadingdone', this.onFonts);
  }

  /** A colour of the page's style by its name; one of three numbers takes an opacity. */
  colour(name, alpha) {
    const value = this.styles.getPropertyValue(`--${name}`).trim();
    return alpha === undefined ? value : `rgba(${value.split(/\s+/).join(',')},${alpha})`;
  }

  tooltip(size) {
    return {
      confine: true, backgroundColor: this.colour('panel', 0.96), borderColor: this.colour('line', 0.6),
      textStyle: {color: this.colour('ink'), fontSize: size, fontFamily: FONT},
    };
  }

  /** Pixels of a 1920 wide screen into pixels of this one. */
  get unit() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  show(data) {
    this.data = data;
    this.draw();
  }

  draw(moving = !reducedMotion()) {
    if (!this.data) return;
    this.chart.setOption({
      animation: moving, animationDuration: 600, textStyle: {fontFamily: FONT, color: this.colour('soft')},
      ...this.options(this.data, this.unit, this),
    });
  }

  close() {
    document.fonts.removeEventListener('loadingdone', this.onFonts);
    this.observer.disconnect();
    this.chart.dispose();
  }
}
