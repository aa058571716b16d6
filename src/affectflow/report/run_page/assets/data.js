// Series of a subject, unpacked when it is chosen. The inverse of packing.py.

const MISSING = -32768;

async function unpack(text, bytes, rows) {
  const packed = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const count = planes.length / bytes;
  const values = bytes === 2 ? new Int16Array(count) : new Int32Array(count);
  for (let at = 0; at < count; at++) {
    let step = 0;
    for (let byte = 0; byte < bytes; byte++) step |= planes[byte * count + at] << (8 * byte);
    values[at] = at % rows ? values[at - 1] + step : step; // Storing wraps, as the differences did.
  }
  return values;
}

// Numbers of a column, null where there is none.
function numbers(units, decimals) {
  const scale = 10 ** decimals;
  return Array.from(units, (unit) => (unit === MISSING ? null : unit / scale));
}

async function readSubject(track, place) {
  const subject = track.subjects[place];
  const rows = subject.kept;
  const frames = await unpack(subject.frames, 4, rows);
  const times = Array.from(await unpack(subject.times, 4, rows), (time) => time / 1000);
  const values = await unpack(subject.values, 2, rows);
  let column = 0;
  const next = (decimals) => numbers(values.subarray(column * rows, ++column * rows), decimals);
  const face = next(0), body = next(0);
  const targets = track.targets.map(() => next(track.kind === "numbers" ? track.layers[0].decimals : 0));
  const layers = track.layers.map((layer) => track.outputs.map(() => next(layer.decimals)));
  return { name: subject.name, count: subject.count, frames, times, edges: edgesOf(times), face, body, targets, layers };
}

// Where one frame ends and the next begins.
function edgesOf(times) {
  const last = times.length - 1;
  const half = last ? (times[last] - times[0]) / last / 2 : 0.02;
  const between = times.slice(1).map((time, at) => (times[at] + time) / 2);
  return [times[0] - half, ...between, times[last] + half];
}

// Index of the frame nearest in time.
function nearest(times, time) {
  let low = 0, high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle; else high = middle;
  }
  return time - times[low] <= times[high] - time ? low : high;
}

function highest(layer, at) {
  return layer.reduce((best, output, place) => (output[at] > layer[best][at] ? place : best), 0);
}
