// The page's end of the wire (ui/wire.py): words go into their places as they come.
//
// A place is an element with `data-speech`, a number, that Streamlit draws; it may come later than its first words, and
// be drawn anew at any time. What stands in it is gone when Streamlit puts the finished answer there instead.

import { Drawing } from "./drawing.js";
import { follow, letGo } from "./following.js";

const FRAME = 1000 / 60;  // milliseconds
const LOOK = 1000;  // milliseconds between two looks at whether the connection is that of the page's session
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<number, Drawing>} what is said, by the number of its place */
const drawings = new Map();
let socket = null;
let token = "";

const place = number => document.querySelector(`[data-speech="${number}"]`);

let drawn = 0;
let wanted = false;

function draw() {
  wanted = false;
  drawn = performance.now();
  for (const [number, drawing] of drawings) {
    const root = place(number);
    if (root) drawing.draw(root);
    else if (drawing.behind) drawSoon();
  }
  follow();
}

function drawSoon() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(draw);
}

function hear(words) {
  document.body.dataset.live = "yes";  // whatever is said from now on comes by the wire
  for (const [number, text] of words) {
    if (text === null) drawings.set(number, drawings.get(number)?.again() ?? new Drawing());
    else drawings.get(number)?.say(text);
  }
  // A first word need not wait for the next frame.
  if (!wanted && performance.now() - drawn >= FRAME) draw();
  else drawSoon();
}

function connect() {
  const here = document.querySelector("[data-wire]")?.dataset.wire ?? "";
  if (!here || (here === token && socket && socket.readyState <= WebSocket.OPEN)) return;
  socket?.close();
  drawings.clear();
  token = here;
  const address = new URL(`wire/${token}`, import.meta.url);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const opened = socket = new WebSocket(address);
  opened.onopen = tellMotion;
  opened.onclose = () => { if (opened === socket) delete document.body.dataset.live; };
  opened.onmessage = ({ data }) => { if (opened === socket) hear(JSON.parse(data)); };
}

function tellMotion() {
  if (socket?.readyState === WebSocket.OPEN) socket.send(calm.matches ? "calm" : "lively");
}

calm.addEventListener("change", tellMotion);
setInterval(connect, LOOK);
connect();
letGo();
