// Names are drawn by MapLibre with fonts of the document: it waits here until those have come.

/** The characters of a request, `{fontStack: [codePoint, …]}`, as one text. */
function characters(codes) {
  return codes.map(code => String.fromCodePoint(code)).join('');
}

/**
 * Makes a map wait for the slices of its fonts before it draws a character for the first time.
 * It keeps what it has drawn: without this, a box would stand for a character ever after.
 */
export function awaitFonts(map, fonts = document.fonts) {
  const {glyphManager} = map.style;
  const draw = glyphManager.getGlyphs.bind(glyphManager);
  glyphManager.getGlyphs = async wanted => {
    await Promise.all(Object.entries(wanted).map(([stack, codes]) => come(fonts, stack, characters(codes))));
    return draw(wanted);
  };
}

async function come(fonts, stack, text) {
  const families = stack.split(',').map(name => `"${name}"`).join(', ');
  try {
    await fonts.load(`24px ${families}`, text);
  } catch (error) {
    // A slice that does not come: the machine's own fonts write what they can.
    console.warn(error.message);
  }
}
