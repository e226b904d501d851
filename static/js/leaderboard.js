// The leaderboard without reloads: filters apply at once, tabs and column heads lead on in place, and new votes come in while the
// page stays open. The server renders everything; what is shown is always what the address says.

import { LiveBoard } from "./live.js";
import { offerPictures } from "./picture.js";
import { localTimes } from "./time.js";

const TYPED_MS = 250;
/** How long the line that tells of an update stays. */
const TOLD_MS = 8000;

const form = document.querySelector("[data-filters]");
const status = document.querySelector("[data-status]");
let newest = 0;
let toldUntil = 0;

const board = () => document.querySelector("[data-board]");

function tell(text) {
  status.textContent = text;
  clearTimeout(toldUntil);
  if (text) toldUntil = setTimeout(() => (status.textContent = ""), TOLD_MS);
}

/** The address that the form asks for, without fields that say nothing. */
function address() {
  const fields = new URLSearchParams();
  const columns = [...form.querySelectorAll("[name=column]")];
  const areUsual = columns.every((box) => box.checked === box.hasAttribute("data-usual"));
  for (const [name, value] of new FormData(form)) {
    if (areUsual && (name === "column" || name === "columns")) continue;
    if (value !== "" && !(name === "sort" && value === "-rating") && !(name === "language" && value === "all") && !(name === "ties" && value === "half")) fields.append(name, value);
  }
  return `${form.action}?${fields}`;
}

/** Puts what the server has for an address in the place of what is shown. Scroll, focus and what was opened stay. */
async function show(url, { push = false, keepForm = true } = {}) {
  const turn = ++newest;
  const answer = await fetch(url, { headers: { accept: "text/html" } });
  const text = await answer.text();
  // A later click has overtaken this one.
  if (turn !== newest) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const next = page.querySelector("[data-board]");
  if (!next) {
    // An error has a page of its own.
    location.assign(url);
    return;
  }
  const old = board();
  const opened = [...old.querySelectorAll("details[data-keep][open]")].map((one) => one.dataset.keep);
  const scrolled = new Map([...old.querySelectorAll("[data-keep-scroll]")].map((one) => [one.dataset.keepScroll, one.scrollLeft]));
  const tabsScrolled = old.querySelector(".tabs")?.scrollLeft ?? 0;
  const focused = old.contains(document.activeElement) ? focusOf(document.activeElement) : null;
  old.replaceWith(next);
  for (const name of opened) next.querySelector(`details[data-keep="${name}"]`)?.setAttribute("open", "");
  for (const one of next.querySelectorAll("[data-keep-scroll]")) one.scrollLeft = scrolled.get(one.dataset.keepScroll) ?? 0;
  const tabs = next.querySelector(".tabs");
  if (tabs) tabs.scrollLeft = tabsScrolled;
  if (focused) next.querySelector(focused)?.focus({ preventScroll: true });
  follow(page, keepForm);
  if (push) history.pushState(null, "", url);
  cells();
  localTimes(next);
  offerPictures(next);
  live.follow();
}

function focusOf(element) {
  if (element.dataset.key) return `[data-key="${CSS.escape(element.dataset.key)}"]`;
  if (element.matches(".tabs a")) return ".tabs [aria-current]";
  if (element.dataset.keepScroll) return `[data-keep-scroll="${CSS.escape(element.dataset.keepScroll)}"]`;
  return element.getAttribute("href") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}

/** The form of another page: its choices of languages, and what links have chosen. */
function follow(page, keepForm) {
  const next = page.querySelector("[data-filters]");
  const languages = next.elements.language;
  if (languages && form.elements.language.innerHTML !== languages.innerHTML) form.elements.language.innerHTML = languages.innerHTML;
  form.querySelector("[data-reset]").hidden = next.querySelector("[data-reset]").hidden;
  const hidden = (one) => [...one.querySelectorAll("input[type=hidden]:not([name=columns])")];
  hidden(form).forEach((field) => field.remove());
  form.append(...hidden(next));
  // What only some kinds of votes have.
  const parts = (one) => [...one.querySelectorAll(".more")];
  const fields = (one) => parts(one).map((part) => part.querySelectorAll("input").length).join();
  if (fields(form) !== fields(next)) {
    const place = parts(form)[0].previousElementSibling;
    const isOpen = parts(form)[0].open;
    parts(form).forEach((part) => part.remove());
    const brought = parts(next);
    place.after(...brought);
    brought[0].open = isOpen;
  }
  if (keepForm) return;
  for (const field of next.elements) {
    const own = [...form.elements].find((one) => one.name === field.name && (field.type !== "checkbox" || one.value === field.value));
    if (!own || !field.name) continue;
    if (field.type === "checkbox") own.checked = field.checked;
    else own.value = field.value;
  }
}

async function attempt(url, options) {
  try {
    await show(url, options);
  } catch {
    // No scripts can help here: the browser tells what is wrong.
    location.assign(url);
  }
}

let typed = 0;
form.classList.add("at-once");
form.addEventListener("change", (event) => {
  if (event.target.type !== "search") attempt(address(), { push: true });
});
form.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  clearTimeout(typed);
  typed = setTimeout(() => attempt(address(), { push: true }), TYPED_MS);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typed);
  attempt(address(), { push: true });
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap], a[data-reset]");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  attempt(link.href, { push: true, keepForm: false });
});
window.addEventListener("popstate", () => attempt(location.href, { keepForm: false }));

const live = new LiveBoard({
  board,
  async changed() {
    try {
      await show(location.href);
      tell(board().dataset.updated);
    } catch {
      status.textContent = board().dataset.offline;
    }
  },
  lost(isLost) {
    if (isLost) status.textContent = board().dataset.offline;
    else if (status.textContent === board().dataset.offline) tell("");
  },
});

/** Heat maps: one cell of each can be reached by Tab, the arrow keys lead on, and what a cell says is told below. */
function cells() {
  for (const table of document.querySelectorAll("[data-cells]")) {
    const first = table.querySelector("td[title]");
    if (first) first.tabIndex = 0;
  }
}

function say(cell) {
  const told = cell.closest("section").querySelector("[data-told]");
  told.textContent = cell.title;
  told.hidden = !cell.title;
}

document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-cells] td")) say(event.target);
});
document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-cells] td[title]");
  if (cell) select(cell);
});
document.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step || !event.target.matches("[data-cells] td")) return;
  event.preventDefault();
  const body = event.target.closest("tbody");
  let row = event.target.parentElement.sectionRowIndex;
  let column = event.target.cellIndex;
  // Pairs that never met have nothing to say.
  do {
    row += step[0];
    column += step[1];
    const next = column > 0 ? body.rows[row]?.cells[column] : null;
    if (!next) return;
    if (next.title) return select(next);
  } while (true);
});

function select(cell) {
  cell.closest("table").querySelectorAll("td[tabindex]").forEach((one) => one.removeAttribute("tabindex"));
  cell.tabIndex = 0;
  cell.focus({ preventScroll: false });
  say(cell);
}

cells();
