// The two images of the ground's style, made here so that no sprite is asked for.
const SIZE = 24;
const EDGE = 6;

/** A dark plate with a hair of light around it, stretched behind a name. */
function plate() {
  const canvas = new OffscreenCanvas(SIZE, SIZE);
  const pen = canvas.getContext('2d');
  pen.beginPath();
  pen.roundRect(1, 1, SIZE - 2, SIZE - 2, EDGE - 2);
  pen.fillStyle = 'rgb(5 14 30 / 82%)';
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = 'rgb(110 180 250 / 38%)';
  pen.stroke();
  return pen.getImageData(0, 0, SIZE, SIZE);
}

export function addImages(map) {
  const stretch = [[EDGE, SIZE - EDGE]];
  map.addImage('plate', plate(), {stretchX: stretch, stretchY: stretch, content: [EDGE, EDGE, SIZE - EDGE, SIZE - EDGE], pixelRatio: 2});
  map.addImage('space', new ImageData(10, 10));
}
