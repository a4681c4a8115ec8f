// Shades the sides of what is coloured by a number: tops keep the very colour of the legend, at any hour.
import {LayerExtension} from '@deck.gl/core';

export class Facets extends LayerExtension {
  static extensionName = 'Facets';

  getShaders() {
    return {inject: {'vs:DECKGL_FILTER_COLOR': `
  if (geometry.normal.z < 0.5) {
    color.rgb *= 0.62 + 0.16 * dot(normalize(geometry.normal.xy + vec2(1e-6)), vec2(-0.8, -0.6));
  }
`}};
  }
}

/** What such a layer is made of: lights of the hour would change its colours. */
export const UNLIT = {unlit: true};
