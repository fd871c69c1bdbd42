// What is put into a page before anything of its own runs: it counts what the websockets receive, and watches the
// numbered pieces of the answers come into the DOM and onto the screen. Nothing here reads a layout.
(() => {
  const NUMBER = /\d+/g;  // each piece holds its own, and no other
  const TAIL = 200;  // characters: the newest piece stands at the end of what has changed

  const bench = { received: 0, lanes: [], changed: performance.now() };
  window.streamBench = bench;
  performance.setResourceTimingBufferSize(20000);

  window.WebSocket = class extends WebSocket {
    constructor(...whereTo) {
      super(...whereTo);
      this.addEventListener("message", ({ data }) => {
        const size = data.byteLength ?? data.size ?? data.length;
        bench.received += size + (size < 126 ? 2 : size < 65536 ? 4 : 10);  // a frame's header
      });
    }
  };

  const latest = text => {
    let highest = -1;
    for (const [number] of text.slice(-TAIL).matchAll(NUMBER)) highest = Math.max(highest, Number(number));
    return highest;
  };

  const elementOf = node => node.nodeType === Node.TEXT_NODE ? node.parentElement : node;

  // The piece that a mutation brought: in the text itself, else in the block around it.
  const brought = record => {
    let highest = -1;
    if (record.type === "characterData") highest = latest(record.target.data);
    for (const node of record.addedNodes) highest = Math.max(highest, latest(node.textContent));
    if (highest >= 0) return highest;
    const block = elementOf(record.target)?.closest("p, li, pre, td, h1, h2, h3, h4, h5, h6");
    return block ? latest(block.textContent) : -1;
  };

  // The lanes that a mutation belongs to, each with the piece it brought.
  const news = record => {
    const inside = bench.lanes.find(lane => elementOf(record.target)?.closest(lane.selector));
    if (inside) return [[inside, brought(record)]];
    const found = [];
    for (const node of record.addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      for (const lane of bench.lanes) {
        const root = node.matches(lane.selector) ? node : node.querySelector(lane.selector);
        if (root) found.push([lane, latest(root.textContent)]);
      }
    }
    return found;
  };

  // A frame holds what was there when its animation callbacks ran; the task that they post comes once it is drawn.
  const drawn = new MessageChannel();
  drawn.port1.onmessage = ({ data: highest }) => bench.lanes.forEach((lane, place) => {
    if (highest[place] > (lane.painted.at(-1)?.[1] ?? -1)) lane.painted.push([performance.now(), highest[place]]);
  });
  let frameWanted = false;
  const wantFrame = () => {
    if (frameWanted) return;
    frameWanted = true;
    requestAnimationFrame(() => {
      frameWanted = false;
      drawn.port2.postMessage(bench.lanes.map(lane => lane.highest));
    });
  };

  // Says every second how far it is, and at once that all is there: a page that is too busy later on to be asked has
  // at least said this. `streamBenchTell` is what the other side listens to.
  let told = 0;
  const tell = () => {
    const finished = bench.lanes.every(lane => lane.highest === bench.count - 1);
    if (bench.finished || (!finished && bench.changed - told < 1000)) return;
    told = bench.changed;
    bench.finished = finished;
    const lanes = bench.lanes.map(({ grew, painted }) => ({ grew: grew.slice(0, 1), painted: widest(painted), lost: 0 }));
    window.streamBenchTell(JSON.stringify({ finished, received: bench.bytes(), asked: bench.asked, lanes }));
  };

  // The two moments around the longest gap.
  const widest = painted => {
    let at = 0;
    for (let place = 1; place < painted.length; place++) {
      if (at === 0 || painted[place][0] - painted[place - 1][0] > painted[at][0] - painted[at - 1][0]) at = place;
    }
    return painted.slice(Math.max(at - 1, 0), at + 1);
  };

  const observer = new MutationObserver(records => {
    bench.changed = performance.now();
    for (const [lane, number] of records.flatMap(news)) {
      if (number <= lane.highest || number >= bench.count) continue;
      lane.highest = number;
      lane.grew.push([bench.changed, number]);
      wantFrame();
    }
    tell();
  });

  // `selectors`: where each lane's answer stands, or will. `count`: pieces in each.
  bench.watch = (selectors, count) => {
    bench.count = count;
    bench.lanes = selectors.map(selector => ({ selector, highest: -1, grew: [], painted: [] }));
    bench.changed = performance.now();
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
    addEventListener("keydown", ({ key }) => { if (key === "Enter") bench.asked ??= performance.now(); }, { capture: true });
  };

  // Until nothing has changed for so many milliseconds and no piece is missing, or the limit is reached.
  bench.quiet = (calm, limit) => new Promise(resolve => {
    const begun = performance.now();
    bench.changed = Math.max(bench.changed, begun);
    let looked = 0;  // a piece is looked for once after each change
    const looking = setInterval(() => {
      const now = performance.now();
      const still = now - bench.changed >= calm && bench.changed > looked;
      if (still) looked = now;
      if (!(still && bench.lanes.every(lane => lost(lane) === 0)) && now - begun < limit) return;
      clearInterval(looking);
      resolve();
    }, 50);
  });

  // What the page has received by now: websocket messages, and all that its requests brought.
  bench.bytes = () => performance.getEntriesByType("resource").reduce((sum, each) => sum + each.transferSize, bench.received);

  const lost = lane => {
    const text = document.querySelector(lane.selector)?.textContent ?? "";
    const there = new Set([...text.matchAll(NUMBER)].map(Number));
    return Array.from({ length: bench.count }, (_, number) => number).filter(number => !there.has(number)).length;
  };

  bench.seen = () => bench.lanes.map(lane => ({ grew: lane.grew, painted: lane.painted, lost: lost(lane) }));
})();
