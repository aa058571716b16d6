"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const times = new Float64Array(bytes(data.times));
  const last = times.length - 1;
  const NONE = data.steps + 1;
  const marked = (stretches) => { // 1 in the frames of stretches
    const marks = new Uint8Array(times.length);
    for (const [from, to] of stretches) marks.fill(1, from, to);
    return marks;
  };
  const people = data.people.map((person, n) => ({
    ...person,
    colour: data.colours[n % data.colours.length],
    boxes: person.boxes.map(({ edges, headOnly }) => ({ edges: new Int16Array(bytes(edges)), headOnly: marked(headOnly) })),
  }));
  const several = people.length > 1;
  const panels = data.panels.map((panel) => ({ ...panel, series: panel.series.map((name) => ({ name, shown: true })) }));
  const read = (panel, item, { values, unseen }) => { // what a series shows: another person, other values
    const scale = (panel.high - panel.low) / data.steps;
    item.values = Float32Array.from(new Uint16Array(bytes(values)), (v) => (v === NONE ? NaN : panel.low + v * scale));
    item.unseen = unseen;
    item.dim = marked(unseen); // 1 where a value does not count
  };

  // ---- the page
  const page = document.getElementById("viewer");
  const stage = make(page, "section", "stage");
  const screen = make(stage, "div", "screen");
  const video = make(screen, "video");
  video.src = data.video;
  video.preload = "auto";
  video.playsInline = true;
  const drawing = make(screen, "canvas");
  const button = (parent, text, name, act, className = "") => {
    const made = make(parent, "button", className, text);
    made.type = "button";
    made.title = name;
    made.setAttribute("aria-label", name);
    made.addEventListener("click", act);
    return made;
  };
  const bar = make(stage, "div", "bar");
  const play = button(bar, "Play", "play or pause (space)", () => toggle(), "play");
  button(bar, "◂", "one frame back (left arrow)", () => seek(frame - 1));
  button(bar, "▸", "one frame on (right arrow)", () => seek(frame + 1));
  const clock = make(bar, "span", "clock");
  const choices = make(stage, "div", "bar choices");
  const choice = (name, act) => {
    const label = make(choices, "label");
    const box = make(label, "input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => act(box.checked));
    make(label, "span", "", name);
    return box;
  };
  const boxes = makeBoxes(drawing, people, data.boxes);
  for (const [kind, name] of data.boxes.entries()) choice(`${name} box`, (on) => { boxes.shown[kind] = on; drawBoxes(); });
  choice("Sound", (on) => { video.muted = !on; });
  const speed = make(choices, "select");
  speed.setAttribute("aria-label", "speed");
  for (const factor of [0.25, 0.5, 1, 1.5, 2]) make(speed, "option", "", `${factor}×`).value = factor;
  speed.value = 1;
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
  const place = make(stage, "div");
  const keys = ["Space plays", "← → one frame, with Shift one second", "click or drag on a curve to go there", "+ − zoom, 0 all"];
  if (several) keys.push("[ ] or 1 to 9, or a click on a name or box: another person");
  make(stage, "p", "keys", keys.join(" · "));

  const column = make(page, "section", "panels");
  const heading = several ? make(column, "h2", "whose") : null;
  const first = several ? make(column, "p", "caution") : null; // what must be said of a person before all else
  if (several) heading.setAttribute("aria-live", "polite");
  const zoomBar = make(column, "div", "zoom");
  const span = make(zoomBar, "span", "dim");
  button(zoomBar, "−", "zoom out (−)", () => zoom(2));
  button(zoomBar, "+", "zoom in (+)", () => zoom(0.5));
  button(zoomBar, "All", "the whole video (0)", () => setView(begin, end));

  // ---- time
  const begin = times[0];
  const usual = last ? (times[last] - times[0]) / last : 1;
  const end = times[last] + usual;
  let frame = -1;
  let chosen = 0;
  let view = [begin, end];
  const shownAt = (time) => { // the last frame that begins no later
    let low = 0, high = last;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= time) low = middle; else high = middle - 1;
    }
    return low;
  };
  const nearest = (time) => {
    const at = shownAt(time);
    return at < last && times[at + 1] - time < time - times[at] ? at + 1 : at;
  };
  const seek = (to) => {
    to = clamp(to, 0, last);
    show(to);
    // A little into the frame: at its very begin, rounding may show the one before.
    const gap = to < last ? times[to + 1] - times[to] : usual;
    if (video.readyState) video.currentTime = times[to] + Math.min(0.001, gap / 2);
  };
  const toggle = () => {
    if (!video.paused) return video.pause();
    if (frame === last) seek(0);
    return video.play().catch(() => {});
  };
  if ("requestVideoFrameCallback" in video) {
    const next = (now, shown) => {
      if (!video.seeking) show(nearest(shown.mediaTime));
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  } else {
    const follow = () => { if (!video.seeking) show(shownAt(video.currentTime + 1e-4)); };
    const next = () => { follow(); if (!video.paused) requestAnimationFrame(next); };
    video.addEventListener("play", next);
    video.addEventListener("timeupdate", follow);
  }
  const named = () => { play.textContent = video.paused ? "Play" : "Pause"; };
  video.addEventListener("play", named);
  video.addEventListener("pause", () => {
    named();
    seek(frame); // browsers show a frame up to one refresh of the screen before its time
  });
  screen.addEventListener("click", (event) => {
    const area = screen.getBoundingClientRect(), scale = boxScale();
    const who = boxes.at((event.clientX - area.left) / scale, (event.clientY - area.top) / scale, frame);
    if (who !== null && who !== chosen) choose(who); else if (!play.disabled) toggle();
  });
  video.addEventListener("loadedmetadata", () => { resize(); if (frame > 0) seek(frame); });
  video.addEventListener("error", () => {
    const words = `This page needs the video “${data.name}” beside it. The curves work without.`;
    make(screen, "div", "lost", words);
    play.disabled = true;
  });
  document.addEventListener("keydown", (event) => {
    const held = event.ctrlKey || event.metaKey || event.altKey;
    // Many keyboards have brackets on AltGr.
    if ((held && !event.getModifierState("AltGraph")) || event.target === speed) return;
    const step = (way) => seek(event.shiftKey ? nearest(times[frame] + way) : frame + way);
    const acts = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => seek(0),
      End: () => seek(last),
      "+": () => zoom(0.5),
      "=": () => zoom(0.5),
      "-": () => zoom(2),
      0: () => setView(begin, end),
    };
    if (several) {
      acts["["] = () => choose((chosen + people.length - 1) % people.length);
      acts["]"] = () => choose((chosen + 1) % people.length);
      for (let n = 0; n < Math.min(people.length, 9); n += 1) acts[n + 1] = () => choose(n);
    }
    if (!/^(BUTTON|INPUT|SUMMARY)$/.test(event.target.tagName)) acts[" "] = toggle;
    if (!acts[event.key]) return;
    event.preventDefault();
    if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") video.pause();
    acts[event.key]();
  });

  const setView = (from, to) => {
    const length = clamp(to - from, Math.min(20 * usual, end - begin), end - begin);
    from = clamp(from, begin, end - length);
    view = [from, from + length];
    drawAll();
  };
  const zoom = (factor) => {
    const now = times[frame], length = (view[1] - view[0]) * factor;
    const share = clamp((now - view[0]) / (view[1] - view[0]), 0, 1);
    setView(now - share * length, now + (1 - share) * length);
  };
  const keepInView = () => {
    const now = times[frame], length = view[1] - view[0];
    if (now < view[0] || now > view[1]) setView(now - (video.paused ? 0.5 : 0.08) * length, now + length);
  };
  const scrub = (element, timeAt) => {
    const go = (event) => {
      const area = element.getBoundingClientRect();
      seek(nearest(timeAt((event.clientX - area.left) / area.width)));
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      element.setPointerCapture(event.pointerId);
      go(event);
    });
    element.addEventListener("pointermove", (event) => { if (element.hasPointerCapture(event.pointerId)) go(event); });
  };
  const lanes = makeLanes(place, people, { begin, end, shownAt }, (n) => choose(n));
  scrub(lanes.timeline, (share) => begin + share * (end - begin));

  // ---- drawing
  let colours = {};
  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    const one = (name) => [name, of(name)];
    colours = Object.fromEntries(["ink", "dim", "line", "cursor", "shade", "accent", "card"].map(one));
    colours.series = of("series").split(/\s+/);
    for (const panel of panels) for (const [n, item] of panel.series.entries()) {
      if (item.swatch) item.swatch.style.color = colours.series[n % colours.series.length];
    }
  };
  const AXIS = 18, ROW = 20, LINES = 150;
  const x = (time, width) => ((time - view[0]) / (view[1] - view[0])) * width;
  const words = (seconds, step) => {
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    if (seconds < 60 && times[last] < 100) return `${seconds.toFixed(digits)} s`;
    const rest = (seconds % 60).toFixed(digits);
    return `${Math.floor(seconds / 60)}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
  };
  const axis = (pen, width, height) => {
    const steps = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];
    const step = steps.find((s) => ((view[1] - view[0]) / s) * 64 < width) || 7200;
    pen.font = "11px system-ui, sans-serif";
    pen.textAlign = "center";
    for (let n = Math.ceil(view[0] / step); n * step <= view[1]; n += 1) {
      const at = Math.round(x(n * step, width)) + 0.5;
      pen.fillStyle = colours.line;
      pen.fillRect(at - 0.5, 0, 1, height - AXIS);
      pen.fillStyle = colours.dim;
      if (at > 14 && at < width - 14) pen.fillText(words(n * step, step), at, height - 5);
    }
  };
  // Where the first series does not count: a veil, with what was lacking where there is room for it.
  const veil = (pen, panel, width, height) => {
    for (const [from, to] of panel.series[0].unseen) {
      const left = Math.max(x(times[from], width), 0), right = Math.min(x(to > last ? end : times[to], width), width);
      if (right <= left) continue;
      pen.globalAlpha = 0.16;
      pen.fillStyle = colours.dim;
      pen.fillRect(left, 0, right - left, height - AXIS);
      pen.globalAlpha = 1;
      pen.font = "11px system-ui, sans-serif";
      pen.textAlign = "center";
      if (pen.measureText(panel.lacking).width + 12 > right - left) continue;
      pen.fillText(panel.lacking, (left + right) / 2, height - AXIS - 6);
    }
  };
  const drawLines = (panel) => {
    const { pen, width, height } = sized(panel.base);
    if (!width) return;
    const floor = height - AXIS;
    const y = (value) => 5 + ((panel.high - value) / (panel.high - panel.low)) * (floor - 10);
    axis(pen, width, height);
    veil(pen, panel, width, height);
    pen.textAlign = "left";
    for (const value of [panel.low, (panel.low + panel.high) / 2, panel.high]) {
      pen.fillStyle = colours.line;
      pen.fillRect(0, Math.round(y(value)), width, 1);
      pen.fillStyle = colours.dim;
      pen.fillText(String(value).replace("-", "−"), 2, y(value) + (value === panel.high ? 11 : -3));
    }
    const from = Math.max(shownAt(view[0]) - 1, 0), to = Math.min(shownAt(view[1]) + 1, last);
    for (const [n, item] of [...panel.series.entries()].reverse()) {
      if (!item.shown) continue;
      pen.strokeStyle = colours.series[n % colours.series.length];
      pen.lineWidth = n ? 1.3 : 2.2;
      pen.lineJoin = "round";
      for (const dim of [1, 0]) {
        pen.globalAlpha = dim ? 0.28 : 1;
        pen.beginPath();
        trace(pen, item, dim, from, to, width, y);
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    panel.y = y;
  };
  // The values that count, or those that do not, up to the next that does. Of all frames in one column of pixels, the
  // first, lowest, highest and last are what can be seen.
  const trace = (pen, { values, dim: marks }, dim, from, to, width, y) => {
    let at = null, low = 0, high = 0, latest = 0, open = false;
    const flush = () => {
      if (at === null) return;
      pen.lineTo(at, y(low));
      pen.lineTo(at, y(high));
      pen.lineTo(at, y(latest));
      at = null;
    };
    const dense = to - from > 2 * width;
    for (let f = from; f <= to; f += 1) {
      const value = values[f], own = marks[f] === dim || (dim && f && marks[f - 1]) || (dim && f < last && marks[f + 1]);
      if (Number.isNaN(value) || !own) { flush(); open = false; continue; }
      const place = dense ? Math.round(x(times[f], width)) : x(times[f], width);
      if (place !== at) {
        flush();
        if (open) pen.lineTo(place, y(value)); else pen.moveTo(place, y(value));
        at = place; low = high = value; open = true;
      }
      low = Math.min(low, value);
      high = Math.max(high, value);
      latest = value;
    }
    flush();
  };
  const drawRows = (panel) => {
    const { pen, width, height } = sized(panel.base);
    if (!width) return;
    axis(pen, width, height);
    veil(pen, panel, width, height);
    const edges = Array.from({ length: Math.ceil(width) + 1 }, (_, c) =>
      shownAt(view[0] + (c / width) * (view[1] - view[0])));
    pen.fillStyle = colours.shade;
    for (const [n, item] of panel.series.entries()) {
      pen.globalAlpha = 0.06;
      pen.fillRect(0, n * ROW + 2, width, ROW - 4);
      for (let c = 0; c + 1 < edges.length; c += 1) {
        let top = NaN, dim = 1; // the highest of a column, if any counts of those: a short moment stays visible
        for (let f = edges[c]; f < Math.max(edges[c + 1], edges[c] + 1); f += 1) {
          if (Number.isNaN(item.values[f]) || item.dim[f] > dim) continue;
          if (item.dim[f] < dim || !(item.values[f] <= top)) top = item.values[f];
          dim = item.dim[f];
        }
        if (Number.isNaN(top)) continue;
        pen.globalAlpha = clamp((top - panel.low) / (panel.high - panel.low), 0, 1) * (dim ? 0.25 : 1);
        pen.fillRect(c, n * ROW + 2, 1, ROW - 4);
      }
    }
    pen.globalAlpha = 1;
  };
  const drawPanel = (panel) => {
    if (!panel.box.open) return;
    (panel.kind === "rows" ? drawRows : drawLines)(panel);
    drawCursor(panel);
  };
  const drawCursor = (panel) => {
    if (!panel.box.open || frame < 0) return;
    const { pen, width, height } = sized(panel.front);
    const at = x(times[frame], width);
    pen.fillStyle = colours.cursor;
    pen.fillRect(at - 0.75, 0, 1.5, height - AXIS);
    if (!panel.y) return;
    for (const [n, item] of [...panel.series.entries()].reverse()) {
      if (!item.shown || item.dim[frame] || Number.isNaN(item.values[frame])) continue;
      pen.beginPath();
      pen.arc(at, panel.y(item.values[frame]), n ? 3 : 4, 0, 7);
      pen.fillStyle = colours.series[n % colours.series.length];
      pen.fill();
      pen.strokeStyle = colours.card;
      pen.stroke();
    }
  };
  const drawNow = () => { if (frame >= 0) lanes.drawNow(times[frame], view, chosen, colours); };
  // An encoder may have padded the picture to an even size.
  const boxScale = () => drawing.clientWidth / (video.videoWidth || data.size[0]);
  const drawBoxes = () => boxes.draw(frame, chosen, boxScale());
  const drawAll = () => {
    for (const panel of panels) drawPanel(panel);
    span.textContent = view[1] - view[0] < end - begin
      ? `${words(view[0] < 0.05 ? 0 : view[0], 0.5)} to ${words(view[1], 0.5)}` : "the whole video";
    drawNow();
  };
  const digits = (value) => (Number.isNaN(value) ? "–" : value.toFixed(3).replace("-", "−"));
  const showValues = () => {
    for (const panel of panels) {
      let best = null;
      for (const item of panel.series) {
        item.value.textContent = digits(item.values[frame]);
        item.key.classList.toggle("unseen", Boolean(item.dim[frame]));
        if (!Number.isNaN(item.values[frame]) && !(best && best.values[frame] >= item.values[frame])) best = item;
      }
      if (panel.highest) {
        if (best && best.dim[frame]) best = null;
        panel.highest.classList.toggle("lacking", Boolean(panel.series[0].dim[frame]));
        panel.highest.textContent = panel.series[0].dim[frame] ? panel.lacking : best ? `${best.name} ${digits(best.values[frame])}` : "–";
        for (const item of panel.series) item.key.classList.toggle("top", item === best);
      }
    }
  };
  const show = (to) => {
    if (to === frame) return;
    frame = to;
    page.dataset.frame = frame;
    clock.replaceChildren();
    clock.append(`${times[frame].toFixed(3)} s`);
    make(clock, "span", "dim", `  frame ${frame} of ${times.length}`);
    showValues();
    for (const panel of panels) drawCursor(panel);
    drawNow();
    drawBoxes();
    keepInView();
  };
  const choose = (n) => { // whose curves are shown; all else stays
    chosen = n;
    const person = people[n];
    for (const [p, panel] of panels.entries()) for (const [s, item] of panel.series.entries()) read(panel, item, person.curves[p][s]);
    lanes.show(n);
    if (several) {
      heading.replaceChildren();
      make(heading, "span", "chip").style.setProperty("--own", person.colour.fill);
      make(heading, "span", "", person.name);
      first.textContent = person.first;
      first.hidden = !person.first;
    }
    if (frame < 0) return;
    showValues();
    drawAll();
    drawBoxes();
  };

  for (const panel of panels) {
    const box = make(column, "details", `panel ${panel.kind}`);
    box.open = !panel.folded;
    panel.box = box;
    const head = make(box, "summary");
    make(head, "h2", "", panel.title);
    if (panel.namesHighest) panel.highest = make(head, "span", "highest");
    const chart = make(box, "div", "chart");
    const legend = make(chart, "div", "legend");
    const plot = make(chart, "div", "plot");
    panel.base = make(plot, "canvas");
    panel.front = make(plot, "canvas");
    for (const item of panel.series) {
      const key = make(legend, panel.kind === "rows" ? "div" : "button");
      item.key = key;
      if (panel.kind === "lines") {
        key.type = "button";
        key.title = "show or hide";
        key.setAttribute("aria-pressed", "true");
        item.swatch = make(key, "span", "swatch");
        key.addEventListener("click", () => {
          item.shown = !item.shown;
          key.setAttribute("aria-pressed", String(item.shown));
          drawPanel(panel);
        });
      }
      make(key, "span", "name", item.name).title = item.name;
      item.value = make(key, "span", "value");
    }
    const height = panel.kind === "rows" ? ROW * panel.series.length : Math.max(LINES, 26 * panel.series.length);
    plot.style.height = `${height + AXIS}px`;
    scrub(plot, (share) => view[0] + share * (view[1] - view[0]));
    box.addEventListener("toggle", () => drawPanel(panel));
  }

  const ONE_LANE = 34;
  const resize = () => {
    const [width, height] = video.videoWidth ? [video.videoWidth, video.videoHeight] : data.size;
    const narrow = window.innerWidth <= 900;
    // On a narrow page the picture stays in sight above the curves.
    const tallest = window.innerHeight * (narrow ? 0.36 : 0.66) - (several ? lanes.box.clientHeight - ONE_LANE : 0);
    screen.style.aspectRatio = `${width} / ${height}`;
    screen.style.width = `min(100%, ${Math.floor((tallest * width) / height)}px)`;
    lanes.drawFound();
    drawAll();
    drawBoxes();
  };
  readColours();
  choose(0);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); resize(); });
  new ResizeObserver(resize).observe(page);
  window.addEventListener("resize", resize);
  resize();
  show(0);
})();
