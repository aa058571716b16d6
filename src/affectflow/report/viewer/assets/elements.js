"use strict";
// What the parts of the page are made with. Names come from data and go in as text alone.
const make = (parent, tag, className = "", text = "") => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent.append(element);
  return element;
};
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const sized = (canvas) => { // a context in CSS pixels, cleared, with the size of its element
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  const across = Math.round(width * ratio), down = Math.round(height * ratio);
  if (canvas.width !== across || canvas.height !== down) { canvas.width = across; canvas.height = down; }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
};
const NO_BOX = -32768; // what the first edge of a box is where nothing was found
