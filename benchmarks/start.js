// Put into a page before anything of its own runs: when its title was painted, when the suggestion was clicked, and
// when the answer's first word was in the DOM. Milliseconds since the page was asked for.
(() => {
  const start = { painted: null, clicked: null, word: null, atOnce: false, first: "" };
  window.streamsideStart = start;

  const suggestion = () => document.querySelector("#stMain [data-testid=stButtonGroup] button");

  start.ask = () => {
    start.clicked = performance.now();
    suggestion().click();
  };

  // A frame holds what was there when its animation callbacks ran; the task that they post comes once it is drawn.
  const drawn = new MessageChannel();
  const waiting = [];
  drawn.port1.onmessage = () => waiting.shift()();
  const whenDrawn = then => requestAnimationFrame(() => {
    waiting.push(then);
    drawn.port2.postMessage(null);
  });

  // When it was; waits for it.
  start.moment = (name, patience) => new Promise((resolve, reject) => {
    const looking = setInterval(() => {
      if (start[name] === null && performance.now() < patience) return;
      clearInterval(looking);
      if (start[name] === null) reject(`not ${name}`);
      resolve(start[name]);
    }, 20);
  });

  let titled = false, asking = false;
  new MutationObserver(() => {
    const now = performance.now();
    if (!titled && document.querySelector("[data-testid=stHeading] h1")?.textContent) {
      titled = true;
      whenDrawn(() => start.painted = performance.now());
    }
    if (!asking && start.atOnce && suggestion()) {
      asking = true;
      whenDrawn(start.ask);
    }
    if (start.clicked && !start.word && document.querySelector(".st-key-answer-0")?.textContent.includes(start.first))
      start.word = now;
  }).observe(document, { subtree: true, childList: true, characterData: true });
})();
