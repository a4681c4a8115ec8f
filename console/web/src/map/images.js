// The two images of the ground's style, made here so that no sprite is asked for.
const SIZE = 24;
const EDGE = 6;

/** A plate with a hair of a line around it, stretched behind a name. */
function plate({fill, line}) {
  const canvas = new OffscreenCanvas(SIZE, SIZE);
  const pen = canvas.getContext('2d');
  pen.beginPath();
  pen.roundRect(1, 1, SIZE - 2, SIZE - 2, EDGE - 2);
  pen.fillStyle = fill;
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = line;
  pen.stroke();
  return pen.getImageData(0, 0, SIZE, SIZE);
}

/** `plate`: CSS colours `fill` and `line`. */
export function addImages(map, {plate: colours}) {
  const stretch = [[EDGE, SIZE - EDGE]];
  map.addImage('plate', plate(colours), {stretchX: stretch, stretchY: stretch, content: [EDGE, EDGE, SIZE - EDGE, SIZE - EDGE], pixelRatio: 2});
  map.addImage('space', new ImageData(10, 10));
}
