"use strict";
// Asks the browser for a passkey and puts its answer into the form; without it the page says how else to go on.
(() => {
  const form = document.querySelector("form[data-asked]");
  if (!form || !window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (held) => btoa(String.fromCharCode(...new Uint8Array(held))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const asked = JSON.parse(form.dataset.asked);
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  for (const one of asked.excludeCredentials || []) one.id = bytes(one.id);
  form.querySelector("button").hidden = false;
  document.getElementById("without").hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    document.getElementById("failed").hidden = true;
    try {
      const ways = navigator.credentials;
      const made = await (asked.user ? ways.create({ publicKey: asked }) : ways.get({ publicKey: asked }));
      const response = {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
        if (made.response[name]) response[name] = text(made.response[name]);
      }
      form.elements.credential.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} });
      form.submit();
    } catch {
      document.getElementById("failed").hidden = false;
    }
  });
})();
