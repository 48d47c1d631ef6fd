// When something is away: each page says what is true and what to do, and comes back by itself.
import assert from "node:assert/strict";
import { Annex } from "./annex.mjs";
import { settle } from "./stage.mjs";
import { waitScene } from "./steps.mjs";

const there = (page, selector, options) => page.locator(selector).first().waitFor(options);
const heading = (page) => page.locator("h1").innerText();

/** With a second gateway, which is closed whatever happens. */
async function beside(stage, queue, act) {
  const annex = await Annex.open(stage, queue);
  try {
    await act(annex);
  } finally {
    await annex.close();
  }
}

export async function a_line_that_does_not_answer_keeps_every_place_and_says_so(stage) {
  await beside(stage, "main", async (annex) => {
    await annex.shut();
    await annex.issue(annex.newUser());
    const [fan, late, plain] = [await annex.fan({ size: "phone" }), await annex.fan({ locale: "ko-KR" }),
      await annex.fan({ javaScriptEnabled: false })];
    for (const one of [fan, plain]) {
      await annex.join(one);
      await waitScene(one.page, "waiting");
    }
    const before = await fan.page.locator("[data-fill=position]").innerText();
    annex.toRedis.cut();
    await there(fan.page, "[data-show=stale]:not([hidden])");
    assert.equal(await fan.page.locator("[data-fill=position]").innerText(), before);
    await annex.mustBeAccessible(fan.page, "the last known place");
    await fan.page.reload();
    await there(fan.page, "[data-show=stale]:not([hidden])");
    await plain.page.reload();
    await there(plain.page, "[data-show=stale]:not([hidden])");
    await annex.join(late, "/stagedoor/line?back=/stagedoor/tickets");
    await waitScene(late.page, "unreachable");
    assert.match(await late.page.title(), /응답하지 않습니다/);
    await annex.mustBeAccessible(late.page, "the unreachable line");
    annex.toRedis.mend();
    await there(fan.page, "[data-show=stale][hidden]", { state: "attached" });
    await waitScene(late.page, "join");
    assert.match(late.page.url(), /back=\/stagedoor\/tickets$/, "where the fan came from is kept");
    await annex.reopen();
    for (const one of [fan, plain, late]) await one.context.close();
  });
}

export async function a_box_office_that_is_away_is_told_and_asked_again(stage) {
  await beside(stage, "main", async (annex) => {
    await annex.reopen();
    const fan = await annex.fan({ size: "phone" });
    await annex.join(fan, "/stagedoor/line?back=/stagedoor/seats");
    await there(fan.page, "#content[data-shown]");
    annex.toShop.cut();
    await there(fan.page, "[data-notice=old]");
    assert.match(await fan.page.locator("[data-notice=old]").innerText(), /box office does not answer/);
    await annex.mustBeAccessible(fan.page, "seats without a box office");
    for (const path of ["payment", "tickets"]) {
      await fan.page.goto(`${annex.address}/stagedoor/${path}`);
      await there(fan.page, "#content .bad");
      await annex.mustBeAccessible(fan.page, `${path} without a box office`);
    }
    await fan.page.goto(`${annex.address}/api/concerts?limit=5`);
    assert.equal(await heading(fan.page), "That did not work");
    await annex.mustBeAccessible(fan.page, "the trouble page");
    await fan.page.locator("a[hreflang=ko]").click();
    assert.equal(await heading(fan.page), "처리하지 못했습니다");
    await annex.mustBeAccessible(fan.page, "the trouble page in Korean");
    annex.toShop.mend();
    await fan.page.waitForURL(/\/api\/concerts\?limit=5$/);
    await fan.page.waitForFunction(() => document.body.innerText.includes("concertId"));
    await fan.page.goto(`${annex.address}/stagedoor/tickets`);
    assert.equal(await fan.page.locator("html").getAttribute("lang"), "ko", "the choice is kept");
    await fan.context.close();
  });
}

export async function what_is_left_is_told_and_the_last_seat_ends_the_wait(stage) {
  await beside(stage, "attic", async (annex) => {
    await annex.sell("An Hour in the Attic", 4);
    await annex.operate({ mode: "open", max_active: 1, promote_per_second: 200 });
    await settle();
    const buyer = await annex.fan();
    await annex.join(buyer, "/stagedoor/line?back=/stagedoor/seats");
    await there(buyer.page, "#content[data-shown]");
    assert.equal(await buyer.page.locator("#concert option").count(), 1, "only this queue's concerts");
    const [early, late] = [await annex.fan({ size: "phone" }), await annex.fan({ locale: "ko-KR" })];
    await annex.join(early, "/stagedoor/line?back=/stagedoor/seats");
    for (let others = 0; others < 4; others++) await annex.issue(annex.newUser());
    await annex.join(late);
    const left = async (fan, count) => fan.page.waitForFunction((wanted) =>
      document.querySelector("[data-fill=left]").textContent === wanted, count);
    await left(early, "4");
    await there(late.page, "[data-show=unlikely]:not([hidden])");
    assert.ok(await early.page.locator("[data-show=unlikely]").isHidden(), "the first four may hope");
    await annex.mustBeAccessible(late.page, "the warning");

    await buyer.page.locator("#best-count").selectOption("4");
    await buyer.page.locator("#best").click();
    await there(buyer.page, "#held:not([hidden])");
    await left(early, "0");
    assert.equal(await early.page.locator("#line").getAttribute("data-scene"), "waiting", "a hold may come back");
    await there(buyer.page, "[data-notice=none-left]");
    await annex.mustBeAccessible(buyer.page, "a date without a free seat");
    await annex.operate({ mode: "paused" });
    await buyer.page.locator("#pay-link").click();
    await buyer.page.locator("[data-top-up]").first().click();
    await buyer.page.locator("#pay:not([aria-disabled])").click();
    await there(buyer.page, "#paid");
    for (const fan of [early, late]) {
      await waitScene(fan.page, "sold-out");
      await annex.mustBeAccessible(fan.page, "sold out");
    }
    assert.match(await late.page.title(), /^매진되었습니다 · /);
    const plain = await annex.fan({ javaScriptEnabled: false });
    const token = (await late.context.cookies()).find(({ name }) => name === "stagedoor_token");
    await plain.context.addCookies([token]);
    await plain.page.goto(`${annex.address}/stagedoor/line`);
    await waitScene(plain.page, "sold-out");

    await annex.operate({ mode: "open" });
    await there(early.page, "[data-notice=dates]");
    await annex.mustBeAccessible(early.page, "seats of a concert that is sold out");
    for (const fan of [buyer, early, late, plain]) await fan.context.close();
  });
}

export async function a_session_that_ends_in_the_middle_leads_back_and_says_so(stage) {
  const fan = await stage.fan({ size: "phone" });
  await stage.join(fan, "/stagedoor/line?back=/stagedoor/seats");
  await there(fan.page, "#content[data-shown]");
  const token = (await fan.context.cookies()).find(({ name }) => name === "stagedoor_token");
  await stage.call("DELETE", "/api/issue", undefined, token.value);
  await waitScene(fan.page, "over");
  assert.match(await fan.page.title(), /^Your session is over/);
  await fan.page.locator("section:not([hidden]) a[href='/stagedoor/tickets']").click();
  await there(fan.page, '#content[aria-busy="false"]');
  await stage.mustBeAccessible(fan.page, "no tickets");
  await fan.context.close();
}

export async function who_asks_too_fast_is_told_and_asked_to_wait(stage) {
  await stage.shut();
  const fan = await stage.fan({ size: "phone" });
  await stage.join(fan);
  await waitScene(fan.page, "waiting");
  for (let hurry = 0; hurry < 20; hurry++) {
    await fan.page.goto(`${stage.address}/stagedoor/line`);
    if (await fan.page.locator('#line[data-scene="too-fast"]').count()) break;
  }
  await waitScene(fan.page, "too-fast");
  await stage.mustBeAccessible(fan.page, "too fast");
  await waitScene(fan.page, "waiting");
  await stage.reopen();
  await fan.context.close();
}

export async function a_number_that_is_none_is_refused_and_who_leaves_is_told(stage) {
  await stage.shut();
  const fan = await stage.fan();
  await fan.page.goto(`${stage.address}/stagedoor/line`);
  await fan.page.locator("section:not([hidden]) input[name=user]").evaluate((input) => {
    input.removeAttribute("pattern");
    input.value = "0815";
  });
  await fan.page.locator("section:not([hidden]) form.join button").click();
  await there(fan.page, ".notice");
  assert.match(await fan.page.locator(".notice").first().innerText(), /1 to 16 digits/);
  await stage.mustBeAccessible(fan.page, "a number that is none");
  await stage.join(fan);
  await waitScene(fan.page, "waiting");
  await there(fan.page, "[data-show=paused]:not([hidden])");
  await stage.mustBeAccessible(fan.page, "the paused line");
  await fan.page.locator('section:not([hidden]) form[action="/stagedoor/leave"] button').click();
  await waitScene(fan.page, "join");
  assert.match(await fan.page.locator(".notice").first().innerText(), /You have left the line/);
  await stage.mustBeAccessible(fan.page, "the line that was left");
  await stage.reopen();
  await fan.context.close();
}
