// Thin columns of light, as high in pixels at any zoom; drawn from the very columns of the incidents.
import {ScatterplotLayer} from '@deck.gl/layers';

const uniforms = `
layout(std140) uniform beamUniforms {
  vec4 grave;
  vec4 emergency;
  vec4 shape;
  float alpha;
} beam;
`;
const module = {
  name: 'beam', vs: uniforms, fs: uniforms,
  uniformTypes: {grave: 'vec4<f32>', emergency: 'vec4<f32>', shape: 'vec4<f32>', alpha: 'f32'},
};

const vs = `#version 300 es
#define SHADER_NAME beam-vertex
in vec3 positions;
in vec3 instancePositions;
in vec3 instancePositions64Low;
in float instanceRadius;
out vec2 beam_at;
out vec3 beam_tone;
void main(void) {
  bool urgent = instanceRadius > 2.5;
  // The calm have none.
  if (instanceRadius < 1.5) { gl_Position = vec4(0.0); return; }
  float tall = urgent ? beam.shape.y : beam.shape.x;
  float wide = urgent ? beam.shape.w : beam.shape.z;
  beam_tone = urgent ? beam.emergency.rgb : beam.grave.rgb;
  beam_at = vec2(positions.y * 0.5 + 0.5, positions.x);
  vec4 place;
  vec3 up = vec3(0.0, 0.0, project_pixel_size(tall) * beam_at.x);
  gl_Position = project_position_to_clipspace(instancePositions, instancePositions64Low, up, place);
  gl_Position.xy += project_pixel_size_to_clipspace(vec2(positions.x * wide * 0.5, 0.0));
}
`;

const fs = `#version 300 es
#define SHADER_NAME beam-fragment
precision highp float;
in vec2 beam_at;
in vec3 beam_tone;
out vec4 fragColor;
void main(void) {
  float core = 1.0 - abs(beam_at.y);
  float up = 1.0 - beam_at.x;
  float light = core * core * (0.15 + 0.85 * up);
  fragColor = vec4(mix(beam_tone, vec3(1.0), 0.55 * pow(core, 5.0) * up * beam.grave.w), light * beam.alpha);
}
`;

const unit = ([red, green, blue], last) => [red / 255, green / 255, blue / 255, last];

/** A scatterplot's squares, stood upright; what is a radius there is an urgency here. */
export class BeamLayer extends ScatterplotLayer {
  static layerName = 'BeamLayer';
  static defaultProps = {
    colours: {type: 'array', value: []}, heights: {type: 'array', value: []}, widths: {type: 'array', value: []},
    glow: true, alpha: 1,
  };

  getShaders() {
    const shaders = super.getShaders();
    return {...shaders, vs, fs, modules: [...shaders.modules, module]};
  }

  draw(options) {
    const {colours, heights, widths, glow, alpha} = this.props;
    this.state.model.shaderInputs.setProps({beam: {
      grave: unit(colours[0], glow ? 1 : 0), emergency: unit(colours[1], 0), shape: [...heights, ...widths], alpha,
    }});
    super.draw(options);
  }
}

/** What a beam is drawn with: over buildings; adding light in the dark. */
export const beamParameters = glow => ({
  depthCompare: 'always', depthWriteEnabled: false, blend: true, blendColorOperation: 'add',
  blendColorSrcFactor: 'src-alpha', blendColorDstFactor: glow ? 'one' : 'one-minus-src-alpha',
  blendAlphaSrcFactor: 'zero', blendAlphaDstFactor: 'one',
});
