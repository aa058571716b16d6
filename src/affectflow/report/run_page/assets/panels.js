// What is drawn along time, one panel below the other: each has a height in pixels, a title, traces and a vertical axis.

const bandAxis = { showticklabels: false, showgrid: false, ticks: "", range: [0, 1] };

function titleOf(track, layer) {
  return layer ? track.layers[layer].name : "fused";
}

function stepScale(colours) {
  const count = colours.length;
  return colours.flatMap((colour, place) => [[place / count, colour], [(place + 1) / count, colour]]);
}

// One row of colours: `values` are places in `colours`, null is blank.
function band(subject, title, values, colours) {
  return {
    height: 16, title, axis: bandAxis,
    traces: [{ type: "heatmap", x: subject.edges, y: [0, 1], z: [values], zmin: -0.5, zmax: colours.length - 0.5,
      colorscale: stepScale(colours), showscale: false }],
  };
}

function foundPanel(subject, colours) {
  const scale = [[0, colours.bad], [1, colours.line]];
  return {
    height: 26, title: "found: face, body (red: not)",
    axis: { range: [0, 2], tickvals: [1.5, 0.5], ticktext: ["face", "body"], showgrid: false, ticks: "" },
    traces: [{ type: "heatmap", x: subject.edges, y: [0, 1, 2], z: [subject.body, subject.face], zmin: 0, zmax: 1,
      colorscale: scale, showscale: false, ygap: 2 }],
  };
}

function numberPanels(track, subject, shown, colours) {
  const [low, high] = track.bounds, size = high - low;
  const axis = { range: [low - size / 40, high + size / 40], tickvals: [0, 1, 2, 3, 4].map((part) => low + size * part / 4) };
  return track.targets.map((target, place) => {
    const line = (y, color, width, name) => ({ type: "scatter", mode: "lines", x: subject.times, y, name,
      line: { color, width }, connectgaps: false });
    const traces = [...shown].sort((one, other) => other - one).map((layer) =>
      line(subject.layers[layer][place], colours.series[layer], layer ? 1.2 : 2, track.layers[layer].name));
    traces.unshift(line(subject.targets[place], colours.ink, 2, "annotated"));
    return { height: 170, title: target, traces, axis };
  });
}

function classPanels(track, subject, shown, colours) {
  const classes = colours.classes.slice(0, track.outputs.length);
  const panels = [band(subject, "annotated", subject.targets[0], classes)];
  for (const place of shown) {
    const layer = subject.layers[place], name = titleOf(track, place);
    panels.push(band(subject, `predicted: ${name}`, subject.times.map((_, at) => highest(layer, at)), classes));
    panels.push({
      height: 120, title: "", axis: { range: [0, 1], tickvals: [0, 0.5, 1] },
      traces: layer.map((y, output) => ({ type: "scatter", mode: "lines", x: subject.times, y, stackgroup: `layer${place}`,
        name: track.labels[output], line: { width: 0, color: classes[output] }, fillcolor: classes[output] })),
    });
  }
  return panels;
}

// Each unit as a row of shades, its annotation as a thin line below it, in the colour of the text where it is present.
function unitPanels(track, subject, shown, colours) {
  const rows = track.outputs.length;
  const y = Array.from({ length: rows }, (_, row) => [row, row + 0.1, row + 0.3, row + 0.92]).flat();
  y.push(rows);
  const blank = subject.times.map(() => null);
  const grid = (columns, inner) => Array.from({ length: 4 * rows }, (_, row) =>
    row % 4 === inner ? columns[rows - 1 - (row >> 2)] : blank);
  const ticks = { tickvals: track.labels.map((_, place) => rows - 0.5 - place), ticktext: track.labels };
  return [...shown].map((place) => ({
    height: 22 * rows, title: titleOf(track, place), axis: { range: [0, rows], showgrid: false, ticks: "", ...ticks },
    traces: [
      { type: "heatmap", x: subject.edges, y, z: grid(subject.layers[place], 2), zmin: 0, zmax: 1, showscale: false,
        colorscale: colours.shades },
      { type: "heatmap", x: subject.edges, y, z: grid(subject.targets, 1), zmin: 0, zmax: 1, showscale: false,
        colorscale: [[0, colours.line], [1, colours.ink]] },
    ],
  }));
}

const PANELS = { numbers: numberPanels, classes: classPanels, units: unitPanels };

// Panels as one Plotly figure with a common time axis.
function stacked(panels, colours, range) {
  const gap = 24, top = 24, bottom = 44;
  const inner = panels.reduce((sum, panel) => sum + panel.height, 0) + gap * (panels.length - 1);
  const layout = layoutOf(colours, {
    height: inner + top + bottom, margin: { l: 48, r: 12, t: top, b: bottom }, hovermode: false,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", annotations: [],
    xaxis: axisOf(colours, { range: [...range], anchor: `y${panels.length === 1 ? "" : panels.length}`,
      title: { text: "seconds", standoff: 8 }, showgrid: true }),
  });
  const traces = [];
  let above = 0;
  panels.forEach((panel, place) => {
    const name = place ? String(place + 1) : "";
    const domain = [1 - (above + panel.height) / inner, 1 - above / inner].map((edge) => Math.min(1, Math.max(0, edge)));
    layout[`yaxis${name}`] = axisOf(colours, { ...panel.axis, domain, fixedrange: true });
    if (panel.title) {
      layout.annotations.push({ text: escaped(panel.title), xref: "paper", yref: "paper", x: 0, y: domain[1], xanchor: "left",
        yanchor: "bottom", showarrow: false, font: { size: 12, color: colours.dim } });
    }
    for (const trace of panel.traces) traces.push({ hoverinfo: "skip", ...trace, xaxis: "x", yaxis: `y${name}` });
    above += panel.height + gap;
  });
  return { traces, layout };
}

// Plotly takes some tags in text; a name has none.
function escaped(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
