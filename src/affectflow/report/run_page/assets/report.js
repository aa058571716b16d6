// Puts figures into their places when they come into sight, and keeps them to the subject that is chosen.

const TRACKS = JSON.parse(document.getElementById("data").textContent).tracks;
const drawn = new Map(); // What redraws a figure, by its place.

function section(track) {
  return document.querySelector(`section.track[data-track="${track.name}"]`);
}

function start(track, place) {
  const timeline = new Timeline(track, place);
  timeline.ready.then(() => drawn.set(timeline.plot, () => timeline.draw()));
  for (const button of section(track).querySelectorAll("button.pick")) {
    button.onclick = () => {
      timeline.choose(Number(button.dataset.subject));
      place.scrollIntoView({ block: "nearest" });
      timeline.screen.focus({ preventScroll: true });
    };
  }
  timeline.ready.then(() => startFigures(track, timeline));
}

function startFigures(track, timeline) {
  for (const place of section(track).querySelectorAll(".figure")) {
    const redraw = () => FIGURES[place.dataset.figure](place, track, timeline?.subject);
    whenSeen(place, () => {
      drawn.set(place, redraw);
      redraw();
    });
    if (place.dataset.figure === "plane") {
      document.addEventListener("subject", (event) => {
        if (event.detail.track === track && drawn.has(place)) drawn.get(place)();
      });
    }
  }
}

const waiting = new Map();
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) awake(entry.target);
}, { rootMargin: "400px" });

function whenSeen(place, action) {
  waiting.set(place, action);
  observer.observe(place);
}

function awake(place) {
  observer.unobserve(place);
  const action = waiting.get(place);
  waiting.delete(place);
  if (action) action();
}

for (const track of TRACKS) {
  const place = section(track).querySelector(".timeline");
  if (place) whenSeen(place, () => start(track, place)); else startFigures(track);
}

function redrawAll() {
  for (const redraw of drawn.values()) redraw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
let width = innerWidth, timer = 0;
addEventListener("resize", () => {
  if (innerWidth === width) return; // On a phone the height changes while one scrolls.
  width = innerWidth;
  clearTimeout(timer);
  timer = setTimeout(redrawAll, 150);
});
// Paper is narrower than most windows, and nothing on it can be unfolded.
addEventListener("beforeprint", () => {
  document.body.classList.add("printed");
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const place of [...waiting.keys()]) awake(place);
  redrawAll();
});
addEventListener("afterprint", () => {
  document.body.classList.remove("printed");
  redrawAll();
});
