// Colours and manners that all figures share; read anew when light turns to dark.

function look() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  const list = (name) => value(name).split(/\s+/);
  return {
    ink: value("--ink"), dim: value("--dim"), line: value("--line"), card: value("--card"), accent: value("--accent"),
    bad: value("--bad"), series: list("--series"), classes: list("--classes"),
    shades: [[0, value("--card")], [1, value("--accent")]],
  };
}

const FONT = 'system-ui, "Segoe UI", Helvetica, Arial, sans-serif';

// Buttons are named one by one: Plotly's own choice has one that sends the figure's data to a server.
const CONFIG = { displaylogo: false, doubleClick: "reset",
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]] };

function layoutOf(colours, more) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: FONT, size: 12, color: colours.ink },
    margin: { l: 48, r: 12, t: 26, b: 34 }, showlegend: false, hovermode: "closest",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colours.dim, activecolor: colours.accent },
    hoverlabel: { bgcolor: colours.card, bordercolor: colours.line, font: { color: colours.ink, family: FONT } },
    ...more,
  };
}

function axisOf(colours, more) {
  return { gridcolor: colours.line, linecolor: colours.line, zerolinecolor: colours.line, tickcolor: colours.line,
    zeroline: false, ...more };
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
