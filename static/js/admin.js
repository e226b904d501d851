// The administration: keeps the overview fresh, says that a check is under way, and keeps long texts until they are saved.

import { localTimes } from "./time.js";
import { uploads } from "./upload.js";

const EVERY_MS = 3000;

/** Fetches the changing part of a page while somebody looks at it. What was unfolded stays unfolded. */
function refresh(part) {
  const update = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.refresh, { headers: { accept: "text/html" }, redirect: "manual" });
      if (!answer.ok) {
        // The session has ended: loading the page anew leads to the sign-in.
        if (answer.type === "opaqueredirect" || answer.status === 401) location.reload();
        return;
      }
      const html = await answer.text();
      const open = new Set([...part.querySelectorAll("details[open]")].map((box) => box.dataset.keep));
      const focused = part.contains(document.activeElement);
      if (focused) return;
      part.innerHTML = html;
      localTimes(part);
      for (const box of part.querySelectorAll("details")) box.open = open.has(box.dataset.keep);
    } catch {
      // The server is restarting or the network is away: the next round tries again.
    }
  };
  setInterval(update, EVERY_MS);
}

/** A check may take a minute: say so, and do not send it twice. */
function busy(form) {
  form.addEventListener("submit", () => {
    form.querySelector(".busy").textContent = form.dataset.busy;
    // After the form has been sent with the name of its button.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
  // Coming back by the browser's button shows the form as it was left.
  addEventListener("pageshow", () => {
    form.querySelector(".busy").textContent = "";
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  });
}

/** Long texts that were typed and not saved come back: after a session that ended, say. */
function drafts(form) {
  const isSaved = document.querySelector("[data-saved]") !== null;
  for (const box of form.querySelectorAll("[data-draft]")) {
    const key = `draft:${form.getAttribute("action")}:${box.name}`;
    const kept = sessionStorage.getItem(key);
    if (isSaved || kept === null || kept === box.value) {
      sessionStorage.removeItem(key);
    } else {
      box.value = kept;
      form.querySelector("[data-restored]").textContent = form.dataset.drafts;
    }
    box.addEventListener("input", () => {
      try {
        sessionStorage.setItem(key, box.value);
      } catch {
        // No room, or not allowed: the box still has it.
      }
    });
  }
}

/** Narrows a long list down to what is typed. What is ticked stays in sight. */
function narrowing(field) {
  const rows = [...document.querySelectorAll(`${field.dataset.filter} > li`)];
  const box = field.querySelector("input");
  field.hidden = false;
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted) && !row.querySelector(":checked");
  });
  // The key Enter belongs to the form's button, and nobody means that here.
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}

document.querySelectorAll("[data-filter]").forEach(narrowing);
document.querySelectorAll("[data-refresh]").forEach(refresh);
document.querySelectorAll("form[data-busy]").forEach(busy);
document.querySelectorAll("form[data-drafts]").forEach(drafts);
uploads();
document.querySelector("#finding")?.focus();
