// The page with dates and seats: the map, the list beside it, the choice, and the seats that are held.
import { call, callUntilKnown, day, element, moment, newKey, notice, number, root, text, toTheLine,
  venue, wait, whenBack, won } from "./app.js";
import { blockAt, blockOf, layOut, neighbour, rowOf, seatAt } from "./hall.js";
import { hold as takeInHand } from "./hand.js";
import { Holds } from "./holds.js";
import { seatList } from "./list.js";
import { Painter, patternOf } from "./paint.js";

const MOST = 4;
/** A seat this large, in pixels, can be hit with a finger. */
const TOUCHABLE = 24;
/** How soon a concert without a date is asked for again: a refund may bring one back. */
const NO_DATES_MS = 8_000;
const user = Number(root.dataset.user);
const content = document.getElementById("content");
const parts = {};
const chosen = new Set();
let held = new Set();
/** What the map shows as the fan's own: chosen, or held already. */
const own = { has: (seat) => chosen.has(seat) || held.has(seat) };
let map, hall, states, painter, list, where = null, isChoosing = false, version = 0;

const holds = new Holds(user, () => {
  findHeld();
  for (const seat of held) chosen.delete(seat);
  drawChoice();
});

function findHeld() {
  if (!map) return;
  held = new Set(map.seats.flatMap(({ seatId }, seat) => holds.has(seatId) ? [seat] : []));
  painter.change();
}

const seatWords = (index) => text("seats.seat", map.seats[index]);

function build(concerts) {
  parts.concerts = concerts;
  parts.concert = element("select", { id: "concert", onchange: () => chooseConcert().catch(refused) },
    ...concerts.map(({ concertId, title }) => element("option", { value: concertId }, title)));
  parts.date = element("select", { id: "date", onchange: () => openDate(parts.date.value).catch(refused) });
  parts.canvas = element("canvas", {
    tabindex: 0, role: "application", "aria-label": text("seats.map"), id: "map",
  });
  parts.spoken = element("p", { class: "quietly", "aria-live": "polite" });
  parts.starts = element("p", { class: "hint" });
  parts.left = element("p", { class: "hint" });
  parts.hint = element("p", { class: "hint" }, text("seats.zoom_hint"));
  parts.legend = element("ul", { class: "legend" });
  parts.chosen = element("section", { "aria-labelledby": "chosen-title" });
  parts.best = bestForm();
  parts.list = element("div");
  const tool = (name, sign, act) => element("button",
    { type: "button", "aria-label": text(name), title: text(name), onclick: act }, sign);
  parts.whole = element("div", {},
    element("div", { class: "plan" }, parts.canvas,
      element("div", { class: "tools" },
        tool("seats.zoom_in", "+", () => painter.zoom(1.6)),
        tool("seats.zoom_out", "−", () => painter.zoom(1 / 1.6)),
        tool("seats.zoom_all", "⤢", () => painter.showAll()))),
    parts.spoken, parts.hint, parts.starts, parts.left, parts.legend, parts.list);
  content.replaceChildren(
    element("div", { class: "choice" },
      element("label", {}, text("seats.concert"), parts.concert),
      element("label", {}, text("seats.date"), parts.date)),
    element("div", { class: "hall" }, parts.whole,
      element("div", { class: "side" }, holds.panel, parts.chosen, parts.best)));
  content.setAttribute("aria-busy", "false");
  painter = new Painter(parts.canvas);
  new ResizeObserver(() => painter.resize()).observe(parts.canvas);
  takeInHand(parts.canvas, painter, { tap, key });
  document.documentElement.painter = painter;
}

async function chooseConcert() {
  content.removeAttribute("data-shown");
  where = null;
  isChoosing = true;
  const concert = parts.concert.value;
  const asked = concert ? call("GET", `/api/available-dates?concertId=${concert}`) : [];
  const dates = await Promise.resolve(asked).finally(() => { isChoosing = false; });
  if (concert !== parts.concert.value) return;
  venue.zone = parts.concerts.find(({ concertId }) => String(concertId) === concert)?.timeZone ?? venue.zone;
  parts.date.replaceChildren(...dates.map((date) => element("option", { value: date }, day(date))));
  notice("dates", dates.length ? "" : text("seats.no_dates"), "warn");
  if (!dates.length) notice("none-left", "");
  for (const part of [parts.date.parentElement, parts.whole, parts.chosen, parts.best]) part.hidden = !dates.length;
  if (dates.length) await openDate(dates[0]);
}

async function openDate(date) {
  content.removeAttribute("data-shown");
  where = `${date}?concertId=${parts.concert.value}`;
  const opened = where;
  const [newMap, status] = await Promise.all([
    call("GET", `/api/seat-map/${where}`), call("GET", `/api/seat-status/${where}`)]);
  if (opened !== where) return;
  [map, version] = [newMap, status.version];
  hall = layOut(map);
  parts.canvas.style.aspectRatio = `${hall.width} / ${hall.height}`;
  states = status.states;
  chosen.clear();
  const prices = map.prices.map(({ price }) => price);
  const levels = Uint8Array.from(map.seats, ({ price }) => prices.indexOf(price));
  painter.chosen = own;
  painter.cursor = -1;
  painter.show(hall, states, levels, map.seats.map(({ seat }) => seat), { stage: text("seats.stage") });
  parts.hint.hidden = painter.fit >= TOUCHABLE;
  const starts = moment(map.startsAt, venue.zone, { dateStyle: "full", timeStyle: "short" });
  parts.starts.textContent = text("seats.starts", { time: starts, zone: venue.zone });
  list = seatList(map, { isFree, isChosen: (seat) => chosen.has(seat), toggle });
  parts.list.replaceChildren(list.panel);
  tell(status);
  drawChoice();
  await holds.refresh();
  findHeld();
  content.dataset.shown = where;
}

const isFree = (seat) => states[seat] === "a";

/** Takes the newest states in, and says which of the chosen seats are gone. */
function tell(status) {
  states = painter.states = status.states;
  const lost = [...chosen].filter((seat) => !isFree(seat) && !holds.has(map.seats[seat].seatId));
  if (lost.length) lose(lost);
  painter.change();
  list.refresh();
  parts.left.textContent = text("seats.left", { count: number(status.left) });
  notice("none-left", status.left ? "" : text("seats.none_left"), "warn");
  drawLegend();
}

function lose(seats) {
  seats.forEach((seat) => chosen.delete(seat));
  notice("lost", seats.map((seat) => text("seats.lost", { seat: seatWords(seat) })).join(" "), "warn");
  drawChoice();
}

function drawLegend() {
  const free = new Map(map.prices.map(({ price }) => [price, 0]));
  map.seats.forEach(({ price }, seat) => isFree(seat) && free.set(price, free.get(price) + 1));
  const entries = [...free].map(([price, count], level) => {
    const swatch = element("canvas", { width: 44, height: 44, "aria-hidden": "true" });
    const brush = swatch.getContext("2d");
    brush.fillStyle = patternOf(brush, level);
    brush.beginPath();
    brush.roundRect(2, 2, 40, 40, 9);
    brush.fill();
    return element("li", {}, swatch, text("seats.level", { price: won(price), count: number(count) }));
  });
  parts.legend.replaceChildren(...entries);
}

/** Asks for the states about once a second while somebody looks. */
async function follow() {
  for (;;) {
    let pause = 1000;
    try {
      if (where && !document.hidden) pause = await look();
      else if (!where && !isChoosing) await chooseConcert();
      if (!where) pause = NO_DATES_MS;
      notice("old", "");
    } catch (trouble) {
      pause = trouble.retryMs ?? 2000;
      if (isOver(trouble)) return toTheLine();
      notice("old", trouble.code === "network" ? text("common.offline") : trouble.words ?? text("seats.old"), "warn");
    }
    await wait(pause + Math.random() * 300);
  }
}

/** One question for the states; answers how long they are good, in ms. */
async function look() {
  const asked = where;
  const status = await call("GET", `/api/seat-status/${where}`);
  if (asked === where && status.layout !== map?.layout) await openDate(where.split("?")[0]);
  else if (asked === where && status.version !== version) {
    version = status.version;
    tell(status);
  }
  return Math.max(status.expiresInMs, 500);
}

const isOver = ({ code }) => ["session_expired", "token_invalid"].includes(code);

function toggle(seat) {
  if (chosen.has(seat)) chosen.delete(seat);
  else if (!isFree(seat)) return say(seat);
  else if (chosen.size + holds.count >= MOST) return notice("most", text("seats.most"), "warn");
  else chosen.add(seat);
  notice("most", "");
  notice("lost", "");
  drawChoice();
  painter.change();
  list.refresh();
  say(seat);
}

function say(seat) {
  const { section, row, seat: name, price } = map.seats[seat];
  const state = text(own.has(seat) ? "seats.yours" : isFree(seat) ? "seats.free" : "seats.taken");
  parts.spoken.textContent = text("seats.seat_full", { section, row, seat: name, price: won(price), state });
}

/** A finger on a seat chooses it; on a hall seen from afar it comes closer. */
function tap(px, py) {
  const { x, y } = painter.point(px, py);
  const seat = seatAt(hall, x, y);
  if (seat >= 0 && painter.view.scale >= TOUCHABLE) return toggle(seat);
  const block = blockAt(hall, x, y);
  if (!block) return;
  const closer = Math.max(TOUCHABLE + 4, Math.min(painter.width / (block.width + 2), painter.height / (block.height + 3)));
  painter.lookAt(x, y, closer);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function key(event) {
  const arrow = ARROWS[event.key];
  if (arrow) {
    painter.cursor = painter.cursor < 0 ? 0 : neighbour(hall, painter.cursor, ...arrow);
    const [x, y] = [hall.xs[painter.cursor] + 0.5, hall.ys[painter.cursor] + 0.5];
    painter.lookAt(x, y, Math.max(painter.view.scale, TOUCHABLE));
    say(painter.cursor);
    return true;
  }
  if ((event.key === "Enter" || event.key === " ") && painter.cursor >= 0) {
    toggle(painter.cursor);
    return true;
  }
  return false;
}

function drawChoice() {
  const seats = [...chosen];
  const total = seats.reduce((sum, seat) => sum + map.seats[seat].price, 0);
  const entries = seats.map((seat) => element("li", {},
    element("span", {}, seatWords(seat)), element("span", {}, won(map.seats[seat].price)),
    element("button", {
      type: "button", class: "quiet", "aria-label": text("seats.remove", { seat: seatWords(seat) }),
      onclick: () => toggle(seat),
    }, "×")));
  const heading = element("h2", { id: "chosen-title" }, text("seats.chosen"));
  if (!seats.length) {
    return parts.chosen.replaceChildren(heading, element("p", { class: "hint" }, text("seats.nothing")));
  }
  parts.hold ??= element("button", { type: "button", class: "wide", id: "hold", onclick: keep }, text("seats.hold"));
  parts.chosen.replaceChildren(heading, element("ul", { class: "chips" }, ...entries),
    element("p", { class: "sum" }, element("span", {}, text("seats.total")), element("span", {}, won(total))),
    parts.hold);
}

/** Holds what is chosen. Who loses a seat to somebody else keeps the rest, at once. */
async function keep() {
  const seats = [...chosen];
  if (!seats.length || parts.hold.getAttribute("aria-disabled") === "true") return;
  parts.hold.setAttribute("aria-disabled", "true");
  try {
    const [seatId, ...more] = seats.map((seat) => map.seats[seat].seatId);
    await reserve({ userId: user, ...(more.length ? { seatIds: [seatId, ...more] } : { seatId }) });
  } catch (trouble) {
    const gone = trouble.code === "seat_taken" ? trouble.problem.seatIds ?? [] : [];
    const lost = seats.filter((seat) => gone.includes(map.seats[seat].seatId));
    if (!lost.length) return refused(trouble);
    lose(lost);
    parts.hold.removeAttribute("aria-disabled");
    return chosen.size ? keep() : notice("lost", text("seats.lost_all"), "warn");
  } finally {
    parts.hold.removeAttribute("aria-disabled");
  }
}

async function reserve(body) {
  const unsure = (trouble) => notice("unsure", trouble.words, "warn");
  const held = await callUntilKnown("POST", "/api/reserve", { body, key: newKey() }, unsure);
  notice("unsure", "");
  notice("refused", "");
  await holds.refresh();
  holds.panel.querySelector("a, button")?.focus();
  return held;
}

function refused(trouble) {
  if (isOver(trouble)) return toTheLine();
  notice("refused", trouble.words ?? text("problem.unknown"), "bad");
}

function bestForm() {
  const count = element("select", { id: "best-count" },
    ...[1, 2, 3, 4].map((value) => element("option", { value, selected: value === 2 }, String(value))));
  const words = () => text("seats.best_button", { count: count.value });
  const button = element("button", { type: "button", class: "wide", id: "best" }, words());
  count.addEventListener("change", () => { button.textContent = words(); });
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    const [date] = where.split("?");
    const body = { userId: user, date, count: Number(count.value), concertId: Number(parts.concert.value) };
    await reserve(body).catch((trouble) => refused(trouble));
    button.removeAttribute("aria-disabled");
  });
  return element("section", { "aria-labelledby": "best-title" },
    element("h2", { id: "best-title" }, text("seats.best")),
    element("label", {}, text("seats.best_count"), count), button);
}

async function start() {
  try {
    const { items } = await call("GET", "/api/concerts?limit=100");
    build(items.filter(({ queue }) => queue === root.dataset.queue));
    await chooseConcert();
    whenBack(() => holds.refresh());
    follow();
  } catch (trouble) {
    if (isOver(trouble)) return toTheLine();
    content.replaceChildren(element("p", { class: "notice bad" }, trouble.words ?? text("problem.unknown")));
    setTimeout(() => location.reload(), trouble.retryMs ?? 5000);
    if (!trouble.words) throw trouble;
  }
}

start();
