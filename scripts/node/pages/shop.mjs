// The box office: from the line to the ticket in both languages and sizes, by keyboard alone, and
// with two fans after the same seat.
import assert from "node:assert/strict";
import { balance, enter, hold, mapReady, ready, tabTo, tapSeat } from "./steps.mjs";

async function journey(stage, size, locale) {
  const fan = await stage.fan({ size, locale });
  const { page } = fan;
  await enter(stage, fan);
  assert.equal(await page.locator("html").getAttribute("lang"), locale.slice(0, 2));
  await tapSeat(page);
  await tapSeat(page, 11);
  await page.locator(".chips li").nth(1).waitFor();
  await stage.mustBeAccessible(page, `seats, ${size}`);
  await hold(page);
  await page.locator("#pay-link").click();
  await ready(page);
  await stage.mustBeAccessible(page, `payment, ${size}`);
  await page.locator("[data-top-up]").first().click();
  await page.locator("#pay:not([aria-disabled])").waitFor();
  const before = await balance(page);
  await page.locator("#pay").dblclick();
  await page.locator("#paid").waitFor();
  await stage.mustBeAccessible(page, `paid, ${size}`);
  await page.locator("#paid a").click();
  await page.locator(".ticket").first().waitFor();
  assert.equal(await page.locator(".codes li").count(), 2);
  await stage.mustBeAccessible(page, `tickets, ${size}`);
  await page.goto(`${stage.address}/stagedoor/payment`);
  await ready(page);
  assert.equal(before - (await balance(page)), 20_000, "a double click pays once");
  await fan.context.close();
}

export const the_whole_journey_on_a_phone_in_korean = (stage) => journey(stage, "phone", "ko-KR");
export const the_whole_journey_on_a_desktop_in_english = (stage) => journey(stage, "desktop", "en-GB");

export async function of_two_fans_after_a_seat_one_is_told_and_keeps_the_rest(stage) {
  const [one, other] = [await stage.fan(), await stage.fan({ size: "phone" })];
  await enter(stage, one, 1);
  await enter(stage, other, 1);
  const seat = await tapSeat(one.page);
  assert.equal(await tapSeat(other.page), seat, "both want it");
  await tapSeat(other.page, seat + 3);
  // The other's map may not learn of it before the other asks for the seats.
  await other.page.route("**/api/seat-status/**", (route) => route.abort());
  await hold(one.page);
  await hold(other.page);
  assert.match(await other.page.locator("[data-notice=lost]").innerText(), /has just gone to somebody else/);
  assert.equal(await other.page.locator("#held .chips li").count(), 1, "the rest is kept");
  await other.page.locator("#release").click();
  await other.page.locator("#held").waitFor({ state: "hidden" });
  for (const fan of [one, other]) await fan.context.close();
}

export async function a_seat_taken_meanwhile_leaves_the_choice_by_itself(stage) {
  const [one, other] = [await stage.fan(), await stage.fan()];
  await enter(stage, one, 2);
  await enter(stage, other, 2);
  await tapSeat(one.page, 20);
  await tapSeat(other.page, 20);
  await hold(one.page);
  await other.page.locator("[data-notice=lost]").waitFor();
  assert.equal(await other.page.locator("#hold").count(), 0);
  for (const fan of [one, other]) await fan.context.close();
}

export async function a_lost_answer_is_asked_again_with_the_same_key_and_pays_once(stage) {
  const fan = await stage.fan();
  await enter(stage, fan, 3);
  await tapSeat(fan.page);
  await hold(fan.page);
  await fan.page.goto(`${stage.address}/stagedoor/payment`);
  await fan.page.locator("[data-top-up]").first().click();
  await fan.page.locator("#pay:not([aria-disabled])").waitFor();
  const before = await balance(fan.page);
  const keys = [];
  await fan.page.route("**/api/process", async (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await fan.page.locator("#pay").click();
  await fan.page.locator("[data-notice=unsure]").waitFor();
  await fan.page.locator("#paid").waitFor();
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  await fan.page.goto(`${stage.address}/stagedoor/payment`);
  await ready(fan.page);
  assert.equal(before - (await balance(fan.page)), 10_000);
  await fan.context.close();
}

export async function the_keyboard_is_enough(stage) {
  const fan = await stage.fan();
  const { page } = fan;
  await page.goto(`${stage.address}/stagedoor/line?back=/stagedoor/seats`);
  await tabTo(page, "section:not([hidden]) input[name=user]");
  await page.keyboard.type(String(fan.user));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/stagedoor\/seats/);
  await mapReady(page);
  await tabTo(page, "#concert");
  await tabTo(page, "#date");
  await page.keyboard.press("End");
  await mapReady(page);
  await tabTo(page, "#map");
  await page.keyboard.press("ArrowDown");
  do await page.keyboard.press("ArrowRight");
  while (!(await page.locator("[aria-live=polite]").innerText()).endsWith("free"));
  await page.keyboard.press("Enter");
  await tabTo(page, "#hold");
  await page.keyboard.press("Enter");
  await page.locator("#held:not([hidden])").waitFor();
  await page.waitForFunction(() => document.activeElement.id === "pay-link");
  await page.keyboard.press("Enter");
  await ready(page);
  await tabTo(page, "[data-top-up]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "pay");
  await page.keyboard.press("Enter");
  await page.locator("#paid").waitFor();
  await tabTo(page, "#paid a");
  await page.keyboard.press("Enter");
  await page.locator(".ticket").first().waitFor();
  await fan.context.close();
}
