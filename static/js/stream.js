// Follows the newest turn. The first event, and the first after a gap, brings the whole; the id of that one says which turn it
// is, so that any server goes on with it. Each event after it brings what is new of both answers.

const RETRY_MS = 2000;
const MAX_RETRIES = 30;

export class TurnStream {
  /** `on` has: edits(edits of the sides), status(status), lost(isLost), ended(). */
  constructor(path, cursor, on) {
    this.path = path;
    this.cursor = cursor;
    this.on = on;
    this.retries = 0;
    this.open();
  }

  open() {
    const source = new EventSource(`${this.path}/stream?after=${encodeURIComponent(this.cursor)}`);
    this.source = source;
    const listen = (name, take) =>
      source.addEventListener(name, (event) => {
        this.cursor = event.lastEventId || this.cursor;
        this.retries = 0;
        this.on.lost(false);
        take(JSON.parse(event.data));
      });
    listen("message", (edits) => this.on.edits(edits));
    listen("status", (data) => this.on.status(data));
    listen("ended", () => {
      this.close();
      this.on.ended();
    });
    source.addEventListener("error", () => {
      this.on.lost(true);
      // The browser comes again by itself after a broken connection, not after a refusal.
      if (source.readyState !== EventSource.CLOSED || this.isClosed) return;
      if (++this.retries > MAX_RETRIES) return;
      setTimeout(() => this.isClosed || this.open(), RETRY_MS * Math.min(this.retries, 5));
    });
  }

  close() {
    this.isClosed = true;
    this.source.close();
  }
}
