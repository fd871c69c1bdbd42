// A Markdown text, drawn while it is being written. Blocks that no further word can change are left alone; the last one
// is read again, and only what is new of it is put into the page.
//
// What is drawn is built of the elements below and of text, so nothing that a model writes can be anything else: no HTML
// is read, no image is made, and a link leads to the web or nowhere. The looks are those of the sample that the page
// has of Streamlit's own Markdown (ui/speaking.py); the finished answer is drawn by Streamlit itself.

import MarkdownIt from "./vendor/markdown-it.esm.min.mjs";
import remend from "./vendor/remend.mjs";

const TAGS = new Map(
  "p h1 h2 h3 h4 h5 h6 ul ol li blockquote table thead tbody tr th td em strong a br hr".split(" ").map(tag => [tag, tag]),
).set("s", "del");
const SCHEMES = /^(https?|mailto|tel):/i;
const LONGEST = 20_000;  // characters of a block that is read again with each frame; a longer one is taken apart
const MENDED = 5_000;  // characters of a block in which open **, ` and links are closed for the eye

// The last line, where it may still turn out to be of another kind than it seems: a marker without its text, a fence.
const UNSETTLED = /^[\s>+*\-.)\d]*(?:[-|:=_#~`\s]*|`{3}.*|~{3}.*)$/;

// Markers that would lead deeper than any parser goes; what stands there would be left out.
const TOO_DEEP = /^((?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){40}[ \t]*)(?=[>\-+*\d])/gm;

const markdown = new MarkdownIt({ linkify: true }).disable("image");
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
markdown.validateLink = address => SCHEMES.test(address.trim());
const MENDING = { images: false, katex: false, htmlTags: false, linkMode: "text-only" };

export class Drawing {
  #text = "";
  #settled = 0;  // characters of the blocks that are left alone
  #blocks = 0;  // how many elements they are
  #fence = "";  // opens the code that was taken apart where the settled text ends
  #known = {};  // the references that the settled text defines; others may still be half written
  #drawn = "";  // the text when it was drawn last
  #root = null;
  #looks = null;

  /** Whether there are words that are not drawn. */
  get behind() { return this.#drawn !== this.#text; }

  say(text) { this.#text += text; }

  /** The same text is said once more from the beginning; what stands on the page may stay. */
  again() {
    const next = new Drawing();
    next.#root = this.#root;
    return next;
  }

  draw(root) {
    if (root !== this.#root || this.#root.childElementCount < this.#blocks) this.#begin(root);
    if (!this.behind) return;
    this.#drawn = this.#text;
    const looks = this.#looks ??= new Looks();
    root.className = looks.container;
    while (this.#drawBlocks(looks));
  }

  #begin(root) {
    this.#root = root;
    this.#looks = null;
    this.#settled = this.#blocks = 0;
    this.#fence = this.#drawn = "";
    root.replaceChildren();
  }

  // Draw what is not settled; returns whether a part of it was taken off, so that there is more to draw.
  #drawBlocks(looks) {
    const rest = this.#text.slice(this.#settled);
    const tooLong = rest.length > LONGEST;
    const source = this.#fence + (tooLong ? wholeLines(rest.slice(0, LONGEST)) : settledLines(rest));
    if (source === this.#fence) return false;
    let { tokens } = read(source, this.#known);
    const starts = tokens.filter(token => token.level === 0 && token.nesting >= 0 && token.map);
    const last = starts.at(-1);
    if (last && last.type !== "fence" && source.length <= MENDED) {
      const at = offset(source, last.map[0]);
      const mended = source.slice(0, at) + remend(source.slice(at), MENDING);
      if (mended !== source) ({ tokens } = read(mended, this.#known));
    }
    const fresh = document.createDocumentFragment();
    build(fresh, tokens, looks);
    patch(this.#root, fresh, this.#blocks);
    if (starts.length > 1) {
      this.#settle(source.slice(0, offset(source, last.map[0])), starts.length - 1, "");
    } else if (tooLong) {
      this.#settle(source, starts.length, last?.type === "fence" ? `${last.markup}${last.info}\n` : "");
    }
    return tooLong;
  }

  #settle(source, blocks, fence) {
    this.#known = read(source, this.#known).references;
    this.#settled += source.length - this.#fence.length;
    this.#blocks += blocks;
    this.#fence = fence;
  }
}

// A text's tokens, and the references that are known behind it, `known` being those before.
function read(text, known) {
  const found = { references: { ...known } };
  return { tokens: markdown.parse(text.replace(TOO_DEEP, "$1\\"), found), references: found.references };
}

function wholeLines(text) {
  return text.slice(0, text.lastIndexOf("\n") + 1) || text;
}

function settledLines(text) {
  const line = text.lastIndexOf("\n") + 1;
  return UNSETTLED.test(text.slice(line)) ? text.slice(0, line) : text;
}

function offset(text, line) {
  let at = 0;
  for (; line > 0; line--) at = text.indexOf("\n", at) + 1;
  return at;
}

// The classes by which Streamlit's own Markdown gets its looks, read off the sample.
class Looks {
  constructor() {
    const sample = document.querySelector(".st-key-streamside-sample [data-testid=stMarkdownContainer]");
    const found = selector => sample?.querySelector(selector)?.className ?? "";
    this.container = sample?.className ?? "";
    this.heading = found("[data-testid=stHeadingWithActionElements]");
    this.inline = found("p code");
    this.frame = found("[data-testid=stMarkdownPre]");
    this.box = found("[data-testid=stMarkdownPre] > div");
    this.pre = found("pre");
    const list = sample?.querySelector("ul");
    this.indent = list ? getComputedStyle(list).paddingLeft : "";  // the place itself has its own rule for lists
  }
}

function build(parent, tokens, looks) {
  const open = [];
  for (const token of tokens) {
    if (token.hidden) continue;  // the paragraph of a tight list
    if (token.type === "inline") {
      build(parent, token.children, looks);
    } else if (token.nesting > 0) {
      open.push(parent);
      parent = opened(parent, token, looks);
    } else if (token.nesting < 0) {
      parent = open.pop();
    } else {
      alone(parent, token, looks);
    }
  }
}

function opened(parent, token, looks) {
  const tag = TAGS.get(token.tag);
  if (!tag) return parent;
  const element = document.createElement(tag);
  if (tag === "a") {
    element.href = token.attrGet("href");
    element.target = "_blank";
    element.rel = "noopener noreferrer";
  }
  if (tag === "ol" || tag === "ul") element.style.paddingLeft = looks.indent;
  if (tag === "ol" && token.attrGet("start") !== null) element.start = Number(token.attrGet("start"));
  const aligned = /^text-align:(left|center|right)$/.exec(token.attrGet("style") ?? "");
  if (aligned) element.style.textAlign = aligned[1];
  if (!/^h\d$/.test(tag)) return parent.appendChild(element);
  parent.appendChild(div(looks.heading)).append(element);
  return element.appendChild(document.createElement("span"));
}

function alone(parent, token, looks) {
  switch (token.type) {
    case "softbreak": parent.append("\n"); break;
    case "hardbreak": parent.append(document.createElement("br")); break;
    case "hr": parent.append(document.createElement("hr")); break;
    case "code_inline": parent.append(code(token.content, looks.inline)); break;
    case "fence":
    case "code_block": parent.append(codeBlock(token.content, looks)); break;
    default: parent.append(token.content);
  }
}

function codeBlock(text, looks) {
  const [frame, box, inner] = [div(looks.frame), div(looks.box), div("")];
  const pre = document.createElement("pre");
  pre.className = looks.pre;
  const body = code(text.replace(/\n$/, ""), "");
  body.style.whiteSpace = "pre";
  inner.append(body);
  pre.append(inner);
  box.append(pre);
  frame.append(box);
  return frame;
}

function code(text, looks) {
  const element = document.createElement("code");
  if (looks) element.className = looks;
  element.textContent = text;
  return element;
}

function div(looks) {
  const element = document.createElement("div");
  if (looks) element.className = looks;
  return element;
}

// Make the children of `old`, from number `from` on, those of `fresh`, and leave alone what is the same: a text that
// goes on only grows, so that what somebody has selected stays selected.
function patch(old, fresh, from = 0) {
  let before = old.childNodes[from] ?? null;
  for (const node of [...fresh.childNodes]) {
    if (before === null) {
      old.append(node);
      continue;
    }
    const next = before.nextSibling;
    if (before.nodeType === Node.TEXT_NODE && node.nodeType === Node.TEXT_NODE) {
      if (node.data.startsWith(before.data)) {
        if (node.data.length > before.data.length) before.appendData(node.data.slice(before.data.length));
      } else before.data = node.data;
    } else if (before.nodeType === Node.ELEMENT_NODE && before.cloneNode().isEqualNode(node.cloneNode())) {
      patch(before, node);
    } else {
      before.replaceWith(node);
    }
    before = next;
  }
  while (before !== null) {
    const next = before.nextSibling;
    before.remove();
    before = next;
  }
}
