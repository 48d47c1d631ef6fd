// The waiting page: shows the place as it stands, live, and takes the fan in when it is their turn.
import { call, deadline, fill, language, memory, minutes, notice, number, root, show, text, wait,
  whenBack } from "./app.js";
import { bell } from "./bell.js";

const { user, ticket, assets, target } = root.dataset;
const shop = document.title.split(" · ").at(-1);
/** How long without a word until the stream counts as gone. */
const SILENCE_MS = 45_000;
const STAY_MS = 3_000;

const state = {
  scene: root.dataset.scene,
  ticket,
  position: Number(root.dataset.position),
  first: 0,
  stream: null,
  heardAt: performance.now(),
  pollAt: 0,
  failures: 0,
  estimate: undefined,
  isPaused: false,
  isAsking: false,
  end: null,
};

/** The places that this browser has shown for the ticket: it never shows a higher one again. */
function recall() {
  const [known, first, seen] = (memory.get("line") ?? "").split(":");
  const isSame = known === state.ticket;
  state.first = isSame ? Math.max(Number(first), state.position) : state.position;
  if (isSame && Number(seen) > 0 && state.position > 0) {
    state.position = Math.min(state.position, Number(seen));
  }
}

function remember() {
  memory.set("line", `${state.ticket}:${state.first}:${state.position}`);
}

const isInLine = () => ["waiting", "sold-out"].includes(state.scene);

function scene(name) {
  root.dataset.scene = state.scene = name;
  for (const part of root.querySelectorAll("section[data-scene]")) {
    part.hidden = part.dataset.scene !== name;
  }
}

/** One answer of status, however it came. */
function hear(place) {
  state.failures = 0;
  notice("offline", "");
  if (String(place.ticket) !== state.ticket) {
    state.ticket = String(place.ticket);
    state.first = place.waitingId;
    state.position = place.waitingId;
    fill("ticket", state.ticket);
  }
  if (place.status === "activate") return turn(place);
  if (place.status === "expired") return over();
  const isBack = state.scene === "turn";
  state.position = isBack ? place.waitingId : Math.min(place.waitingId, state.position || Infinity);
  state.first = Math.max(state.first, state.position);
  remember();
  if (state.scene !== "sold-out") scene("waiting");
  draw(place);
}

function draw(place) {
  const position = state.position;
  fill("position", number(position));
  fill("ahead", number(Math.max(0, position - 1)));
  state.estimate = place.estimatedWaitSeconds;
  drawWait();
  show("stale", place.stale === true);
  drawTitle();
  drawProgress();
}

/** Nobody knows how long a pause will be. */
function drawWait() {
  fill("wait", waitWords(state.isPaused ? null : state.estimate));
}

function drawTitle() {
  const words = state.scene === "sold-out" ? text("line.sold_out_title")
    : `${number(state.position)} · ${text("line.title")}`;
  document.title = `${words} · ${shop}`;
}

function drawProgress() {
  const bar = document.getElementById("progress");
  const done = state.first > 1 ? (state.first - state.position) / (state.first - 1) : 1;
  bar.value = Math.max(bar.value, Math.round(done * 970) + 30);
}

/** A wait as people say it; the server has the same rules for a browser without scripts. */
function waitWords(estimate) {
  if (!estimate) return text("line.wait_unknown");
  const low = Math.floor(estimate.min / 60);
  const high = Math.ceil(estimate.max / 60);
  if (high <= 1) return text("line.wait_short");
  if (low === 0) return text("line.wait_up_to", { high });
  if (high < 90) return text("line.wait_minutes", { low, high });
  return text("line.wait_hours", { low: Math.max(1, Math.floor(low / 60)), high: Math.ceil(high / 60) });
}

/** It is the fan's turn. A pushed word of it is no claim: asking for status is. */
async function turn(place, isClaimed = false) {
  if (!isClaimed) {
    try {
      place = await call("GET", `/api/status/${user}`);
    } catch {
      return later(1000);
    }
    if (place.status !== "activate") return hear(place);
  }
  const isNews = state.scene !== "turn";
  state.end = deadline(place.expiresInMs);
  memory.set("line", null);
  scene("turn");
  document.title = `● ${text("line.turn_title")} · ${shop}`;
  fill("countdown", minutes(state.end.left()));
  if (!isNews) return;
  notice("turn", text("line.turn_title"));
  if (memory.get("rung") !== state.ticket) bell.ring();
  memory.set("rung", state.ticket);
  enterSoon();
}

/** Goes in by itself, but not behind the fan's back: only while the page is looked at. */
async function enterSoon() {
  show("going", true);
  document.getElementById("enter").focus();
  await wait(STAY_MS);
  while (document.hidden) await new Promise((seen) => {
    document.addEventListener("visibilitychange", seen, { once: true });
  });
  if (state.scene === "turn") location.assign(target);
}

function over() {
  memory.set("line", null);
  state.stream?.close();
  scene("over");
  document.title = `${text("line.over_title")} · ${shop}`;
}

/** Listens; a browser or a network that cannot do that polls. */
function listen() {
  state.stream?.close();
  if (!window.EventSource) return later(0);
  const seen = state.position > 0 ? `?seen=${state.position}` : "";
  const stream = new EventSource(`/api/status/${user}/events${seen}`);
  state.stream = stream;
  stream.addEventListener("place", (event) => {
    state.heardAt = performance.now();
    hear(JSON.parse(event.data));
  });
  stream.addEventListener("open", () => {
    state.heardAt = performance.now();
    if (state.scene === "unreachable") ask();
  });
  stream.addEventListener("error", () => later(1000));
}

const isLive = () => state.stream?.readyState === 1 && performance.now() - state.heardAt < SILENCE_MS;

/** Asks for status, unless the stream is alive and has told already. */
async function ask() {
  if (state.isAsking || ["over", "turn"].includes(state.scene)) return;
  state.isAsking = true;
  try {
    const seen = state.position > 0 ? `?seen=${state.position}` : "";
    // A connection that died in silence is given up soon, and a slow one is waited for.
    const patience = Math.min(3_000 * (state.failures + 1), 10_000);
    const place = await call("GET", `/api/status/${user}${seen}`, { patience });
    state.heardAt = performance.now();
    notice("too-fast", "");
    later(place.pollAfterMs);
    if (place.status === "activate") await turn(place, true);
    else hear(place);
  } catch (trouble) {
    fail(trouble);
  } finally {
    state.isAsking = false;
  }
}

function fail(trouble) {
  state.failures += 1;
  later(Math.max(trouble.retryMs ?? 2000, Math.min(1000 * state.failures, 10_000)));
  if (trouble.code === "too_fast") return notice("too-fast", text("line.too_fast_note"), "warn");
  if (trouble.code === "not_in_line" || trouble.code === "token_invalid") return location.reload();
  if (trouble.status === 503) return show("stale", true);
  // One lost question is no news; two are a network that is gone.
  if (state.failures > 1) notice("offline", text("common.offline"), "warn");
}

function later(ms) {
  state.pollAt = performance.now() + ms;
}

/** Once a second, also in the background. */
function tick() {
  if (state.scene === "turn" && state.end) {
    fill("countdown", minutes(state.end.left()));
    if (state.end.left() === 0) {
      scene("waiting");
      later(0);
    }
  }
  if (!isInLine()) return;
  const isClosed = !state.stream || state.stream.readyState === 2;
  if (isClosed && state.failures === 0 && performance.now() > state.pollAt) listen();
  if (!isLive() && performance.now() > state.pollAt) ask();
}

/** What is beside the place: how much is left, and whether the line is paused. */
async function askNews() {
  while (state.scene !== "over") {
    const news = await call("GET", "/stagedoor/news").catch(() => null);
    if (news && isInLine()) tellNews(news);
    await wait(document.hidden ? 30_000 : 4_000 + Math.random() * 2_000);
  }
}

function tellNews({ stock, paused }) {
  show("paused", paused);
  state.isPaused = paused;
  if (state.estimate !== undefined) drawWait();
  show("left", stock !== null);
  if (stock) fill("left", number(stock.left));
  show("unlikely", stock !== null && state.position > stock.left + stock.held);
  const isSoldOut = stock !== null && stock.left === 0 && stock.held === 0 && stock.sold > 0;
  if (isSoldOut === (state.scene === "sold-out")) return;
  scene(isSoldOut ? "sold-out" : "waiting");
  drawTitle();
}

function startTicking() {
  try {
    new Worker(`${assets}/ticker.js`).onmessage = tick;
  } catch {
    setInterval(tick, 1000);
  }
}

function start() {
  bell.attach(document.getElementById("sound"));
  if (["unreachable", "too-fast"].includes(state.scene)) {
    // Not a reload: a form that was refused is not sent again behind the fan's back.
    return setTimeout(() => location.replace(root.dataset.here), 4000 + Math.random() * 3000);
  }
  if (state.scene === "turn") {
    state.scene = "arrived";
    turn({ expiresInMs: Number(root.dataset.expires) }, true);
  } else if (isInLine()) {
    recall();
    drawProgress();
    fill("position", number(state.position));
    fill("ahead", number(Math.max(0, state.position - 1)));
    remember();
    listen();
    askNews();
  } else return;
  startTicking();
  whenBack(() => {
    if (!isInLine()) return;
    state.failures = 0;
    listen();
    ask();
  });
}

start();
document.documentElement.dataset.ready = language;
performance.mark("ready");
