// Tells how many stand before the visitor, as long as the page says that an answer is being written.

const EACH_MS = 2000;

async function look() {
  const line = document.querySelector("[data-queue]");
  if (!line) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(line.dataset.queue, { headers: { accept: "application/json" } });
      if (answer.ok) {
        const { text } = await answer.json();
        line.textContent = text;
        line.hidden = !text;
      }
    } catch {
      // The next look may reach the server again.
    }
  }
  setTimeout(look, EACH_MS);
}

setTimeout(look, EACH_MS);
