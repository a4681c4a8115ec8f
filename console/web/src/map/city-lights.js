// Dresses extruded polygons: dark at the foot, bright at the top, windows by storey when near.
import {LayerExtension} from '@deck.gl/core';

const uniforms = `
layout(std140) uniform cityUniforms {
  float night;
} city;
`;

export class CityLights extends LayerExtension {
  static extensionName = 'CityLights';
  static defaultProps = {night: 0.6};

  getShaders() {
    return {
      modules: [{name: 'city', vs: uniforms, fs: uniforms, uniformTypes: {night: 'f32'}}],
      inject: {
        'vs:#decl': `
out float city_metres;
out float city_wall;
out vec2 city_ground;
`,
        'vs:DECKGL_FILTER_COLOR': `
  city_metres = geometry.position.z / project.commonUnitsPerMeter.z;
  city_wall = abs(geometry.normal.z) < 0.5 ? 1.0 : 0.0;
  city_ground = geometry.worldPosition.xy * project.modelMatrix[0][0] / project.commonUnitsPerMeter.x;
`,
        'fs:#decl': `
in float city_metres;
in float city_wall;
in vec2 city_ground;
float city_hash(vec3 p) {
  p = fract(p * 0.1031);
  p += dot(p, p.zyx + 31.32);
  return fract((p.x + p.y) * p.z);
}
`,
        'fs:DECKGL_FILTER_COLOR': `
  if (!bool(picking.isActive)) {
    float rise = smoothstep(0.0, 70.0, city_metres);
    if (city_wall > 0.5) {
      color.rgb *= mix(0.42, 1.12, pow(rise, 0.7));
      vec2 cell = vec2((city_ground.x + city_ground.y * 0.83) / 4.2, city_metres / 4.0);
      vec2 grain = fwidth(cell);
      float near = 1.0 - smoothstep(0.22, 0.6, max(grain.x, grain.y));
      if (near > 0.0) {
        vec2 inside = smoothstep(vec2(0.16), vec2(0.3), fract(cell)) - smoothstep(vec2(0.7), vec2(0.84), fract(cell));
        float lit = step(city_hash(vec3(floor(cell), 7.0)), 0.16 + 0.26 * city.night);
        float pane = inside.x * inside.y * near;
        color.rgb = mix(color.rgb, color.rgb * 0.72, pane * (1.0 - lit));
        color.rgb += pane * lit * vec3(1.0, 0.78, 0.42) * (0.34 + 0.3 * city.night);
      }
    } else {
      color.rgb *= mix(0.95, 1.3, rise);
    }
  }
`,
      },
    };
  }

  draw() {
    this.setShaderModuleProps({city: {night: this.props.night}});
  }
}
