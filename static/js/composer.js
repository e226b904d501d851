// The box for messages: Enter sends, samples fill it in, a form is sent once.

/** Whether an input method is composing: its Enter chooses a word and sends nothing. */
const composing = (event) => event.isComposing || event.keyCode === 229;

const grow = (box) => {
  box.rows = Math.min(14, Math.max(Number(box.dataset.rows), box.value.split("\n").length + 1));
};

export function enhance(root = document) {
  for (const box of root.querySelectorAll("[data-composer]")) {
    if (box.dataset.rows) continue;
    box.dataset.rows = box.rows;
    box.addEventListener("input", () => grow(box));
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.altKey || composing(event)) return;
      event.preventDefault();
      if (box.value.trim()) box.form.requestSubmit();
    });
    grow(box);
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
  for (const sample of root.querySelectorAll("[data-sample]")) {
    sample.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const box = document.querySelector("[data-composer]");
      if (!box) return;
      event.preventDefault();
      box.value = sample.dataset.sample;
      box.dispatchEvent(new Event("input"));
      box.focus();
    });
  }
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
