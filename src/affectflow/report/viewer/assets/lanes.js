"use strict";
// A lane for each person below the picture: a name to choose them by, and where they were found in the whole video.
const makeLanes = (parent, people, { begin, end, shownAt }, choose) => {
  const HEAD = 0.4; // how much a frame with a head alone adds to a body's band
  const several = people.length > 1;
  const box = make(parent, "div", several ? "lanes several" : "lanes");
  const names = make(box, "div", "names");
  const key = (person, n) => {
    const made = make(names, several ? "button" : "div", "person");
    made.style.setProperty("--own", person.colour.fill);
    made.title = person.name;
    if (person.picture) {
      const image = make(made, "img");
      image.src = `data:image/jpeg;base64,${person.picture}`;
      image.alt = "";
    } else make(made, "span", "chip");
    make(made, "span", "who", person.name);
    if (!several) return made;
    made.type = "button";
    made.addEventListener("click", () => choose(n));
    return made;
  };
  const keys = people.map(key);
  if (several) {
    names.setAttribute("role", "group");
    names.setAttribute("aria-label", "whose curves are shown");
  }
  const timeline = make(box, "div", "timeline");
  const track = make(timeline, "canvas"), needle = make(timeline, "canvas");

  const share = (person, from, to, kind) => { // of the frames from one up to another
    const { edges, headOnly } = person.boxes[kind];
    let found = 0;
    for (let f = from; f < to; f += 1) if (edges[4 * f] !== NO_BOX) found += headOnly[f] ? HEAD : 1;
    return found / (to - from);
  };
  const drawFound = () => {
    const { pen, width, height } = sized(track);
    const first = (c) => shownAt(begin + (c / width) * (end - begin));
    const lane = height / people.length, tall = lane - 8;
    for (const [n, person] of people.entries()) {
      pen.fillStyle = person.colour.fill;
      for (const kind of person.boxes.keys()) { // the first kind in a broad band, the others in thin ones below
        const parts = person.boxes.length + 1;
        const top = n * lane + 4 + (kind && (tall * (kind + 1)) / parts), high = (tall * (kind ? 1 : 2)) / parts;
        for (let c = 0; c < width; c += 1) {
          pen.globalAlpha = 0.14 + 0.86 * share(person, first(c), Math.max(first(c + 1), first(c) + 1), kind);
          pen.fillRect(c, top + 1, 1, high - 2);
        }
      }
    }
    pen.globalAlpha = 1;
  };
  // The frame that is shown, what part of the video the curves show, and whose they are.
  const drawNow = (time, view, chosen, colours) => {
    const { pen, width, height } = sized(needle);
    const place = (t) => ((t - begin) / (end - begin)) * width;
    const lane = height / people.length;
    if (several) {
      pen.strokeStyle = colours.ink;
      pen.strokeRect(0.5, chosen * lane + 1.5, width - 1, lane - 3);
    }
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    if (view[1] - view[0] < end - begin) {
      pen.strokeRect(place(view[0]) + 1, 1, Math.max(place(view[1]) - place(view[0]) - 2, 2), height - 2);
    }
    pen.fillStyle = colours.cursor;
    pen.fillRect(place(time) - 1, 0, 2, height);
  };
  const show = (chosen) => {
    if (!several) return;
    for (const [n, name] of keys.entries()) name.setAttribute("aria-pressed", String(n === chosen));
    const top = keys[chosen].offsetTop, bottom = top + keys[chosen].offsetHeight;
    box.scrollTop = clamp(box.scrollTop, bottom - box.clientHeight, top);
  };
  return { box, timeline, drawFound, drawNow, show };
};
