// The seats as a list: section, row, seat. The same choice as on the map, without a picture.
import { element, number, text, won } from "./app.js";

export function seatList(map, { isFree, isChosen, toggle }) {
  const free = ({ first, count }) => {
    let sum = 0;
    for (let seat = first; seat < first + count; seat++) sum += isFree(seat) ? 1 : 0;
    return sum;
  };
  const cheapest = ({ first, count }) => Math.min(...map.seats.slice(first, first + count).map(({ price }) => price));
  const section = element("select", { onchange: () => drawRows() });
  const row = element("select", { onchange: () => drawSeats() });
  const seats = element("div", { class: "seats-of-row", role: "group", "aria-label": text("seats.row") });
  const panel = element("details", { class: "panel" }, element("summary", {}, text("seats.list")),
    element("label", {}, text("seats.section"), section), element("label", {}, text("seats.row"), row), seats);
  panel.addEventListener("toggle", () => refresh());

  const chosenSection = () => map.sections[section.selectedIndex];
  const chosenRow = () => chosenSection().rows[row.selectedIndex];

  function options(select, entries) {
    const before = Math.max(select.selectedIndex, 0);
    select.replaceChildren(...entries.map((entry, index) => element("option", { value: index }, entry)));
    select.selectedIndex = Math.min(before, entries.length - 1);
  }

  function drawSections() {
    options(section, map.sections.map((entry) => text("seats.section_option",
      { section: entry.section, count: number(free(entry)), price: won(cheapest(entry)) })));
  }

  function drawRows() {
    options(row, chosenSection().rows.map((entry) => text("seats.row_option", { row: entry.row, count: free(entry) })));
    drawSeats();
  }

  function drawSeats() {
    const { first, count } = chosenRow();
    const shown = Array.from({ length: count }, (_, index) => first + index)
      .filter((seat) => isFree(seat) || isChosen(seat));
    const buttons = shown.map((seat) => {
      const { section: name, row: line, seat: label, price } = map.seats[seat];
      const state = text(isChosen(seat) ? "seats.yours" : "seats.free");
      const full = text("seats.seat_full", { section: name, row: line, seat: label, price: won(price), state });
      return element("button", {
        type: "button", "data-seat": seat, "aria-pressed": String(isChosen(seat)), onclick: () => toggle(seat),
      }, element("span", { "aria-hidden": "true" }, label), element("span", { class: "quietly" }, full));
    });
    const focused = seats.contains(document.activeElement) ? document.activeElement.dataset.seat : null;
    seats.replaceChildren(...(buttons.length ? buttons : [element("p", { class: "hint" }, text("seats.none_free"))]));
    if (focused) seats.querySelector(`[data-seat="${focused}"]`)?.focus();
  }

  /** Only while it is open: nobody reads a closed list. */
  function refresh() {
    if (!panel.open) return;
    drawSections();
    drawRows();
  }

  return { panel, refresh };
}
