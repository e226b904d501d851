// Times in the visitor's own zone and language. The server writes them in UTC, for pages without JavaScript.

const shown = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/** Turns the times below `root` into local ones; the exact moment in UTC stays as the title. */
export function localTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    time.title = time.textContent;
    time.textContent = shown.format(moment);
  }
}

localTimes();
