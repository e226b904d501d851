// The page of a battle: answers stream in, stop, retry, votes by key, copy. Everything works by forms without it.

import { enhance } from "./composer.js";
import { TurnStream } from "./stream.js";

const battle = document.querySelector("[data-battle]");
const announcer = battle.querySelector("[data-announce]");
const answer = (side) => battle.querySelector(`.answer[data-live][data-side="${side}"]`);

/** Whether the reader is at the end of the page and wants to stay there. */
const isAtEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;

function announce(text) {
  announcer.textContent = text ?? "";
}

function showBlocks(side, from, blocks) {
  const section = answer(side);
  if (!section) return;
  const follow = isAtEnd();
  const list = section.querySelector("[data-blocks]");
  while (list.children.length > from) list.lastElementChild.remove();
  for (const html of blocks) {
    const block = document.createElement("div");
    block.className = "block";
    // The server has sanitised it.
    block.innerHTML = html;
    list.append(block);
  }
  if (follow) scrollTo({ top: document.documentElement.scrollHeight });
}

function showStatus(status) {
  const section = answer(status.side);
  if (!section) return;
  const running = status.status === "waiting" || status.status === "streaming";
  section.dataset.status = status.status;
  section.setAttribute("aria-busy", running);
  section.querySelector("[data-label]").textContent = status.label;
  const message = section.querySelector("[data-message]");
  message.textContent = status.message;
  message.hidden = !status.message;
  const retry = section.querySelector("[data-retry]");
  if (retry) retry.hidden = !status.retry;
}

/** Takes the panel below the answers from a page that the server made. */
function replacePanel(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const panel = page.getElementById("panel");
  if (!panel) return false;
  document.getElementById("panel").replaceWith(panel);
  for (const now of page.querySelectorAll(".answer[data-live]")) {
    const old = answer(now.dataset.side);
    if (!old) continue;
    old.querySelector("h2").textContent = now.querySelector("h2").textContent;
    old.setAttribute("aria-label", now.getAttribute("aria-label"));
    old.classList.toggle("won", now.classList.contains("won"));
  }
  // Earlier turns bear the names too.
  for (const heading of battle.querySelectorAll(".answer:not([data-live]) h2")) {
    const side = heading.closest(".answer").dataset.side;
    heading.textContent = answer(side)?.querySelector("h2").textContent ?? heading.textContent;
  }
  listen();
  return true;
}

async function refreshPanel() {
  try {
    const response = await fetch(location.pathname, { headers: { accept: "text/html" } });
    if (response.ok && replacePanel(await response.text())) return;
  } catch {
    // Offline for a moment: the page itself can always be loaded again.
  }
  location.reload();
}

/** Sends a form and shows the page that answers it, without leaving this one. */
async function send(form, submitter) {
  const data = new URLSearchParams(new FormData(form, submitter));
  const response = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { accept: "text/html" },
  });
  return response;
}

let stream = null;

function follow() {
  stream?.close();
  stream = new TurnStream(battle.dataset.battle, battle.dataset.cursor, {
    blocks: showBlocks,
    status: showStatus,
    lost: (isLost) => announcer.classList.toggle("shown", isLost) || (isLost && announce(battle.dataset.lost)),
    ended: async () => {
      announcer.classList.remove("shown");
      delete battle.dataset.running;
      await refreshPanel();
      const failed = battle.querySelector('[data-live][data-status="failed"], [data-live][data-status="interrupted"]');
      announce(failed ? announcer.dataset.failed : announcer.dataset.bothDone);
    },
  });
}

function listen() {
  enhance(battle);
  const vote = battle.querySelector("[data-vote]");
  vote?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (vote.dataset.voting) return;
    vote.dataset.voting = "1";
    try {
      const response = await send(vote, event.submitter);
      if (response.ok && replacePanel(await response.text())) {
        const panel = document.getElementById("panel");
        panel.focus({ preventScroll: true });
        panel.scrollIntoView({ block: "nearest" });
        announce(panel.querySelector("[data-revealed]")?.innerText.replace(/\s+/g, " "));
        return;
      }
    } catch {
      // The form itself goes the plain way.
    }
    vote.removeAttribute("data-vote");
    location.reload();
  });
  const stop = battle.querySelector("[data-stop]");
  stop?.addEventListener("submit", async (event) => {
    event.preventDefault();
    stop.querySelector("button").disabled = true;
    try {
      await send(stop, event.submitter);
    } catch {
      stop.querySelector("button").disabled = false;
    }
  });
}

function copyButtons() {
  if (!navigator.clipboard) return;
  for (const button of battle.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.closest(".answer").querySelector("[data-blocks]").innerText);
      const before = button.textContent;
      button.textContent = battle.dataset.copied;
      setTimeout(() => (button.textContent = before), 1500);
    });
  }
}

/** Votes by 1 to 4, unless somebody types. */
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const button = battle.querySelector(`[data-vote] [aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (button && !button.disabled) {
    event.preventDefault();
    button.click();
  }
});

listen();
copyButtons();
if (battle.hasAttribute("data-running")) {
  const last = battle.querySelector(".turn:last-of-type");
  if (battle.querySelectorAll(".turn").length > 1) last?.scrollIntoView({ block: "start" });
  follow();
}
