// The outputs of a track over time: one subject, the fused method and the branches asked for, zoomable, with the values
// of one frame beside.

class Timeline {
  constructor(track, place) {
    this.track = track;
    this.shown = new Set([0]);
    this.at = 0;
    this.select = element("select", { ariaLabel: "Subject" },
      ...track.subjects.map((subject, number) => element("option", { value: number, textContent: subject.name })));
    this.select.onchange = () => this.choose(Number(this.select.value));
    const button = (text, label, action) => element("button", { type: "button", textContent: text, ariaLabel: label,
      title: label, onclick: action });
    const along = (step) => this.choose((this.place + step + track.subjects.length) % track.subjects.length);
    const bar = element("div", { className: "bar" },
      element("div", {}, button("◀", "Previous subject", () => along(-1)), this.select,
        button("▶", "Next subject", () => along(1))),
      element("div", {}, button("−", "Zoom out", () => this.zoom(2)), button("+", "Zoom in", () => this.zoom(0.5)),
        button("whole", "Show the whole video", () => this.show(this.whole))));
    const choices = element("div", { className: "bar choices" }, ...track.layers.map((layer, number) => this.toggle(layer, number)));
    this.plot = element("div", { className: "plot" });
    this.cursor = element("div", { className: "cursor" });
    this.screen = element("div", { className: "screen", tabIndex: 0, role: "group",
      ariaLabel: "Outputs over time. Arrow keys move by one frame, with Shift by ten; plus and minus zoom, 0 shows all." },
      this.plot, this.cursor);
    this.values = element("div", { className: "values" });
    place.append(bar, choices, element("div", { className: "side" }, this.screen, this.values));
    this.screen.onpointermove = (event) => this.point(event);
    this.screen.onpointerdown = (event) => this.point(event);
    this.screen.onkeydown = (event) => this.key(event);
    this.ready = this.choose(0);
  }

  toggle(layer, number) {
    const box = element("input", { type: "checkbox", checked: number === 0 });
    box.onchange = () => {
      if (box.checked) this.shown.add(number); else this.shown.delete(number);
      this.draw();
    };
    const label = element("label", {}, box);
    if (this.track.kind === "numbers") {
      const swatch = element("span", { className: "swatch" });
      swatch.style.setProperty("--at", `var(--series-${number})`);
      label.append(swatch);
    }
    label.append(element("span", { textContent: number ? layer.name : `fused: ${layer.name}` }));
    return label;
  }

  async choose(place) {
    this.place = place;
    this.select.value = String(place);
    const subject = await readSubject(this.track, place);
    if (this.place !== place) return; // Another one was chosen in the meantime.
    this.subject = subject;
    this.whole = [subject.edges[0], subject.edges[subject.edges.length - 1]];
    this.range = [...this.whole];
    this.at = 0;
    this.screen.dataset.subject = subject.name;
    document.dispatchEvent(new CustomEvent("subject", { detail: { track: this.track, subject } }));
    return this.draw();
  }

  async draw() {
    const colours = look(), shown = [...this.shown].sort((one, other) => one - other);
    const panels = [...PANELS[this.track.kind](this.track, this.subject, shown, colours), foundPanel(this.subject, colours)];
    const { traces, layout } = stacked(panels, colours, this.range);
    this.margin = layout.margin;
    layout.width = this.plot.clientWidth;
    await Plotly.react(this.plot, traces, layout, { ...CONFIG, displayModeBar: this.plot.clientWidth < 620 ? false : "hover" });
    this.plot.removeAllListeners("plotly_relayout");
    this.plot.on("plotly_relayout", () => this.moved());
    this.settle();
  }

  moved() {
    this.range = [...this.plot.layout.xaxis.range];
    this.settle();
  }

  show([begin, end]) {
    const [first, last] = this.whole;
    const length = Math.min(end - begin, last - first);
    const from = Math.min(Math.max(begin, first), last - length);
    return Plotly.relayout(this.plot, { "xaxis.range": [from, from + length] });
  }

  zoom(factor) {
    const [begin, end] = this.range, time = this.subject.times[this.at];
    const centre = time >= begin && time <= end ? time : (begin + end) / 2;
    return this.show([centre + (begin - centre) * factor, centre + (end - centre) * factor]);
  }

  point(event) {
    if (!this.subject) return;
    const box = this.plot.getBoundingClientRect();
    const share = (event.clientX - box.left - this.margin.l) / (box.width - this.margin.l - this.margin.r);
    if (share < 0 || share > 1) return;
    this.go(nearest(this.subject.times, this.range[0] + share * (this.range[1] - this.range[0])));
  }

  key(event) {
    const step = event.shiftKey ? 10 : 1, last = this.subject.times.length - 1;
    const actions = {
      ArrowLeft: () => this.go(this.at - step), ArrowRight: () => this.go(this.at + step),
      Home: () => this.go(0), End: () => this.go(last),
      "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.show(this.whole),
    };
    if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[event.key]();
    const time = this.subject.times[this.at], [begin, end] = this.range;
    if (time < begin || time > end) this.show([time - (end - begin) / 2, time + (end - begin) / 2]);
  }

  go(at) {
    this.at = Math.min(Math.max(at, 0), this.subject.times.length - 1);
    this.settle();
  }

  // The cursor and the values of its frame.
  settle() {
    const box = this.plot.getBoundingClientRect(), [begin, end] = this.range;
    const share = (this.subject.times[this.at] - begin) / (end - begin);
    this.cursor.hidden = share < 0 || share > 1;
    this.cursor.style.left = `${this.margin.l + share * (box.width - this.margin.l - this.margin.r)}px`;
    this.values.replaceChildren(...readout(this.track, this.subject, this.shown, this.at));
  }
}

// A frame's annotation and outputs as a table, an output a row.
function readout(track, subject, shown, at) {
  const layers = [...shown].sort((one, other) => one - other);
  const cell = (text, strong) => element("td", { textContent: text, className: strong ? "top" : "" });
  const annotated = (place) => {
    const value = subject.targets[track.kind === "classes" ? 0 : place][at];
    if (value === null) return track.kind === "classes" && place ? "" : "not annotated";
    if (track.kind === "numbers") return value.toFixed(3);
    return track.kind === "classes" ? (value === place ? "●" : "") : (value ? "●" : "○");
  };
  const strong = (layer, place) => (track.kind === "classes" ? highest(subject.layers[layer], at) === place
    : track.kind === "units" && layer === 0 && subject.layers[0][place][at] >= track.thresholds[place]);
  const rows = track.outputs.map((output, place) => element("tr", {},
    element("th", { scope: "row", textContent: track.labels[place] }), cell(annotated(place)),
    ...layers.map((layer) => cell(subject.layers[layer][place][at].toFixed(track.layers[layer].decimals), strong(layer, place)))));
  if (track.kind === "classes") {
    rows.forEach((row, place) => row.firstChild.prepend(swatch(`var(--class-${place})`)));
  }
  const heads = ["", "annotated", ...layers.map((layer) => (layer ? track.layers[layer].name : "fused"))];
  const image = String(subject.frames[at] + 1).padStart(5, "0");
  return [
    element("p", {}, element("strong", { textContent: `${subject.times[at].toFixed(3)} s` }),
      ` frame ${subject.frames[at]} of ${subject.count}, image ${image}.jpg`),
    element("div", { className: "scroll" }, element("table", {},
      element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })))),
      element("tbody", {}, ...rows))),
    element("p", { className: "dim", textContent: `face ${subject.face[at] ? "found" : "not found"}, body ${subject.body[at] ? "found" : "not found"}` }),
  ];
}

function swatch(colour) {
  const made = element("span", { className: "swatch" });
  made.style.setProperty("--at", colour);
  return made;
}
