"use strict";
// Plays all streams on one clock. Text only ever becomes text: textContent, never markup.
(() => {
  const streams = JSON.parse(document.getElementById("streams").textContent);
  const byId = (id) => document.getElementById(id);
  const [player, play, step, finish, position, clock] =
    ["player", "play", "step", "finish", "position", "clock"].map(byId);

  // A turn begins when the one before it is over, after a breath.
  let length = 0;
  const scenes = [...document.querySelectorAll(".scene")].map((element, place) => {
    const told = streams.scenes[place];
    const begins = place ? length + streams.breath : 0;
    length = begins + Math.max(0, ...told.map((lane) => lane.total));
    const articles = [...element.querySelectorAll(".lane")];
    const lanes = told.map((lane, at) => ({
      ...lane,
      shown: 0,
      words: articles[at].querySelector(".words"),
      stage: articles[at].querySelector(".stage"),
      foot: 0, // how far its words were scrolled when they were last followed
      thoughts: articles[at].querySelector(".stage .thoughts"),
      answer: articles[at].querySelector(".stage .answer"),
      status: articles[at].querySelector(".now"),
      article: articles[at],
    }));
    const charts = [...element.querySelectorAll(".chart")].map((svg) => ({
      left: +svg.dataset.left,
      right: +svg.dataset.right,
      seconds: +svg.dataset.seconds,
      width: +svg.dataset.width,
      seen: svg.querySelector(".seen"),
      head: svg.querySelector(".head"),
    }));
    return { element, begins, ends: length, lanes, charts };
  });
  const moments = scenes
    .flatMap((scene) => scene.lanes.flatMap((lane) => [...lane.pieces.map(([at]) => at), lane.total].map((at) => scene.begins + at)))
    .sort((one, other) => one - other);

  let now = length; // seconds of the replay
  let speed = 1;
  let since = null; // performance.now() at the last look, while it plays

  const due = (pieces, time) => {
    let low = 0, high = pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle][0] <= time) low = middle + 1; else high = middle;
    }
    return low;
  };
  const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const drawLane = (lane, time) => {
    const count = due(lane.pieces, time);
    if (count < lane.shown) {
      lane.shown = 0;
      lane.thoughts.textContent = lane.answer.textContent = "";
      lane.words.scrollTop = lane.foot = 0;
    }
    if (count > lane.shown) {
      const follows = Math.abs(lane.words.scrollTop - lane.foot) < 40;
      const fresh = lane.pieces.slice(lane.shown, count);
      for (const [element, thought] of [[lane.thoughts, 1], [lane.answer, 0]]) {
        const text = fresh.filter((piece) => piece[2] === thought).map((piece) => piece[1]).join("");
        if (text) element.append(text);
      }
      if (follows) {
        lane.words.scrollTop = Math.max(0, lane.stage.offsetHeight - lane.words.clientHeight);
        lane.foot = lane.words.scrollTop;
      }
    }
    lane.shown = count;
    const over = time >= lane.total;
    lane.article.classList.toggle("over", over);
    lane.article.classList.toggle("waits", !over && count === 0);
    say(lane.status, over ? lane.ended : `${count ? "streaming" : "waiting"}, ${Math.max(0, time).toFixed(1)} s`);
  };

  const draw = () => {
    const finished = now >= length;
    document.body.classList.toggle("playing", !finished);
    for (const scene of scenes) {
      const time = now - scene.begins;
      scene.element.classList.toggle("later", time < 0);
      for (const lane of scene.lanes) drawLane(lane, time);
      for (const chart of scene.charts) {
        const share = Math.min(Math.max(time / chart.seconds, 0), 1);
        const x = chart.left + (chart.right - chart.left) * share;
        chart.seen.setAttribute("width", finished || now >= scene.ends ? chart.width : x + 1);
        chart.head.setAttribute("transform", `translate(${x} 0)`);
      }
    }
    position.value = length ? Math.round((now / length) * 1000) : 1000;
    const told = `${now.toFixed(1)} of ${length.toFixed(1)} s`;
    say(clock, told);
    position.setAttribute("aria-valuetext", told);
    say(play, since !== null ? "Pause" : finished ? "Play" : now > 0 ? "Go on" : "Play");
  };

  const look = (moment) => {
    if (since === null) return;
    const before = now;
    now = Math.min(length, now + Math.max(0, (moment - since) / 1000) * speed);
    since = moment;
    if (now >= length) since = null;
    draw();
    const begun = scenes.find((scene) => scene.begins > before && scene.begins <= now);
    if (begun) begun.element.scrollIntoView({ block: "nearest" });
    if (since !== null) requestAnimationFrame(look);
  };
  const start = () => {
    if (now >= length) now = 0;
    since = performance.now();
    draw();
    requestAnimationFrame(look);
  };
  const pause = () => { since = null; draw(); };
  const jump = (time) => { now = Math.min(Math.max(time, 0), length); if (now >= length) since = null; draw(); };

  play.addEventListener("click", () => (since === null ? start() : pause()));
  step.addEventListener("click", () => {
    since = null;
    const from = now >= length ? -1 : now;
    jump(moments.find((moment) => moment > from) ?? length);
  });
  finish.addEventListener("click", () => { since = null; jump(length); });
  position.addEventListener("input", () => jump((position.value / 1000) * length));
  for (const choice of document.querySelectorAll("input[name=speed]")) {
    choice.addEventListener("change", () => { speed = +choice.value; });
    if (choice.checked) speed = +choice.value;
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === document.body) {
      event.preventDefault();
      play.click();
    }
  });

  if (length > 0) {
    player.hidden = false;
    draw();
  }
})();
