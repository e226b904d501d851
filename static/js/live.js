// Tells when votes have come in: by a stream while the page is looked at, and by asking now and then where there is none.

const LOOK_EACH_MS = 5000;
/** After so long without a stream, it is tried again. */
const RETRY_STREAM_MS = 60_000;
/** Changes that come faster are shown together. */
const SHOW_EACH_MS = 2000;

export class LiveBoard {
  /** `on` has: board() gives the element that is shown; changed() shows what is new; lost(isLost). */
  constructor(on) {
    this.on = on;
    this.shownAt = 0;
    document.addEventListener("visibilitychange", () => this.follow());
    // A page that comes back from the browser's cache has lost its stream.
    window.addEventListener("pageshow", (event) => event.persisted && this.follow());
    this.follow();
  }

  /** Follows the board that is shown now; nothing while nobody looks. */
  follow() {
    const url = document.hidden ? null : this.on.board()?.dataset.streamUrl;
    if (url === this.url && (this.source || this.looking)) return;
    this.close();
    this.url = url;
    if (url) this.open();
  }

  open() {
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener("open", () => this.on.lost(false));
    source.addEventListener("version", (event) => this.take(event.data));
    source.addEventListener("error", () => {
      // The browser comes again by itself after a broken connection, not after a refusal.
      if (source.readyState !== EventSource.CLOSED) return this.on.lost(true);
      source.close();
      this.source = null;
      this.looking = setTimeout(() => this.look(Date.now() + RETRY_STREAM_MS), LOOK_EACH_MS);
    });
  }

  async look(until) {
    const asked = this.looking;
    try {
      const answer = await fetch(this.on.board().dataset.versionUrl, { headers: { accept: "application/json" } });
      this.on.lost(false);
      if (answer.ok) this.take(String((await answer.json()).version));
    } catch {
      this.on.lost(true);
    }
    // Meanwhile another board was chosen, or nobody looks any more.
    if (asked !== this.looking) return;
    this.looking = null;
    if (Date.now() > until) this.open();
    else this.looking = setTimeout(() => this.look(until), LOOK_EACH_MS);
  }

  take(version) {
    this.version = version;
    if (this.waiting || !this.isNew()) return;
    const wait = Math.max(0, this.shownAt + SHOW_EACH_MS - Date.now());
    this.waiting = setTimeout(async () => {
      const version = this.version;
      if (this.isNew() && !document.hidden) await this.on.changed();
      // What is shown may be newer than what was told.
      if (this.version === version) this.version = this.on.board()?.dataset.version;
      this.shownAt = Date.now();
      this.waiting = null;
      // What came while it was being shown.
      if (this.source && this.isNew() && !document.hidden) this.take(this.version);
    }, wait);
  }

  isNew() {
    return this.version !== undefined && this.version !== this.on.board()?.dataset.version;
  }

  close() {
    this.source?.close();
    clearTimeout(this.looking);
    clearTimeout(this.waiting);
    this.source = this.looking = this.waiting = null;
    this.version = undefined;
  }
}
