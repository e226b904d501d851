// The box for messages: Enter sends, samples fill it in, a form is sent once, and what was written survives whatever comes
// between: an error, another language, a vote.

/** Whether an input method is composing: its Enter chooses a word and sends nothing. */
const composing = (event) => event.isComposing || event.keyCode === 229;

const grow = (box) => {
  box.rows = Math.min(14, Math.max(Number(box.dataset.rows), box.value.split("\n").length + 1));
};

/** On a phone Enter is the only way to a new line; the button sends. */
const entersLines = matchMedia("(pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;

const numbers = new Intl.NumberFormat(document.documentElement.lang);

/** Says how long a message is once that matters, and keeps one that is too long from being sent. Nothing is cut off. */
function count(box) {
  const counter = box.form.querySelector("[data-counter]");
  const max = Number(box.dataset.max);
  // A character is one code point, as the server counts.
  const chars = box.value.length <= max / 2 ? box.value.length : [...box.value.replaceAll("\r\n", "\n")].length;
  const over = chars - max;
  const text = over > 0 ? counter.dataset.tooLong : counter.dataset.count;
  counter.hidden = chars < 0.8 * max;
  counter.classList.toggle("over", over > 0);
  if (!counter.hidden) counter.textContent = text.replace("{chars}", numbers.format(chars)).replace("{over}", numbers.format(over));
  box.setCustomValidity(over > 0 ? counter.textContent : "");
}

// Drafts stay in this tab, by the page that they were written on.
const key = (path) => `draft:${path}`;
const draftOf = (path) => sessionStorage.getItem(key(path)) ?? "";

function keep(path, text) {
  try {
    if (text) sessionStorage.setItem(key(path), text);
    else sessionStorage.removeItem(key(path));
  } catch {
    // No room, or not allowed: the box still has it.
  }
}

/** The page that a form belongs to: an error is shown at the address that it was sent to. */
const pageOf = (box) => box.form.dataset.page ?? location.pathname;

/** Whether the newest message on the page is this one: then it has been sent. */
function isSent(text) {
  const last = [...document.querySelectorAll(".typed")].pop();
  return last !== undefined && last.textContent.trim() === text.trim();
}

function restore(box) {
  const path = pageOf(box);
  const text = draftOf(path);
  if (!text) return;
  if (isSent(text)) keep(path, "");
  else if (!box.value) box.value = text;
}

/** What was begun in a battle that is over goes on in a new one. */
export function carryDraft(from, to) {
  const text = draftOf(from);
  if (!text || isSent(text)) return;
  keep(from, "");
  if (!draftOf(to)) keep(to, text);
}

export function enhance(root = document) {
  for (const box of root.querySelectorAll("[data-composer]")) {
    if (box.dataset.rows) continue;
    box.dataset.rows = box.rows;
    const changed = () => {
      grow(box);
      count(box);
      keep(pageOf(box), box.value);
    };
    box.addEventListener("input", changed);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
      if (entersLines && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      if (box.value.trim()) box.form.requestSubmit();
    });
    restore(box);
    changed();
  }
  for (const form of root.querySelectorAll("form[data-once]")) {
    if (form.dataset.watched) continue;
    form.dataset.watched = "1";
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      // Disabled only after the browser has read the form: a disabled button sends no value.
      setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0);
    });
  }
  const fill = (event, text) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const box = document.querySelector("[data-composer]");
    if (!box) return;
    event.preventDefault();
    Promise.resolve(text()).then((prompt) => {
      box.focus();
      box.select();
      // As if it were typed: what stood there comes back with undo.
      if (document.execCommand("insertText", false, prompt)) return;
      box.value = prompt;
      box.dispatchEvent(new Event("input"));
    }, () => location.assign(event.target.closest("a").href));
  };
  for (const sample of root.querySelectorAll("[data-sample]")) {
    sample.addEventListener("click", (event) => fill(event, () => sample.dataset.sample));
  }
  for (const link of root.querySelectorAll("[data-random]")) {
    link.addEventListener("click", (event) => fill(event, async () => {
      const response = await fetch(link.dataset.random);
      if (!response.ok) throw new Error(response.statusText);
      return response.text();
    }));
  }
}

// A new conversation was sent if the page that follows begins with it.
for (const path of ["/battle", "/side-by-side", "/direct"]) {
  if (draftOf(path) && isSent(draftOf(path))) keep(path, "");
}

// A page from the browser's memory must be usable again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => (button.disabled = false));
  }
});

enhance();
