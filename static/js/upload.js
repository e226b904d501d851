// A form with a file tells how much of it has been sent. The answer is the same page as without scripts.

/** Sends the form, and puts the page that comes back in the place of this one. */
function upload(form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bar = form.querySelector("progress");
    form.querySelector(".busy").textContent = form.dataset.busy;
    form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.hidden = false;
      bar.value = loaded / total;
    });
    // Sent: what takes time now is the server's work, of which nobody knows how long it takes.
    request.upload.addEventListener("load", () => bar.removeAttribute("value"));
    request.addEventListener("load", () => shown(request));
    request.addEventListener("error", () => lost(form, bar));
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    // Without the button's name, which these forms do not have.
    request.send(new FormData(form));
  });
}

function shown(request) {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const main = page.querySelector("main");
  // The session has ended, or somebody between here and there answered.
  if (!main || new URL(request.responseURL).pathname !== location.pathname) return location.assign(request.responseURL);
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  scrollTo(0, 0);
  uploads();
}

function lost(form, bar) {
  bar.hidden = true;
  form.querySelector(".busy").textContent = form.dataset.upload;
  form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
}

export function uploads() {
  document.querySelectorAll("form[data-upload]").forEach(upload);
}
