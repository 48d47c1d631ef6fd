// What the fan has bought, each seat with its code as a picture for the entrance.
import { call, callUntilKnown, day, element, moment, newKey, notice, root, text, won } from "./app.js";

const user = Number(root.dataset.user);
const content = document.getElementById("content");
const list = element("ul", { class: "tickets" });
let concerts = new Map();
/** The server's time of the last answer, in ms. */
let now = 0;

/** The picture is drawn by the server; the code is posted, so that no log of addresses has it. */
async function picture(code, label) {
  const answer = await fetch("/stagedoor/qr", { method: "POST", body: new URLSearchParams({ code }) });
  if (!answer.ok) return null;
  const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return document.importNode(svg, true);
}

function codeOf(seat) {
  const label = text("tickets.code", { seat: text("seats.seat", seat) });
  const place = element("li", {}, element("span", {}, text("seats.seat", seat)));
  if (seat.ticketCode) {
    place.append(element("code", {}, seat.ticketCode));
    picture(seat.ticketCode, label).then((drawn) => drawn && place.prepend(drawn)).catch(() => {});
  }
  return place;
}

function card(reservation) {
  const { concertId, date, seats, status, amount, paidAt, startsAt } = reservation;
  const concert = concerts.get(concertId);
  const zone = concert?.timeZone ?? "Asia/Seoul";
  const isPaid = status === "paid";
  const when = startsAt
    ? text("seats.starts", { time: moment(startsAt, zone, { dateStyle: "full", timeStyle: "short" }), zone })
    : text("tickets.day", { date: day(date), zone });
  const made = element("li", { class: `ticket${isPaid ? "" : " off"}` },
    element("h2", {}, concert?.title ?? ""),
    element("p", {}, when),
    element("p", { class: "hint" }, concert?.venue ?? ""),
    element("p", {}, element("span", { class: "badge" }, text(isPaid ? "tickets.paid" : "tickets.refunded")), ` ${won(amount)}`),
    element("ul", { class: "codes" }, ...seats.map((seat) => isPaid ? codeOf(seat)
      : element("li", {}, text("seats.seat", seat)))),
    isPaid && !seats.some(({ ticketCode }) => ticketCode)
      ? element("p", { class: "hint" }, text("tickets.no_codes")) : null,
    paidAt ? element("p", { class: "hint" }, text("tickets.paid_at", { time: moment(paidAt, zone) })) : null);
  const { cancelUntil } = reservation;
  if (isPaid && cancelUntil && Date.parse(cancelUntil) > now) {
    made.append(element("p", { class: "hint" }, text("tickets.cancel_until", { time: moment(cancelUntil, zone), zone })),
      element("button", { type: "button", class: "quiet", onclick: () => sure(reservation) }, text("tickets.cancel")));
  }
  return made;
}

/** Asks before money moves. */
function sure({ reservationId, amount }) {
  const yes = element("button", { type: "button", id: "cancel-yes" }, text("tickets.cancel_yes"));
  const no = element("button", { type: "button", class: "quiet", autofocus: true }, text("tickets.cancel_no"));
  const question = element("dialog", { "aria-labelledby": "question" },
    element("p", { id: "question" }, text("tickets.cancel_sure", { amount: won(amount) })),
    element("div", { class: "row" }, yes, no));
  no.addEventListener("click", () => question.close());
  yes.addEventListener("click", async () => {
    if (yes.getAttribute("aria-disabled") === "true") return;
    yes.setAttribute("aria-disabled", "true");
    try {
      await callUntilKnown("POST", `/api/reservations/${reservationId}/cancel`, { key: newKey() });
      notice("result", text("tickets.cancelled", { amount: won(amount) }));
    } catch (trouble) {
      notice("result", trouble.words ?? text("problem.unknown"), "bad");
    }
    question.close();
    await start();
    // The button that had the focus is gone; what was said stands above.
    document.getElementById("main").focus();
  });
  question.addEventListener("close", () => question.remove());
  document.body.append(question);
  question.showModal();
}

async function more(cursor) {
  const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
  const { answer, content: page } = await call("GET", `/api/${user}/reservations${query}`, { whole: true });
  const { items, nextCursor } = page;
  now = Date.parse(answer.headers.get("date")) || now;
  const shown = items.filter(({ status }) => ["paid", "refunded"].includes(status));
  list.append(...shown.map(card));
  if (nextCursor && list.children.length < 4) return more(nextCursor);
  if (nextCursor) {
    const button = element("button", { type: "button", class: "quiet" }, text("tickets.more"));
    button.addEventListener("click", () => { button.remove(); more(nextCursor); });
    content.append(button);
  }
}

async function start() {
  try {
    const { items } = await call("GET", "/api/concerts?limit=100");
    concerts = new Map(items.map((concert) => [concert.concertId, concert]));
    list.replaceChildren();
    content.replaceChildren(list);
    await more();
    if (!list.children.length) {
      content.replaceChildren(element("p", { class: "panel" }, text("tickets.none")));
    }
    content.setAttribute("aria-busy", "false");
  } catch (trouble) {
    content.replaceChildren(element("p", { class: "notice bad" }, trouble.words ?? text("problem.unknown")));
    setTimeout(() => location.reload(), trouble.retryMs ?? 5000);
  }
}

start();
