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
    const block = elementOf(record.target)?.closest("p, li, pre, h2, td");
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

  const painted = new MessageChannel();  // its task comes after the frame that the callback before it belongs to
  painted.port1.onmessage = () => {
    for (const lane of bench.lanes) {
      if (lane.highest > (lane.painted.at(-1)?.[1] ?? -1)) lane.painted.push([performance.now(), lane.highest]);
    }
  };
  let frameWanted = false;
  const wantFrame = () => {
    if (frameWanted) return;
    frameWanted = true;
    requestAnimationFrame(() => { frameWanted = false; painted.port2.postMessage(null); });
  };

  const observer = new MutationObserver(records => {
    bench.changed = performance.now();
    for (const [lane, number] of records.flatMap(news)) {
      if (number <= lane.highest || number >= bench.count) continue;
      lane.highest = number;
      lane.grew.push([bench.changed, number]);
      wantFrame();
    }
    if (bench.lanes.every(lane => lane.highest === bench.count - 1)) bench.finish?.(true);
  });

  // `selectors`: where each lane's answer stands, or will. `count`: pieces in each.
  bench.watch = (selectors, count) => {
    bench.count = count;
    bench.lanes = selectors.map(selector => ({ selector, highest: -1, grew: [], painted: [] }));
    bench.finished = new Promise(resolve => { bench.finish = resolve; });
    bench.changed = performance.now();
    observer.observe(document.body, { subtree: true, childList: true, characterData: true });
  };

  // Whether all lanes came to their last piece within so many milliseconds.
  bench.wait = limit => Promise.race([bench.finished, new Promise(done => setTimeout(() => done(false), limit))]);

  // Until nothing has changed for so many milliseconds, or the limit is reached.
  bench.quiet = (calm, limit) => new Promise(resolve => {
    const begun = performance.now();
    bench.changed = Math.max(bench.changed, begun);
    const looking = setInterval(() => {
      const now = performance.now();
      if (now - bench.changed < calm && now - begun < limit) return;
      clearInterval(looking);
      resolve();
    }, 50);
  });

  // What the page has received by now: websocket messages, and all that its requests brought.
  bench.bytes = () => performance.getEntriesByType("resource").reduce((sum, each) => sum + each.transferSize, bench.received);

  bench.seen = () => bench.lanes.map(lane => {
    const text = document.querySelector(lane.selector)?.textContent ?? "";
    const there = new Set([...text.matchAll(NUMBER)].map(Number));
    let lost = 0;
    for (let number = 0; number < bench.count; number++) if (!there.has(number)) lost++;
    return { grew: lane.grew, painted: lane.painted, lost };
  });
})();
