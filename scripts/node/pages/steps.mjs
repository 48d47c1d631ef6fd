// Steps that several tests of the pages take.
import assert from "node:assert/strict";

export const HALL = { label: "Evening in the Hall" };
export const balance = (page) => page.locator("[data-balance]").getAttribute("data-balance").then(Number);
export const ready = (page) => page.locator('#content[aria-busy="false"]').waitFor();
/** The waiting page shows this. */
export const waitScene = (page, scene) => page.locator(`#line[data-scene="${scene}"]`).waitFor();
/** The map of the concert and date that are chosen is the one that is shown. */
export const mapReady = (page) => page.waitForFunction(() => {
  const [date, concert] = ["date", "concert"].map((id) => document.getElementById(id)?.value);
  return date && document.getElementById("content").dataset.shown === `${date}?concertId=${concert}`;
});

/** Through the line to the seats of one night of the hall. */
export async function enter(stage, fan, night) {
  await stage.join(fan, "/stagedoor/line?back=/stagedoor/seats");
  await fan.page.waitForURL(/\/stagedoor\/seats/);
  await mapReady(fan.page);
  await fan.page.locator("#concert").selectOption(HALL);
  await mapReady(fan.page);
  if (night) await fan.page.locator("#date").selectOption({ index: night });
  await mapReady(fan.page);
}

/** Taps the first free seat from `nth` on where it is drawn, as a finger would. */
export async function tapSeat(page, nth = 0) {
  const spot = await page.evaluate((from) => {
    const { painter } = document.documentElement;
    const seat = [...painter.states].findIndex((state, index) => state === "a" && index >= from);
    painter.lookAt(painter.hall.xs[seat] + 0.5, painter.hall.ys[seat] + 0.5, Math.max(painter.fit, 30));
    const { view } = painter;
    return { seat, x: (painter.hall.xs[seat] + 0.5 - view.x) * view.scale, y: (painter.hall.ys[seat] + 0.5 - view.y) * view.scale };
  }, nth);
  await page.locator("#map").click({ position: { x: spot.x, y: spot.y } });
  return spot.seat;
}

export async function hold(page) {
  await page.locator("#hold").click();
  await page.locator("#held:not([hidden])").waitFor();
  assert.match(await page.locator("#held .countdown").innerText(), /^[45]:\d\d$/);
}

/** Presses Tab until the thing is focused. */
export async function tabTo(page, selector) {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  assert.fail(`${selector} cannot be reached with Tab`);
}
