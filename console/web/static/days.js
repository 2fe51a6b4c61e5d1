"use strict";
// Moves the day as of which one looks along a line; without it the list of days and the steps beside it do the same.
(() => {
  const range = document.getElementById("day"), list = document.getElementById("as-of");
  if (!range || !list) return;
  const line = range.parentElement, told = line.querySelector("b"), hint = line.querySelector(".hint");
  const pause = 700; // milliseconds; each press of a key is a move, and a page for each would be in the way of the next
  const day = () => list.options[list.length - 1 - range.value]; // the list begins with the latest
  let waiting = 0, keys = false;
  const ask = () => {
    if (range.value === range.defaultValue) return;
    list.form.action += "#day"; // where it is moved on from
    list.form.submit(); // with all else that was chosen meanwhile
  };
  range.addEventListener("keydown", () => { keys = true; });
  range.addEventListener("pointerdown", () => { keys = false; });
  range.addEventListener("input", () => {
    clearTimeout(waiting);
    list.value = day().value;
    told.textContent = day().text;
    told.hidden = false;
    hint.hidden = true;
    range.setAttribute("aria-valuetext", day().text);
  });
  range.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, keys ? pause : 0);
  });
  line.hidden = false;
  if (window.location.hash === "#day") range.focus();
})();
