"use strict";
// The boxes of all people in the picture: lines in each person's colour, labels, and who is at a point.
const makeBoxes = (canvas, people, kinds) => {
  const LABEL = 17;
  const several = people.length > 1;
  const shown = kinds.map(() => true);
  const found = (frame) => people.flatMap((person, who) => person.boxes.flatMap((box, kind) => {
    if (!shown[kind] || box.edges[4 * frame] === NO_BOX) return [];
    const [left, top, right, bottom] = box.edges.subarray(4 * frame, 4 * frame + 4);
    return [{ person, who, kind, headOnly: Boolean(box.headOnly[frame]), left, top, right, bottom }];
  }));
  // Solid, dashed, or dotted where a body is a head alone; with a dark edge, to be seen on any picture.
  const outline = (pen, box, scale, strong) => {
    pen.setLineDash(box.headOnly ? [0.1, 6] : box.kind ? [10, 6] : []);
    pen.lineCap = box.headOnly ? "round" : "butt";
    const width = (box.headOnly ? 3 : 2) + (strong ? 0.7 : 0);
    for (const [colour, more] of [["rgba(0, 0, 0, 0.55)", 1.5], [box.person.colour.fill, 0]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width + more;
      pen.strokeRect(box.left * scale, box.top * scale, (box.right - box.left) * scale, (box.bottom - box.top) * scale);
    }
    pen.setLineDash([]);
  };
  const words = (box) => {
    if (!several) return box.headOnly ? "Head only" : kinds[box.kind];
    return box.headOnly ? `${box.person.name} · Head only` : box.person.name;
  };
  const shortened = (pen, text, widest) => {
    if (pen.measureText(text).width <= widest) return text;
    let letters = [...text];
    while (letters.length > 1 && pen.measureText(`${letters.join("")}…`).width > widest) letters = letters.slice(0, -1);
    return `${letters.join("")}…`;
  };
  // Above its box, or the first other place in the picture where no label lies yet.
  const place = (pen, box, scale, size, taken) => {
    const text = shortened(pen, words(box), size.width / 2), wide = pen.measureText(text).width + 10;
    const [left, top, right, bottom] = [box.left, box.top, box.right, box.bottom].map((edge) => edge * scale);
    const spots = [[left - 1, top - LABEL], [left - 1, bottom - LABEL], [right + 1 - wide, top - LABEL],
      [left - 1, bottom], [left - 1, top]].map(([x, y]) =>
      ({ x: clamp(x, 0, size.width - wide), y: clamp(y, 0, size.height - LABEL) }));
    const free = ({ x, y }) => taken.every((other) =>
      x >= other.x + other.wide || other.x >= x + wide || y >= other.y + LABEL || other.y >= y + LABEL);
    return { ...(spots.find(free) || spots[0]), wide, text, colour: box.person.colour };
  };
  const draw = (frame, chosen, scale) => {
    const { pen, width, height } = sized(canvas);
    if (!width || frame < 0) return;
    const rank = (box) => (box.who === chosen ? -1 : box.who) * kinds.length + box.kind;
    const boxes = found(frame).sort((a, b) => rank(b) - rank(a)); // the chosen person's in front
    for (const box of boxes) outline(pen, box, scale, several && box.who === chosen);
    pen.font = "600 12px system-ui, sans-serif";
    pen.textAlign = "left";
    const labels = [];
    for (const box of boxes.reverse()) labels.push(place(pen, box, scale, { width, height }, labels));
    for (const { x, y, wide, text, colour } of labels.reverse()) {
      pen.fillStyle = colour.fill;
      pen.fillRect(x, y, wide, LABEL);
      pen.fillStyle = colour.ink;
      pen.fillText(text, x + 5, y + 13);
    }
  };
  const area = (box) => (box.right - box.left) * (box.bottom - box.top);
  const at = (x, y, frame) => { // the person of the smallest box there, or none
    const hit = found(frame).filter((box) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom);
    return hit.length ? hit.reduce((a, b) => (area(b) < area(a) ? b : a)).who : null;
  };
  return { shown, draw, at };
};
