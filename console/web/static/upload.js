"use strict";
// Sends a form with files and says how much of it has left; without it the browser sends the form as it sends any other.
(() => {
  const number = new Intl.NumberFormat(`${document.documentElement.lang}-u-nu-latn`, { style: "percent" });
  const largest = 64 * 1024 * 1024; // of a file of which the SHA-256 is worked out here: it takes as much memory
  const hex = (held) => Array.from(new Uint8Array(held), (one) => one.toString(16).padStart(2, "0")).join("");
  const mark = async (file, place) => {
    if (!window.crypto || !crypto.subtle || file.size > largest) return;
    try {
      place.querySelector("bdi").textContent = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
      place.hidden = false;
    } catch {
      place.hidden = true; // the file is gone or can not be read; sending it says so
    }
  };
  const show = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    document.title = page.title;
    document.body.replaceWith(page.body);
    const main = document.getElementById("main");
    main.tabIndex = -1;
    main.focus();
    window.scrollTo(0, 0);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target, box = document.getElementById("sending");
    const chosen = Array.from(form.querySelectorAll("input[type=file]")).flatMap((one) => Array.from(one.files));
    if (!box || form.enctype !== "multipart/form-data" || !chosen.length) return;
    event.preventDefault();
    const said = box.querySelector("[role=status]"), bar = box.querySelector("progress"), stop = box.querySelector("button");
    const buttons = Array.from(form.querySelectorAll("button"));
    const call = new XMLHttpRequest();
    const body = new FormData(form);
    if (event.submitter && event.submitter.name) body.append(event.submitter.name, event.submitter.value);
    const working = (is) => {
      for (const one of buttons) one.disabled = is;
      bar.hidden = stop.hidden = !is;
    };
    const failed = (words) => () => {
      working(false);
      said.textContent = words;
    };
    let told = -1;
    const sent = (done) => {
      bar.value = done;
      const tenth = Math.floor(done * 10);
      if (tenth === told) return; // a screen reader reads each of these out
      told = tenth;
      said.textContent = done < 1 ? `${box.dataset.sent} ${number.format(done)}` : box.dataset.read;
    };
    call.upload.addEventListener("progress", (one) => one.lengthComputable && sent(one.loaded / one.total));
    call.addEventListener("load", () => {
      const same = new URL(call.responseURL).pathname === new URL(form.action).pathname;
      if (same) show(call.responseText);
      else window.location.assign(call.responseURL);
    });
    call.addEventListener("error", failed(box.dataset.cut));
    call.addEventListener("abort", failed(box.dataset.stopped));
    stop.onclick = () => call.abort();
    form.after(box);
    box.hidden = false;
    working(true);
    sent(0);
    mark(chosen[0], box.querySelector("p.digest"));
    call.open("POST", form.action);
    call.send(body);
  });
})();
