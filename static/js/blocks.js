// The blocks of an answer that is being written: their HTML as the server has it, and as the page shows it.

/** The closing tags at the end of a block: so many elements are open for what is inserted. */
function tailLength(html, open) {
  let at = html.length;
  while (open-- > 0) at = html.lastIndexOf("</", at - 1);
  return html.length - at;
}

/** Where in the text of `root` the selection begins and ends; nothing where it reaches elsewhere. */
function selectionIn(root) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  if (!root.contains(range.startContainer) && !root.contains(range.endContainer)) return null;
  return {
    from: [range.startContainer, range.startOffset],
    to: [range.endContainer, range.endOffset],
    start: offsetIn(root, range.startContainer, range.startOffset),
    end: offsetIn(root, range.endContainer, range.endOffset),
  };
}

function offsetIn(root, node, offset) {
  if (!root.contains(node)) return null;
  const before = document.createRange();
  before.selectNodeContents(root);
  before.setEnd(node, offset);
  return before.toString().length;
}

/** Selects the same text again after its elements have been written anew. The other end may stand in another block. */
function select(root, kept) {
  const place = (offset) => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (offset <= text.length) return [text, offset];
      offset -= text.length;
    }
    return [root, root.childNodes.length];
  };
  const [from, fromOffset] = kept.start === null ? kept.from : place(kept.start);
  const [to, toOffset] = kept.end === null ? kept.to : place(kept.end);
  getSelection().setBaseAndExtent(from, fromOffset, to, toOffset);
}

export class Blocks {
  /** `list` is the element whose children are the blocks. The server has sanitised all HTML. */
  constructor(list) {
    this.list = list;
    this.html = [];
    this.open = 0;
  }

  /** Takes what is new: HTML to insert where the last block is open, or which blocks are replaced. */
  take(edit) {
    if (typeof edit === "string") this.insert(edit);
    else this.replace(edit);
  }

  insert(html) {
    const last = this.html.length - 1;
    const before = this.html[last];
    const at = before.length - tailLength(before, this.open);
    this.html[last] = before.slice(0, at) + html + before.slice(at);
    let element = this.list.lastElementChild;
    for (let left = this.open; left > 0; left--) element = element.lastElementChild;
    element.insertAdjacentHTML("beforeend", html);
  }

  replace({ from, cut, blocks, open }) {
    const [first, ...rest] = blocks;
    const kept = cut === undefined ? "" : this.html[from].slice(0, this.html[from].length - cut);
    const now = first === undefined ? [] : [kept + first, ...rest];
    this.html.splice(from, this.html.length, ...now);
    this.open = open;
    while (this.list.children.length > this.html.length) this.list.lastElementChild.remove();
    now.forEach((html, index) => {
      const block = this.list.children[from + index] ?? this.list.appendChild(document.createElement("div"));
      block.className = "block";
      const kept = selectionIn(block);
      block.innerHTML = html;
      if (kept) select(block, kept);
    });
  }
}
