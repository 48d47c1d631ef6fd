// Balance, top-up and payment. Each payment has one key, kept until its answer is known: a double
// click, a reload and a lost answer all ask about the same payment.
import { call, callUntilKnown, deadline, element, memory, minutes, newKey, notice, root, text, whenBack,
  won } from "./app.js";
import { liveHolds } from "./holds.js";

const STEPS = [10_000, 50_000, 100_000, 500_000];
const user = Number(root.dataset.user);
const content = document.getElementById("content");
const state = { balance: 0, holds: [], end: null, isBusy: false };

const due = () => state.holds.reduce((sum, { amount }) => sum + amount, 0);
/** What is to be paid; while it is the same, the key is the same. */
const bill = () => state.holds.map(({ reservationId }) => reservationId).sort().join();

function keyOf(name) {
  const [bound, known] = (memory.get("payment") ?? "").split("|");
  if (bound === name && known) return known;
  const key = newKey();
  memory.set("payment", `${name}|${key}`);
  return key;
}

async function refresh() {
  const [{ balance }, holds] = await Promise.all([call("GET", `/api/${user}/balance`), liveHolds(user)]);
  state.balance = balance;
  state.holds = holds;
  state.end = holds.length ? deadline(Math.min(...holds.map(({ expiresInMs }) => expiresInMs))) : null;
  draw();
}

function draw() {
  content.setAttribute("aria-busy", "false");
  content.replaceChildren(element("div", { class: "columns" }, bought(), wallet()));
}

function bought() {
  const heading = element("h2", {}, text("payment.due"));
  if (!state.holds.length) {
    return element("section", { class: "panel" }, heading,
      element("p", {}, text("payment.nothing")),
      element("p", {}, element("a", { class: "button", href: "/stagedoor/seats" }, text("payment.to_seats"))));
  }
  state.clock = element("strong", { class: "countdown", role: "timer" }, minutes(state.end.left()));
  const seats = state.holds.flatMap((hold) => hold.seats);
  const missing = due() - state.balance;
  const pay = element("button", {
    type: "button", class: "wide", id: "pay", "aria-disabled": missing > 0 ? "true" : null, onclick: payNow,
  }, text("payment.pay", { amount: won(due()) }));
  return element("section", { class: "panel" }, heading,
    element("p", { class: "amount" }, won(due())),
    element("ul", { class: "chips" }, ...seats.map((seat) => element("li", {},
      element("span", {}, text("seats.seat", seat)), element("span", {}, won(seat.price))))),
    element("p", { class: "sum" }, element("span", {}, text("payment.kept_for")), state.clock),
    missing > 0 ? element("p", { class: "notice warn" }, text("problem.insufficient_balance")) : null,
    pay);
}

function wallet() {
  const missing = due() - state.balance;
  const steps = missing > 0 ? [missing, ...STEPS] : STEPS;
  const buttons = [...new Set(steps)].map((amount) => element("button",
    { type: "button", class: "quiet", "data-top-up": amount, onclick: () => topUp(amount) },
    text("payment.top_up_by", { amount: won(amount) })));
  return element("section", { class: "panel" }, element("h2", {}, text("payment.balance")),
    element("p", { class: "amount", "data-balance": state.balance }, won(state.balance)),
    missing > 0 ? element("p", { class: "sum" }, element("span", {}, text("payment.missing")),
      element("span", {}, won(missing))) : null,
    element("h2", {}, text("payment.top_up")), element("p", { class: "hint" }, text("payment.top_up_lead")),
    element("div", { class: "row" }, ...buttons));
}

const unsure = (trouble) => notice("unsure",
  trouble.code === "network" ? text("payment.unsure") : trouble.words, "warn");

/** One thing at a time: a second click while the first is on its way does nothing. */
async function alone(act) {
  if (state.isBusy) return;
  state.isBusy = true;
  content.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  try {
    notice("result", "");
    await act();
  } catch (trouble) {
    if (!trouble.words) throw trouble;
    notice("result", trouble.words, "bad");
    await refresh().catch(() => draw());
  } finally {
    state.isBusy = false;
    notice("unsure", "");
  }
}

function topUp(amount) {
  return alone(async () => {
    await callUntilKnown("POST", `/api/${user}/charge`, { body: { amount }, key: newKey() }, unsure);
    await refresh();
    notice("result", text("payment.topped_up", { amount: won(amount) }));
    (content.querySelector("#pay:not([aria-disabled])") ?? content.querySelector("[data-top-up]"))?.focus();
  });
}

function payNow() {
  if (due() > state.balance) return notice("result", text("problem.insufficient_balance"), "warn");
  return alone(async () => {
    content.querySelector("#pay").textContent = text("payment.paying");
    const body = { userId: user, amount: due() };
    await callUntilKnown("POST", "/api/process", { body, key: keyOf(bill()) }, unsure);
    memory.set("payment", null);
    paid();
  });
}

function paid() {
  state.end = null;
  const heading = element("h2", { tabindex: -1 }, text("payment.paid"));
  content.replaceChildren(element("section", { class: "panel", id: "paid" }, heading,
    element("p", {}, element("a", { class: "button", href: "/stagedoor/tickets" }, text("payment.to_tickets")))));
  heading.focus();
}

function tick() {
  if (!state.end || state.isBusy) return;
  state.clock.textContent = minutes(state.end.left());
  if (state.end.left() > 0) return;
  state.end = null;
  notice("result", text("payment.lapsed"), "warn");
  refresh();
}

async function start() {
  try {
    await refresh();
    setInterval(tick, 500);
    whenBack(() => state.isBusy || content.querySelector("#paid") || refresh().catch(() => {}));
  } catch (trouble) {
    content.replaceChildren(element("p", { class: "notice bad" }, trouble.words ?? text("problem.unknown")));
    setTimeout(() => location.reload(), trouble.retryMs ?? 5000);
  }
}

start();
