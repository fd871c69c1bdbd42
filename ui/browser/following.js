// Whether the page follows the words. Streamlit scrolls to what is new while a reader is at the end, but where words come
// quickly it takes a reader's way up for its own doing and drags them back, and their way to the end for nothing. So:
// whoever scrolls up stays there, and whoever comes back to the end, or asks on, goes with the words again.

const NEAR = 50;  // pixels from the end where a reader has come back to it, which moves on while they scroll
const HAND = 1000;  // milliseconds after a hand's last doing in which a way up is the reader's

const INPUTS = ["wheel", "touchmove", "keydown", "pointerdown", "pointermove"];
const own = Object.getOwnPropertyDescriptor(Element.prototype, "scrollTop");
const tops = new WeakMap();  // what scrolls, to where it was last
const overseen = new WeakSet();  // of these it is known who moves them
/** @type {Map<Element, boolean>} what a reader has scrolled up, to whether they are still away from its end */
const held = new Map();
let moved = -Infinity;  // when a hand did something last

function note({ type, buttons }) {
  if (type !== "pointermove" || buttons) moved = performance.now();
}

function look({ target }) {
  const element = target === document ? document.scrollingElement : target;
  const top = own.get.call(element);
  const left = element.scrollHeight - element.clientHeight - top;
  const up = top < (tops.get(element) ?? 0) && performance.now() - moved < HAND;
  tops.set(element, top);
  const ours = follows(element);
  if (ours && !overseen.has(element)) oversee(element);
  if (up && left > 1 && ours) held.set(element, true);
  else if (held.get(element) && left <= NEAR) held.set(element, false);
}

function follows(element) {
  return element.matches("[data-testid=stAppScrollToBottomContainer]") || element.querySelector("[data-speech]");
}

// Let nobody but the reader move it downwards while they are away from the end; and know what Streamlit moves: as it
// rolls towards the end, it goes up again where words have brought the page further.
function oversee(element) {
  overseen.add(element);
  Object.defineProperty(element, "scrollTop", {
    get: own.get,
    set(top) {
      if (held.get(element) && top >= own.get.call(element)) return;
      if (top < (tops.get(element) ?? 0)) tops.set(element, top - 1);  // a browser may round it
      own.set.call(element, top);
    },
  });
}

/** Scroll to what is new, after it was drawn, where a reader has come back to the end. */
export function follow() {
  for (const [element, away] of held) {
    if (!element.isConnected) held.delete(element);
    else if (!away) own.set.call(element, element.scrollHeight);
  }
}

// Who asks wants to see the answer, wherever they were.
function ask({ type, key, shiftKey, isComposing, target }) {
  const sent = type === "click" ? "[data-testid=stChatInputSubmitButton]" : "[data-testid=stChatInputTextArea]";
  if (!target.closest?.(sent) || (type === "keydown" && (key !== "Enter" || shiftKey || isComposing))) return;
  for (const element of held.keys()) held.set(element, false);
  moved = -Infinity;  // to ask is no way up
  follow();
}

/** Let readers stay where they scroll to. */
export function letGo() {
  for (const input of INPUTS) addEventListener(input, note, { capture: true, passive: true });
  addEventListener("scroll", look, { capture: true, passive: true });
  for (const way of ["keydown", "click"]) addEventListener(way, ask, { capture: true, passive: true });
}
