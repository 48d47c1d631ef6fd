// What the fan holds: shown with the time that is left, by the server's clock.
import { call, deadline, element, minutes, notice, text, won } from "./app.js";

/** The reservations that still hold seats. */
export async function liveHolds(user) {
  const { items } = await call("GET", `/api/${user}/reservations`);
  return items.filter(({ status, expiresInMs }) => status === "reserved" && expiresInMs > 0);
}

export class Holds {
  constructor(user, onHeld) {
    this.user = user;
    this.onHeld = onHeld;
    this.list = [];
    this.panel = element("section", { id: "held", hidden: true, "aria-labelledby": "held-title" });
    setInterval(() => this.tick(), 500);
  }

  get count() {
    return this.list.reduce((sum, { seats }) => sum + seats.length, 0);
  }

  has(seatId) {
    return this.list.some(({ seats }) => seats.some((seat) => seat.seatId === seatId));
  }

  async refresh() {
    const before = this.count;
    this.list = await liveHolds(this.user).catch(() => this.list);
    const first = Math.min(...this.list.map(({ expiresInMs }) => expiresInMs));
    this.end = this.list.length ? deadline(first) : null;
    if (this.count !== before) this.onHeld();
    this.draw();
  }

  draw() {
    this.panel.hidden = !this.list.length;
    if (!this.list.length) return;
    this.clock = element("strong", { class: "countdown", role: "timer" }, minutes(this.end.left()));
    const seats = this.list.flatMap((hold) => hold.seats);
    const total = this.list.reduce((sum, { amount }) => sum + amount, 0);
    const give = element("button", { type: "button", class: "quiet wide", id: "release" }, text("seats.release"));
    give.addEventListener("click", () => this.release(give));
    this.panel.replaceChildren(
      element("h2", { id: "held-title" }, text("seats.held")),
      element("ul", { class: "chips" }, ...seats.map((seat) => element("li", {},
        element("span", {}, text("seats.seat", seat)), element("span", {}, won(seat.price))))),
      element("p", { class: "sum" }, element("span", {}, text("seats.total")), element("span", {}, won(total))),
      element("p", { class: "sum" }, element("span", {}, text("seats.held_left")), this.clock),
      element("a", { class: "button wide", href: "/stagedoor/payment", id: "pay-link" }, text("seats.to_payment")),
      element("p", {}, give));
  }

  async release(button) {
    button.setAttribute("aria-disabled", "true");
    try {
      for (const { reservationId } of this.list) await call("DELETE", `/api/reserve/${reservationId}`);
      notice("held", text("seats.released"));
    } catch (trouble) {
      notice("held", trouble.words ?? text("problem.unknown"), "bad");
    }
    await this.refresh();
  }

  tick() {
    if (!this.end) return;
    this.clock.textContent = minutes(this.end.left());
    if (this.end.left() > 0) return;
    this.end = null;
    notice("held", text("seats.held_over"), "warn");
    this.refresh();
  }
}
