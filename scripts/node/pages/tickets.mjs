// What was bought: the best seats by one button, the codes as a scanner reads them, the refund.
import assert from "node:assert/strict";
import jsqr from "jsqr";
import { program } from "./annex.mjs";
import { balance, enter, ready, tabTo } from "./steps.mjs";

/** Has so many of the best seats held by the one button. */
async function holdBest(page, count) {
  await page.locator("#best-count").selectOption(String(count));
  await page.locator("#best").click();
  await page.locator("#held:not([hidden])").waitFor();
}

/** Buys them, and goes to the tickets. */
async function buyBest(stage, fan, night, count) {
  await enter(stage, fan, night);
  await holdBest(fan.page, count);
  await fan.page.locator("#pay-link").click();
  await fan.page.locator("[data-top-up]").first().click();
  await fan.page.locator("#pay:not([aria-disabled])").click();
  await fan.page.locator("#paid a").click();
  await fan.page.locator(".ticket .codes svg").nth(count - 1).waitFor();
}

/** What a scanner at the door sees on the fan's screen. */
async function scan(stage, picture) {
  const screen = (await picture.screenshot()).toString("base64");
  const scanner = await stage.browser.newPage();
  const { data, width, height } = await scanner.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const brush = new OffscreenCanvas(image.width, image.height).getContext("2d");
    brush.drawImage(image, 0, 0);
    const { data: pixels } = brush.getImageData(0, 0, image.width, image.height);
    return { data: [...pixels], width: image.width, height: image.height };
  }, screen);
  await scanner.close();
  return jsqr.default(Uint8ClampedArray.from(data), width, height)?.data;
}

export async function the_best_seats_are_held_by_one_button_whatever_the_fans_clock_says(stage) {
  const fan = await stage.fan({ size: "phone", locale: "ko-KR", colorScheme: "dark" });
  await fan.context.addInitScript(() => {
    const Real = Date;
    const now = () => Real.now() + 3 * 3_600_000;
    globalThis.Date = class extends Real {
      constructor(...given) { super(...(given.length ? given : [now()])); }
      static now() { return now(); }
    };
  });
  await enter(stage, fan, 4);
  await holdBest(fan.page, 3);
  assert.match(await fan.page.locator("#held .countdown").innerText(), /^[45]:\d\d$/);
  const seats = await fan.page.locator("#held .chips li span:first-child").allInnerTexts();
  const numbers = seats.map((seat) => Number(/(\d+)번$/.exec(seat)[1])).sort((one, other) => one - other);
  assert.deepEqual(numbers, [numbers[0], numbers[0] + 1, numbers[0] + 2], "side by side");
  assert.equal(new Set(seats.map((seat) => /(\S+)열/.exec(seat)[1])).size, 1, "in one row");
  await fan.page.waitForFunction(() => document.activeElement.id === "pay-link");
  await fan.page.locator("summary").click();
  await stage.mustBeAccessible(fan.page, "seats that are held, and the list");
  await fan.page.locator("#best").click();
  await fan.page.locator("[data-notice=refused]").waitFor();
  await stage.mustBeAccessible(fan.page, "a refused wish");
  await fan.page.locator("#release").click();
  await fan.page.locator("#held").waitFor({ state: "hidden" });
  await fan.context.close();
}

export async function each_ticket_has_a_code_that_a_scanner_reads_and_the_door_knows(stage) {
  for (const colorScheme of ["light", "dark"]) {
    const fan = await stage.fan({ size: "phone", colorScheme });
    await buyBest(stage, fan, 5, 2);
    const tickets = fan.page.locator(".codes li");
    assert.equal(await tickets.count(), 2);
    for (const ticket of await tickets.all()) {
      const code = await ticket.locator("code").innerText();
      assert.equal(await scan(stage, ticket.locator("svg")), code);
      const seat = await ticket.locator("span").innerText();
      assert.equal(await ticket.locator("svg").getAttribute("aria-label"), `Ticket code for ${seat}`);
      const door = await program("booking", "ticket", "verify", code);
      assert.match(door.said, /^valid: /);
    }
    await fan.context.close();
  }
}

export async function a_purchase_is_cancelled_by_keyboard_and_the_money_is_back(stage) {
  const fan = await stage.fan({ locale: "en-GB" });
  const { page } = fan;
  await buyBest(stage, fan, 6, 2);
  const code = await page.locator(".codes code").first().innerText();
  await page.goto(`${stage.address}/stagedoor/payment`);
  await ready(page);
  const before = await balance(page);
  await page.goto(`${stage.address}/stagedoor/tickets`);
  await page.locator(".ticket").waitFor();
  await tabTo(page, ".ticket button");
  await page.keyboard.press("Enter");
  await page.locator("dialog[open]").waitFor();
  assert.match(await page.evaluate(() => document.activeElement.textContent), /keep them/, "no is nearest");
  await stage.mustBeAccessible(page, "the question before a refund");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.ok(await page.evaluate(() => document.activeElement.matches(".ticket button")), "back where it was");
  assert.match((await program("booking", "ticket", "verify", code)).said, /^valid: /);
  await page.keyboard.press("Enter");
  await tabTo(page, "#cancel-yes");
  await page.keyboard.press("Enter");
  await page.locator(".ticket.off").waitFor();
  assert.match(await page.locator("[data-notice=result]").innerText(), /₩20,000 is back/);
  assert.equal(await page.locator(".ticket button, .codes svg").count(), 0, "nothing to show or to cancel");
  await page.waitForFunction(() => document.activeElement.id === "main");
  await stage.mustBeAccessible(page, "a refunded purchase");
  assert.match((await program("booking", "ticket", "verify", code)).said, /^refunded, not valid/);
  await page.goto(`${stage.address}/stagedoor/payment`);
  await ready(page);
  assert.equal((await balance(page)) - before, 20_000);
  await fan.context.close();
}
