// Keeps the newest words in view for whoever is at the end, and lets a reader scroll up. It only scrolls; without it
// the page scrolls as Streamlit has it, which takes a reader's way up for its own doing and drags them back.
(() => {
  if (window.streamsideScrolls) return;
  window.streamsideScrolls = true;

  const COMING = "[data-testid=stAppScrollToBottomContainer], [class*=st-key-words-coming-]";
  const WHOLE = "[class*=st-key-words-whole-]";
  const RUNNING = "[data-testid=stApp][data-test-script-state=running]";
  const OPEN = "[data-testid=stPopoverBody]";  // what hangs from a place of the page, and would go with it
  const NEAR = 50;  // pixels from the end where a reader has come back to it
  const HAND = 1000;  // milliseconds after a reader's last doing in which a way up is theirs
  const own = Object.getOwnPropertyDescriptor(Element.prototype, "scrollTop");
  const tops = new WeakMap();  // what scrolls, to where it was last
  const begun = new WeakSet();  // answers that are over, and were taken to their beginning
  let away = new WeakSet();  // what a reader has scrolled up
  let moved = -Infinity;  // when a reader did something last
  let pressed = false;  // a click hits what it was meant for, and a selection grows as the mouse goes
  let wanted = false;

  const stays = element => pressed || away.has(element) || document.querySelector(OPEN);

  function take(element) {  // Streamlit sets scrollTop: only downwards, and not where a reader is away from the end
    if (tops.has(element)) return;
    tops.set(element, own.get.call(element));
    const set = top => { if (!stays(element) && top > own.get.call(element)) own.set.call(element, top); };
    Object.defineProperty(element, "scrollTop", { get: own.get, set });
  }

  function follow() {
    wanted = false;
    for (const element of document.querySelectorAll(COMING)) {
      take(element);
      begun.delete(element);
      if (!stays(element) && document.querySelector(RUNNING)) own.set.call(element, element.scrollHeight);
    }
    for (const element of document.querySelectorAll(WHOLE)) {
      if (begun.has(element)) continue;
      begun.add(element);
      if (!away.has(element)) own.set.call(element, 0);
    }
  }

  const soon = () => { wanted ||= !!requestAnimationFrame(follow); };

  addEventListener("scroll", ({ target: element }) => {
    if (!tops.has(element)) return;
    const top = own.get.call(element), left = element.scrollHeight - element.clientHeight - top;
    if (top < tops.get(element) && left > 1 && performance.now() - moved < HAND) away.add(element);
    else if (left <= NEAR) away.delete(element);
    tops.set(element, top);
  }, { capture: true, passive: true });
  for (const doing of ["wheel", "touchmove", "keydown", "pointerdown", "pointerup", "pointercancel"])
    addEventListener(doing, () => { [moved, pressed] = [performance.now(), doing === "pointerdown"]; }, { capture: true, passive: true });
  for (const sent of ["keydown", "click"]) addEventListener(sent, ({ target, key, shiftKey }) => {  // asking leads to the answer
    const input = sent === "click" ? "[data-testid=stChatInputSubmitButton]" : "[data-testid=stChatInputTextArea]";
    if (target.closest?.(input) && (sent === "click" || (key === "Enter" && !shiftKey))) [away, moved] = [new WeakSet(), -Infinity];
  }, { passive: true });
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["class"] });
})();
