// Figures of a track beside its timeline, where it has one. Each takes the place to draw in, the track, and the subject that is chosen.

function draw(place, traces, layout) {
  return Plotly.react(place, traces, { width: place.clientWidth, ...layout }, { ...CONFIG, displayModeBar: false, scrollZoom: false });
}

function drawPlane(place, track, subject) {
  const colours = look(), { annotated, predicted } = track.plane;
  const narrow = place.clientWidth < 620, cells = annotated.length;
  const centres = annotated.map((_, at) => -1 + (2 * at + 1) / cells);
  const logarithm = (counts) => counts.map((row) => row.map((count) => (count ? Math.log10(1 + count) : null)));
  const most = Math.log10(1 + Math.max(1, ...annotated.flat(), ...predicted.flat()));
  const density = (counts, axis) => ({ type: "heatmap", x: centres, y: centres, z: logarithm(counts), zmin: 0, zmax: most,
    colorscale: colours.shades, showscale: false, xaxis: `x${axis}`, yaxis: `y${axis}`, text: counts,
    hovertemplate: "valence %{x:.2f}, arousal %{y:.2f}: %{text} frames<extra></extra>" });
  const own = ([x, y], axis) => ({ type: "scatter", mode: "markers", x, y, xaxis: `x${axis}`, yaxis: `y${axis}`,
    marker: { size: 3, color: colours.series[2], opacity: 0.7 }, hoverinfo: "skip" });
  const side = Math.min(460, narrow ? place.clientWidth - 60 : (place.clientWidth - 110) / 2);
  const axis = (more) => axisOf(colours, { range: [-1, 1], tickvals: [-1, -0.5, 0, 0.5, 1], zeroline: true, fixedrange: true, ...more });
  const titled = (text, x, y) => ({ text, xref: "paper", yref: "paper", x, y, xanchor: "left", yanchor: "bottom",
    showarrow: false, font: { color: colours.dim } });
  const gap = narrow ? 70 / (2 * side + 70) : 60 / (2 * side + 60);
  const half = (1 - gap) / 2;
  const layout = layoutOf(colours, {
    height: (narrow ? 2 * side + 70 : side) + 66, width: Math.min(place.clientWidth, (narrow ? side : 2 * side + 60) + 60),
    margin: { l: 48, r: 12, t: 24, b: 42 }, dragmode: false,
    xaxis: axis({ domain: narrow ? [0, 1] : [0, half], anchor: "y", title: { text: "valence", standoff: 4 } }),
    yaxis: axis({ domain: narrow ? [1 - half, 1] : [0, 1], title: { text: "arousal", standoff: 4 } }),
    xaxis2: axis({ domain: narrow ? [0, 1] : [1 - half, 1], anchor: "y2", title: { text: "valence", standoff: 4 } }),
    yaxis2: axis({ domain: narrow ? [0, half] : [0, 1], anchor: "x2" }),
    annotations: [titled("annotated", 0, 1), titled("predicted", narrow ? 0 : 1 - half, narrow ? half : 1)],
  });
  return draw(place, [density(annotated, ""), density(predicted, "2"),
    own(subject.targets, ""), own(subject.layers[0], "2")], layout);
}

function drawConfusion(place, track) {
  const colours = look(), counts = track.confusion;
  const sums = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const shares = counts.map((row, at) => row.map((count) => (sums[at] ? count / sums[at] : null)));
  return drawGrid(place, colours, { x: track.labels, y: track.labels.map((label, at) => `${label} (${sums[at]})`), z: shares,
    text: shares.map((row) => row.map((share) => (share === null ? "" : `${Math.round(100 * share)} %`))),
    across: "predicted", down: "annotated (frames)", row: 42,
    hover: "annotated %{y}, predicted %{x}: %{customdata} frames<extra></extra>", customdata: counts });
}

// A score of every class, unit or emotion, by method.
function drawEach(place, track, { methods, values }, score) {
  const high = place.clientWidth < 620; // A narrow page has more room for rows than for columns.
  const z = high ? track.labels.map((_, at) => values.map((row) => row[at])) : values;
  const text = z.map((row) => row.map((value) => (value === null ? "" : value.toFixed(2))));
  return drawGrid(place, look(), { x: high ? methods : track.labels, y: high ? track.labels : methods, z, text, across: "",
    down: "", row: 30, hover: `%{y}, %{x}: ${score} %{z:.4f}<extra></extra>` });
}

// The predicted intensity of every clip over the annotated one, a panel an emotion.
function drawPoints(place, track) {
  const colours = look(), { clips, annotated, predicted, correlation } = track.points;
  const columns = place.clientWidth < 620 ? 2 : 4, rows = Math.ceil(track.labels.length / columns);
  const across = 38, down = 46, side = Math.min(260, (place.clientWidth - 40) / columns - across);
  const width = columns * (side + across), height = rows * (side + down);
  const layout = layoutOf(colours, { width: width + 40, height: height + 24, margin: { l: 24, r: 16, t: 24, b: 0 }, dragmode: false,
    annotations: [] });
  const traces = [];
  track.labels.forEach((label, at) => {
    const name = at ? String(at + 1) : "", column = at % columns, row = Math.floor(at / columns);
    const left = (column * (side + across) + across) / width, top = 1 - (row * (side + down)) / height;
    const axis = (more) => axisOf(colours, { range: [-0.04, 1.04], tickvals: [0, 0.5, 1], fixedrange: true, ...more });
    layout[`xaxis${name}`] = axis({ domain: [left, left + side / width], anchor: `y${name}`,
      ...(row === rows - 1 || at + columns >= track.labels.length ? { title: { text: "annotated", standoff: 2 } } : {}) });
    layout[`yaxis${name}`] = axis({ domain: [top - side / height, top], anchor: `x${name}`,
      ...(column ? {} : { title: { text: "predicted", standoff: 2 } }) });
    const r = correlation[at] === null ? "" : ` <span style="color:${colours.dim}">${correlation[at].toFixed(2)}</span>`;
    layout.annotations.push({ text: escaped(label) + r, xref: `x${name} domain`, yref: `y${name} domain`, x: 0, y: 1,
      xanchor: "left", yanchor: "bottom", showarrow: false });
    const axes = { xaxis: `x${name}`, yaxis: `y${name}` };
    traces.push({ type: "scatter", mode: "lines", x: [0, 1], y: [0, 1], hoverinfo: "skip", line: { color: colours.line, width: 1 }, ...axes });
    traces.push({ type: "scatter", mode: "markers", x: annotated[at], y: predicted[at], text: clips.map(escaped),
      marker: { size: clips.length < 300 ? 6 : 3, opacity: clips.length < 300 ? 0.7 : 0.35, color: colours.accent },
      hovertemplate: "%{text}: annotated %{x:.3f}, predicted %{y:.3f}<extra></extra>", ...axes });
  });
  return draw(place, traces, layout);
}

// Shaded cells with their numbers, the first row on top.
function drawGrid(place, colours, { x, y, z, text, across, down, row, hover, customdata }) {
  const narrow = place.clientWidth < 620;
  const height = narrow && !across ? 120 : across ? 60 : 40; // Names below that stand on end.
  const layout = layoutOf(colours, {
    height: row * y.length + 8 + height, margin: { l: 12, r: 12, t: 8, b: height }, dragmode: false,
    xaxis: axisOf(colours, { title: { text: across, standoff: 6 }, automargin: true, showgrid: false, fixedrange: true, ticks: "",
      tickangle: narrow ? -60 : 0, tickvals: x.map((_, at) => at), ticktext: x.map(escaped) }),
    yaxis: axisOf(colours, { title: { text: down, standoff: 6 }, automargin: true, showgrid: false, fixedrange: true, ticks: "",
      autorange: "reversed", tickvals: y.map((_, at) => at), ticktext: y.map(escaped) }),
    font: { family: FONT, size: narrow ? 10 : 12, color: colours.ink },
  });
  const trace = { type: "heatmap", z, text, texttemplate: "%{text}", zmin: 0, zmax: 1, colorscale: colours.shades, showscale: false,
    xgap: 2, ygap: 2, customdata, hovertemplate: hover };
  return draw(place, [trace], layout);
}

function drawCurves(place, track) {
  const colours = look(), narrow = place.clientWidth < 620;
  const scores = Object.keys(track.curves[0]).filter((name) => !["branch", "epoch", "train_loss", "validation_loss"].includes(name));
  const panels = ["loss", ...scores.filter((name) => name === "total")];
  const layout = layoutOf(colours, { height: narrow ? 460 : 300, grid: narrow ? { rows: 2, columns: 1, pattern: "independent" }
    : { rows: 1, columns: 2, pattern: "independent" }, showlegend: true, legend: { orientation: "h", y: narrow ? -0.14 : -0.22 },
    annotations: [], margin: { l: 48, r: 12, t: 24, b: 48 } });
  const traces = [];
  panels.forEach((panel, number) => {
    const name = number ? String(number + 1) : "";
    layout[`xaxis${name}`] = axisOf(colours, { title: { text: "epoch", standoff: 2 }, tickformat: "d",
      ...(track.curves[0].epoch.length < 12 && { dtick: 1 }) });
    layout[`yaxis${name}`] = axisOf(colours, {});
    layout.annotations.push({ text: panel, xref: `x${name} domain`, yref: `y${name} domain`, x: 0, y: 1, xanchor: "left",
      yanchor: "bottom", showarrow: false, font: { color: colours.dim } });
    track.curves.forEach((curve, branch) => {
      const color = colours.series[branch + 1];
      const line = (y, dash, showlegend) => traces.push({ type: "scatter", mode: curve.epoch.length < 30 ? "lines+markers" : "lines",
        x: curve.epoch, y, name: escaped(curve.branch), legendgroup: curve.branch, showlegend, line: { color, dash, width: 1.6 },
        marker: { size: 4 }, xaxis: `x${name}`, yaxis: `y${name}`, hovertemplate: "epoch %{x}: %{y:.4f}" });
      if (panel === "loss") {
        line(curve.train_loss, "dot", false);
        line(curve.validation_loss, "solid", true);
      } else {
        line(curve[panel], "solid", false);
      }
    });
  });
  return draw(place, traces, layout);
}

// Totals with their intervals, the table's first row on top; baselines in grey.
function drawIntervals(place, track) {
  const colours = look(), rows = track.intervals, narrow = place.clientWidth < 620;
  const color = rows.map((row) => (row.kind === "baseline" ? colours.dim : colours.accent));
  const trace = { type: "scatter", mode: "markers", x: rows.map((row) => row.value), y: rows.map((_, at) => at), marker: { color, size: 8 },
    customdata: rows.map((row) => [row.low, row.high]),
    hovertemplate: "%{x:.4f}, %{customdata[0]:.4f} to %{customdata[1]:.4f}<extra></extra>" };
  const lines = rows.map((row, at) => ({ type: "scatter", mode: "lines", x: [row.low, row.high], y: [at, at], hoverinfo: "skip",
    line: { color: color[at], width: 2 } }));
  const layout = layoutOf(colours, { height: 28 * rows.length + 60, margin: { l: 12, r: 12, t: 8, b: 40 }, dragmode: false,
    font: { family: FONT, size: narrow ? 10.5 : 12, color: colours.ink },
    xaxis: axisOf(colours, { title: { text: "total", standoff: 4 }, fixedrange: true, zeroline: true }),
    yaxis: axisOf(colours, { automargin: true, fixedrange: true, showgrid: false, ticks: "", range: [rows.length - 0.4, -0.6],
      tickvals: rows.map((_, at) => at), ticktext: rows.map((row) => escaped(row.method)) }) });
  return draw(place, [...lines, trace], layout);
}

const FIGURES = { intervals: drawIntervals, plane: drawPlane, confusion: drawConfusion, curves: drawCurves, points: drawPoints,
  f1: (place, track) => drawEach(place, track, track.f1, "F1"),
  correlation: (place, track) => drawEach(place, track, track.correlation, "correlation") };
