// Follows the newest turn. Events replace whole blocks, so that any of them may come twice; the id of the last one is the
// place from which any server goes on.

const RETRY_MS = 2000;
const MAX_RETRIES = 30;

export class TurnStream {
  /** `on` has: blocks(side, from, blocks), status(status), lost(isLost), ended(). */
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
    listen("blocks", (data) => this.on.blocks(data.side, data.from, data.blocks));
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
