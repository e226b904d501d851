// The page of a battle: answers stream in, stop, retry, votes by key, copy. Everything works by forms without it.

import { Blocks } from "./blocks.js";
import { carryDraft, enhance } from "./composer.js";
import { TurnStream } from "./stream.js";

const battle = document.querySelector("[data-battle]");
const announcer = battle.querySelector("[data-announce]");
const answer = (side) => battle.querySelector(`.answer[data-live][data-side="${side}"]`);

/** Whether the reader is at the end of the page and wants to stay there. */
const isAtEnd = () => innerHeight + scrollY >= document.documentElement.scrollHeight - 80;

function announce(text) {
  announcer.textContent = text ?? "";
}

const shown = {};

function showEdits(edits) {
  const follow = isAtEnd();
  for (const [side, edit] of Object.entries(edits)) {
    const list = answer(side)?.querySelector("[data-blocks]");
    if (!list) continue;
    shown[side] ??= new Blocks(list);
    shown[side].take(edit);
    copyButtons(list);
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

/** Where keys write something. */
const FIELDS = "input, textarea, select, [contenteditable]";

/** Whether nothing that somebody works with would lose the focus when the panel is replaced. */
function mayMoveFocus() {
  const focused = document.activeElement;
  if (focused?.matches(FIELDS)) return false;
  return focused === document.body || document.getElementById("panel").contains(focused);
}

/** A message that somebody has begun to write outlives the panel around it. */
function keepDraft(old, panel) {
  const draft = old.querySelector(".composer");
  const place = panel.querySelector(".composer");
  if (!place) {
    const next = panel.querySelector("[data-new]") ?? battle.querySelector("[data-new]");
    carryDraft(battle.dataset.battle, next?.getAttribute("href") ?? "/battle");
  }
  if (!draft || !place) return;
  const focused = draft.contains(document.activeElement) ? document.activeElement : null;
  const isEmpty = !draft.querySelector("[data-composer]").value;
  if (!isEmpty) place.replaceWith(draft);
  const next = isEmpty && focused ? place.querySelector("[data-composer]") : focused;
  return () => next?.focus({ preventScroll: true });
}

/** Takes the panel below the answers from a page that the server made. */
function replacePanel(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const panel = page.getElementById("panel");
  if (!panel) return false;
  const old = document.getElementById("panel");
  const refocus = keepDraft(old, panel);
  old.replaceWith(panel);
  refocus?.();
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
  copyButtons(panel);
  return true;
}

/** Moves the focus to what comes next: a new battle once the names are there, else the panel with its vote and its box. */
function focusNext() {
  const panel = document.getElementById("panel");
  (panel.querySelector("[data-new]") ?? panel).focus({ preventScroll: true });
}

/** Says why something was not done, in the words of the page that answered. */
function refuse(html) {
  const said = new DOMParser().parseFromString(html, "text/html").querySelector("[data-error]")?.textContent;
  if (!said) return false;
  const panel = document.getElementById("panel");
  panel.querySelector("[data-refusal]")?.remove();
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.dataset.refusal = "";
  notice.setAttribute("role", "alert");
  notice.textContent = said;
  panel.prepend(notice);
  return true;
}

async function refreshPanel() {
  try {
    const response = await fetch(battle.dataset.battle, { headers: { accept: "text/html" } });
    if (response.ok && replacePanel(await response.text())) return;
  } catch {
    // Offline for a moment: the page itself can always be loaded again.
  }
  location.reload();
}

/** Announces what the panel now says of the vote. */
function announceVote() {
  const said = document.querySelector("#panel [data-revealed], #panel [data-pending] h2");
  announce(said?.innerText.replace(/\s+/g, " "));
}

let countdown = null;

/** Counts the seconds in which a vote can be taken back, and then shows what became of it. */
function countDown() {
  clearInterval(countdown);
  const pending = document.querySelector("#panel [data-pending]");
  if (!pending) return;
  const text = pending.querySelector("[data-countdown]");
  const ends = Date.now() + 1000 * Number(pending.dataset.pending);
  countdown = setInterval(async () => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (left > 0) {
      text.textContent = text.textContent.replace(/\d+/, left);
      return;
    }
    clearInterval(countdown);
    const move = mayMoveFocus();
    await refreshPanel();
    if (move) focusNext();
    announceVote();
  }, 250);
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
    edits: showEdits,
    status: showStatus,
    lost: (isLost) => {
      announcer.classList.toggle("shown", isLost);
      if (isLost) announce(battle.dataset.lost);
      else if (announcer.textContent === battle.dataset.lost) announce("");
    },
    ended: async () => {
      announcer.classList.remove("shown");
      delete battle.dataset.running;
      const move = mayMoveFocus();
      await refreshPanel();
      if (move) focusNext();
      const failed = battle.querySelector('[data-live][data-status="failed"], [data-live][data-status="interrupted"]');
      announce(failed ? announcer.dataset.failed : announcer.dataset.bothDone);
    },
  });
}

function listen() {
  enhance(battle);
  countDown();
  for (const form of battle.querySelectorAll("#panel [data-vote], #panel [data-settle]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.sending) return;
      form.dataset.sending = "1";
      clearInterval(countdown);
      try {
        const response = await send(form, event.submitter);
        const html = await response.text();
        if (response.ok && replacePanel(html)) {
          const panel = document.getElementById("panel");
          focusNext();
          panel.scrollIntoView({ block: "nearest" });
          announceVote();
          return;
        }
        // What stands is shown, and why it is not what was wanted.
        await refreshPanel();
        if (refuse(html)) return;
      } catch {
        // The page itself can always be loaded again.
      }
      location.reload();
    });
  }
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

/** The public address, whole: the server may not know by which name it is reached. */
const shareLink = () => new URL(battle.querySelector("[data-address]").value, location.href);

const canCopy = Boolean(navigator.clipboard);

/** Writes a text to the clipboard that the server is still asked for: some browsers allow it only within the click. */
async function copyFrom(address) {
  const text = fetch(address).then((response) => {
    if (!response.ok) throw new Error(response.statusText);
    return response.text();
  });
  if (typeof ClipboardItem === "undefined" || !navigator.clipboard.write) {
    await navigator.clipboard.writeText(await text);
    return;
  }
  const blob = text.then((whole) => new Blob([whole], { type: "text/plain" }));
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
}

/** Copies what was written: a message or an answer by its turn, the whole conversation, or the code beside the button. */
async function copy(button) {
  const what = button.dataset.copy;
  if (what === "code") return navigator.clipboard.writeText(button.closest(".code").querySelector("pre").textContent);
  if (what === "link") return navigator.clipboard.writeText(shareLink().href);
  return copyFrom(battle.dataset.battle + (what === "all" ? "/conversation.md" : `/turns/${what}`));
}

battle.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  let said = battle.dataset.copied;
  try {
    await copy(button);
  } catch {
    said = battle.dataset.copyFailed;
  }
  button.dataset.text ??= button.textContent;
  button.textContent = said;
  announce(said);
  setTimeout(() => (button.textContent = button.dataset.text), 1500);
});

/** Shows the buttons of a part of the page, and gives each block of code its own. */
function copyButtons(root) {
  const address = root.querySelector("[data-address]");
  if (address) address.value = shareLink().href;
  if (!canCopy) return;
  for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  for (const code of root.querySelectorAll(".code:not(:has(> .copy-code))")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small copy-code";
    button.dataset.copy = "code";
    button.textContent = battle.dataset.copyCode;
    code.prepend(button);
  }
}

/** Keys vote by 1 to 4 only while the card of the vote holds the focus; whoever just begins to type writes a message. */
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  const target = event.target;
  const card = target.closest?.("[data-vote]");
  if (target.closest?.(FIELDS)) {
    // Enter in a box to tick would press the form's first button: a vote for A.
    if (card && event.key === "Enter" && target.matches("input")) event.preventDefault();
    return;
  }
  const button = card?.querySelector(`[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (button) {
    event.preventDefault();
    if (!button.disabled) button.click();
    return;
  }
  // Space scrolls, and browsers search by these two.
  const writes = event.key.length === 1 && !" /'".includes(event.key);
  if (writes && (card || target === document.body || target.id === "panel")) {
    battle.querySelector("#panel [data-composer]")?.focus();
  }
});

listen();
copyButtons(battle);
if (battle.hasAttribute("data-running")) {
  const last = battle.querySelector(".turn:last-of-type");
  if (battle.querySelectorAll(".turn").length > 1) last?.scrollIntoView({ block: "start" });
  follow();
}
