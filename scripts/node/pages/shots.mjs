// Takes a picture of every page and state of the gateway at ADDRESS into FOLDER; with a word, only
// those of the scenes that have it in their name.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Annex } from "./annex.mjs";
import { Cable, Stage, settle } from "./stage.mjs";
import { enter, hold, ready, tapSeat, waitScene } from "./steps.mjs";

const [address, folder, only = ""] = process.argv.slice(2);
const stage = await Stage.open(address);
mkdirSync(folder, { recursive: true });

async function shot(fan, name) {
  await fan.page.waitForTimeout(300);
  await fan.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  console.log(name);
}

const phone = (more) => stage.fan({ size: "phone", deviceScaleFactor: 1.5, ...more });
const shown = (fan) => fan.page.locator("#content[data-shown]").waitFor();
const scene = (fan, name) => waitScene(fan.page, name);
const there = (fan, selector) => fan.page.locator(selector).first().waitFor();
/** A hold runs five minutes; a machine under load may say so later. */
const HOLD_MS = 400_000;

await stage.reopen();
const scenes = { waitingPages, boxOffice, troubles, rivals, refund, outages, lastSeats };
const lapsing = only ? null : await letLapse();
for (const [name, play] of Object.entries(scenes)) if (name.includes(only)) await play();
if (lapsing) await lapsed(lapsing);
await stage.close();

/** Someone who holds a seat and then does nothing, with the map in one tab and the bill in another. */
async function letLapse() {
  const fan = await phone();
  await enter(stage, fan, 9);
  await tapSeat(fan.page);
  await hold(fan.page);
  const bill = { page: await fan.context.newPage() };
  await bill.page.goto(`${address}/stagedoor/payment?lang=ko`);
  await there(bill, "#pay");
  return { fan, bill };
}

async function lapsed({ fan, bill }) {
  await fan.page.locator("[data-notice=held]").waitFor({ timeout: HOLD_MS });
  await shot(fan, "hold-over-en-phone");
  await bill.page.locator("[data-notice=result]").waitFor();
  await shot(bill, "payment-hold-over-ko-phone");
  await fan.context.close();
}

async function waitingPages() {
  await stage.reopen();
  await settle();
  const ko = await phone({ locale: "ko-KR" });
  const en = await stage.fan({ colorScheme: "dark" });
  await ko.page.goto(`${address}/stagedoor/line`);
  await shot(ko, "join-ko-phone");
  await stage.operate({ mode: "open", max_active: 1, promote_per_second: 1 });
  await settle();
  await stage.issue(stage.newUser());
  const crowd = await Promise.all(Array.from({ length: 240 }, () => stage.issue(stage.newUser())));
  // Who goes quiet is passed over: these stay.
  const staying = setInterval(() => crowd.forEach(({ userId, token }) =>
    stage.call("GET", `/api/status/${userId}`, undefined, token).catch(() => {})), 5_000);
  await stage.join(ko, "/stagedoor/line?back=/stagedoor/seats");
  await scene(ko, "waiting");
  await stage.join(en);
  await scene(en, "waiting");
  await stage.operate({ max_active: 5000, promote_per_second: 6 });
  await new Promise((done) => setTimeout(done, 18_000));
  await stage.operate({ promote_per_second: 2 });
  await shot(ko, "waiting-ko-phone");
  await shot(en, "waiting-en-desktop-dark");
  await stage.shut();
  await ko.page.locator("[data-show=paused]").waitFor();
  await shot(ko, "paused-ko-phone");
  const still = await stage.fan({ javaScriptEnabled: false });
  await stage.join(still);
  await shot(still, "waiting-en-without-script");
  const cable = await Cable.lay(address);
  const lost = await phone();
  const there = await stage.issue(lost.user);
  await lost.context.addCookies([{ name: "stagedoor_token", value: there.token, url: cable.address }]);
  await lost.page.goto(`${cable.address}/stagedoor/line`);
  cable.cut();
  await lost.page.locator("[data-notice=offline]").waitFor();
  await shot(lost, "no-network-en-phone");
  cable.remove();
  clearInterval(staying);
  await stage.reopen();
  await scene(ko, "turn");
  await shot(ko, "turn-ko-phone");
  for (const fan of [en, still, lost, ko]) await fan.context.close();
}

async function boxOffice() {
  const fan = await phone({ locale: "ko-KR", colorScheme: "dark" });
  const wide = await stage.fan();
  for (const one of [fan, wide]) {
    await stage.join(one, "/stagedoor/line?back=/stagedoor/seats");
    await one.page.waitForURL(/seats/);
    await shown(one);
    await shot(one, one === fan ? "hall-ko-phone-dark" : "hall-en-desktop");
    await one.page.locator("#concert").selectOption({ index: 1 });
    await shown(one);
    await shot(one, one === fan ? "arena-ko-phone-dark" : "arena-en-desktop");
  }
  await wide.page.evaluate(() => {
    const { painter } = document.documentElement;
    painter.lookAt(painter.hall.width / 2, 22, 30);
  });
  const { x, y, width, height } = await wide.page.locator("#map").boundingBox();
  for (const dx of [-90, -60]) await wide.page.mouse.click(x + width / 2 + dx, y + height / 2);
  await wide.page.locator("summary").click();
  await shot(wide, "seats-chosen-en-desktop");
  await wide.page.locator("#hold").click();
  await wide.page.locator("#held:not([hidden])").waitFor();
  await shot(wide, "seats-held-en-desktop");
  await wide.page.locator("#pay-link").click();
  await wide.page.locator("[data-top-up]").first().waitFor();
  await shot(wide, "payment-en-desktop");
  await wide.page.locator("[data-top-up]").first().click();
  await wide.page.locator("#pay:not([aria-disabled])").waitFor();
  await wide.page.locator("#pay").click();
  await wide.page.locator("#paid").waitFor();
  await shot(wide, "paid-en-desktop");
  await wide.page.goto(`${address}/stagedoor/tickets`);
  await wide.page.locator(".ticket").first().waitFor();
  await wide.page.waitForTimeout(700);
  await shot(wide, "tickets-en-desktop");
  await wide.page.goto(`${address}/stagedoor/tickets?lang=ko`);
  await wide.page.setViewportSize({ width: 390, height: 844 });
  await wide.page.locator(".ticket").first().waitFor();
  await wide.page.waitForTimeout(700);
  await shot(wide, "tickets-ko-phone");
  await wide.page.goto(`${address}/stagedoor/line`);
  await scene(wide, "over");
  await shot(wide, "session-over-ko-phone");
  for (const one of [fan, wide]) await one.context.close();
}

async function troubles() {
  const fan = await phone();
  await stage.operate({ mode: "closed" });
  await settle();
  await stage.join(fan);
  await scene(fan, "closed");
  await shot(fan, "closed-en-phone");
  await stage.reopen();
  await settle();
  await stage.join(fan);
  for (let hurry = 0; hurry < 12; hurry++) {
    await fan.page.goto(`${address}/stagedoor/line`);
    if (await fan.page.locator('#line[data-scene="too-fast"]').count()) break;
  }
  await shot(fan, "too-fast-en-phone");
  await fan.context.close();
}

/** Two fans after the same seat: the second is told, and keeps the other. */
async function rivals() {
  const [first, second] = [await stage.fan(), await phone()];
  for (const fan of [first, second]) await enter(stage, fan, 7);
  const seat = await tapSeat(first.page, 3);
  await tapSeat(second.page, seat + 1);
  await tapSeat(second.page, seat);
  await hold(first.page);
  await there(second, "[data-notice=lost]");
  await second.page.locator("[data-notice=lost]").scrollIntoViewIfNeeded();
  await shot(second, "seat-lost-en-phone");
  for (const fan of [first, second]) await fan.context.close();
}

async function refund() {
  const fan = await stage.fan();
  await enter(stage, fan, 8);
  await fan.page.locator("#best").click();
  await fan.page.locator("#pay-link").click();
  await fan.page.locator("[data-top-up]").first().click();
  await fan.page.locator("#pay:not([aria-disabled])").click();
  await fan.page.locator("#paid a").click();
  await there(fan, ".codes svg");
  await fan.page.locator(".ticket button").click();
  await there(fan, "dialog[open]");
  await shot(fan, "refund-question-en-desktop");
  await fan.page.locator("#cancel-yes").click();
  await there(fan, ".ticket.off");
  await shot(fan, "refunded-en-desktop");
  await fan.context.close();
}

/** First Redis is away from a gateway, then the box office. */
async function outages() {
  const annex = await Annex.open(stage);
  await annex.shut();
  await Promise.all(Array.from({ length: 40 }, () => annex.issue(annex.newUser())));
  const [fan, late] = [await phone(), await phone({ locale: "ko-KR" })];
  await annex.join(fan, "/stagedoor/line?back=/stagedoor/seats");
  await scene(fan, "waiting");
  annex.toRedis.cut();
  await there(fan, "[data-show=stale]:not([hidden])");
  await shot(fan, "stale-en-phone");
  await annex.join(late);
  await scene(late, "unreachable");
  await shot(late, "unreachable-ko-phone");
  annex.toRedis.mend();
  await annex.reopen();
  await shown(fan);
  annex.toShop.cut();
  await there(fan, "[data-notice=old]");
  await shot(fan, "seats-without-box-office-en-phone");
  await fan.page.goto(`${annex.address}/api/concerts?lang=ko`);
  await there(fan, "#trouble");
  await shot(fan, "trouble-ko-phone");
  for (const one of [fan, late]) await one.context.close();
  await annex.close();
}

/** A queue with four seats to sell: hope, a warning, the end. */
async function lastSeats() {
  const annex = await Annex.open(stage, "attic");
  await annex.sell("An Hour in the Attic", 4);
  await annex.operate({ mode: "open", max_active: 1, promote_per_second: 200 });
  await settle();
  const [buyer, late] = [await stage.fan(), await phone()];
  await annex.join(buyer, "/stagedoor/line?back=/stagedoor/seats");
  await shown(buyer);
  for (let others = 0; others < 6; others++) await annex.issue(annex.newUser());
  await annex.join(late, "/stagedoor/line?back=/stagedoor/seats");
  await there(late, "[data-show=unlikely]:not([hidden])");
  await shot(late, "unlikely-en-phone");
  await buyer.page.locator("#best-count").selectOption("4");
  await buyer.page.locator("#best").click();
  await there(buyer, "[data-notice=none-left]");
  await shot(buyer, "date-taken-en-desktop");
  await annex.operate({ mode: "paused" });
  await buyer.page.locator("#pay-link").click();
  await ready(buyer.page);
  await buyer.page.locator("[data-top-up]").first().click();
  await buyer.page.locator("#pay:not([aria-disabled])").click();
  await scene(late, "sold-out");
  await shot(late, "sold-out-en-phone");
  await late.page.goto(`${annex.address}/stagedoor/line?lang=ko&back=/stagedoor/seats`);
  await scene(late, "sold-out");
  await shot(late, "sold-out-ko-phone");
  await annex.operate({ mode: "open", max_active: 100 });
  await there(late, "[data-notice=dates]");
  await shot(late, "no-dates-ko-phone");
  for (const one of [buyer, late]) await one.context.close();
  await annex.close();
}
