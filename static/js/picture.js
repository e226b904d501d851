// Charts as files: any drawing of the page as it stands, with its colours and letters, as SVG or PNG; and the server's own SVG
// files as PNG. Without scripts the server's SVG files are there alone.

/** Pixels for each unit of a drawing: sharp on dense screens and on paper. */
const DENSITY = 2;
/** What style sheets say and a file has to say itself. */
const STYLES = [
  "display", "fill", "fill-opacity", "font-family", "font-size", "font-style", "font-weight", "opacity", "paint-order", "stroke",
  "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor", "vector-effect",
];

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then, or never will.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A drawing of the page as a document of its own, on the ground on which it stands. */
function copied(svg) {
  const copy = svg.cloneNode(true);
  const [originals, copies] = [svg, copy].map((one) => [one, ...one.querySelectorAll("*")]);
  originals.forEach((original, at) => {
    const style = getComputedStyle(original);
    // As attributes: pages of this site may not apply style attributes, and the file is read by one to be drawn.
    for (const name of STYLES) copies[at].setAttribute(name, style.getPropertyValue(name));
    copies[at].removeAttribute("class");
  });
  const { x, y, width, height } = svg.viewBox.baseVal;
  const ground = document.createElementNS(svg.namespaceURI, "rect");
  for (const [name, value] of Object.entries({ x, y, width, height, fill: groundOf(svg) })) ground.setAttribute(name, value);
  copy.prepend(ground);
  for (const name of ["data-picture", "aria-labelledby", "aria-describedby"]) copy.removeAttribute(name);
  copy.setAttribute("aria-label", labelOf(svg));
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("xmlns", svg.namespaceURI);
  return new XMLSerializer().serializeToString(copy);
}

function groundOf(element) {
  for (let one = element; one; one = one.parentElement) {
    const color = getComputedStyle(one).backgroundColor;
    if (color !== "rgba(0, 0, 0, 0)") return color;
  }
  return "#fff";
}

function labelOf(svg) {
  const named = document.getElementById(svg.getAttribute("aria-labelledby"));
  return svg.getAttribute("aria-label") ?? named?.textContent.trim() ?? "";
}

async function png(text) {
  const size = new DOMParser().parseFromString(text, "image/svg+xml").documentElement.viewBox.baseVal;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [size.width, size.height].map((side) => Math.round(side * DENSITY));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function button(text, label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "as-link";
  button.textContent = text;
  button.setAttribute("aria-label", `${label}: ${text}`);
  button.addEventListener("click", act);
  return button;
}

/** Offers what can be kept, at each drawing and each link to one that has no such offer yet. */
export function offerPictures(root = document) {
  for (const svg of root.querySelectorAll("svg[data-picture]")) {
    const [name, label] = [svg.dataset.picture, labelOf(svg)];
    delete svg.dataset.picture;
    const row = document.createElement("p");
    row.className = "files pictures";
    const asSvg = () => save(new Blob([copied(svg)], { type: "image/svg+xml" }), `${name}.svg`);
    row.append(button("SVG", label, asSvg), " · ", button("PNG", label, async () => save(await png(copied(svg)), `${name}.png`)));
    svg.after(row);
  }
  for (const link of root.querySelectorAll("a[data-as-png]")) {
    link.removeAttribute("data-as-png");
    const heading = link.closest("section")?.querySelector("h2")?.textContent ?? "";
    link.after(" · ", button("PNG", heading, async () => {
      const answer = await fetch(link.href);
      const named = /filename="([^"]+)\.svg"/.exec(answer.headers.get("content-disposition"));
      save(await png(await answer.text()), `${named?.[1] ?? "chart"}.png`);
    }));
  }
}

offerPictures();
