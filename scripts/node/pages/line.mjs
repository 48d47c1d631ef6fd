// The waiting page: kept through reload, a second tab, a lost network and no script at all.
import assert from "node:assert/strict";
import { Cable, settle } from "./stage.mjs";
import { waitScene } from "./steps.mjs";

const position = (page) => page.locator("[data-fill=position]").innerText();
const shown = (page) => page.locator("#line").getAttribute("data-scene");

export async function a_place_survives_reload_and_a_second_tab_and_the_turn_is_announced(stage) {
  await stage.shut();
  const others = await Promise.all([1, 2, 3].map(() => stage.issue(stage.newUser())));
  assert.ok(others.every(({ status }) => status === "waiting"));
  const fan = await stage.fan({ size: "phone" });
  await stage.join(fan, "/stagedoor/line?back=/stagedoor/seats");
  await waitScene(fan.page, "waiting");
  const ticket = await fan.page.locator("#line").getAttribute("data-ticket");
  const first = Number((await position(fan.page)).replaceAll(",", ""));
  assert.ok(first >= 4, `position ${first}`);
  await stage.mustBeAccessible(fan.page, "the waiting page");
  await fan.page.locator("[data-show=paused]").waitFor();
  assert.equal(await fan.page.locator("[data-fill=wait]").innerText(), "not known yet");
  await fan.page.reload();
  assert.equal(await fan.page.locator("#line").getAttribute("data-ticket"), ticket);
  const tab = await fan.context.newPage();
  await tab.goto(`${stage.address}/stagedoor/line`);
  assert.equal(await tab.locator("#line").getAttribute("data-ticket"), ticket);
  await tab.close();

  await stage.call("DELETE", "/api/issue", undefined, others[0].token);
  await fan.page.waitForFunction((before) =>
    Number(document.querySelector("[data-fill=position]").textContent.replaceAll(",", "")) < before, first);
  await fan.page.locator("#sound").click();
  await stage.reopen();
  await waitScene(fan.page, "turn");
  assert.match(await fan.page.title(), /It is your turn/);
  assert.equal(await fan.page.evaluate(() => document.documentElement.dataset.rung), "1");
  await stage.mustBeAccessible(fan.page, "the turn");
  await fan.page.waitForURL(/\/stagedoor\/seats/);
  await fan.context.close();
}

export async function the_number_never_rises_and_a_lost_network_is_told(stage) {
  await stage.shut();
  const others = await Promise.all(Array.from({ length: 8 }, () => stage.issue(stage.newUser())));
  const fan = await stage.fan({ size: "desktop", locale: "ko-KR" });
  const cable = await Cable.lay(stage.address);
  await stage.join(fan, "/stagedoor/line", cable.address);
  await waitScene(fan.page, "waiting");
  assert.equal(await fan.page.locator("html").getAttribute("lang"), "ko");
  await fan.page.evaluate(() => {
    globalThis.seen = [];
    const place = document.querySelector("[data-fill=position]");
    new MutationObserver(() => seen.push(Number(place.textContent.replaceAll(",", ""))))
      .observe(place, { childList: true, subtree: true, characterData: true });
  });
  const before = await position(fan.page);
  cable.cut();
  await fan.page.locator("[data-notice=offline]").waitFor();
  for (const { token } of others.slice(0, 3)) await stage.call("DELETE", "/api/issue", undefined, token);
  await new Promise((done) => setTimeout(done, 20_000));
  assert.equal(await position(fan.page), before, "what was shown stays");
  cable.mend();
  await fan.page.waitForFunction((text) => document.querySelector("[data-fill=position]").textContent !== text, before);
  await fan.page.locator("[data-notice=offline]").waitFor({ state: "detached" });
  const seen = await fan.page.evaluate(() => seen);
  assert.deepEqual(seen, [...seen].sort((one, other) => other - one), "never up");
  await fan.page.locator('section:not([hidden]) form[action="/stagedoor/leave"] button').click();
  await waitScene(fan.page, "join");
  await stage.reopen();
  await fan.context.close();
  cable.remove();
}

export async function a_phone_that_slept_is_up_to_date_as_soon_as_it_wakes(stage) {
  await stage.shut();
  const others = await Promise.all(Array.from({ length: 6 }, () => stage.issue(stage.newUser())));
  const fan = await stage.fan({ size: "phone" });
  const cable = await Cable.lay(stage.address);
  await stage.join(fan, "/stagedoor/line", cable.address);
  await waitScene(fan.page, "waiting");
  const before = Number((await position(fan.page)).replaceAll(",", ""));
  const pages = (await stage.processes()).filter(({ type }) => type === "renderer");
  try {
    for (const { id } of pages) process.kill(id, "SIGSTOP");
    cable.cut();
    for (const { token } of others.slice(0, 3)) await stage.call("DELETE", "/api/issue", undefined, token);
    await new Promise((done) => setTimeout(done, 12_000));
    cable.mend();
  } finally {
    for (const { id } of pages) process.kill(id, "SIGCONT");
  }
  await fan.page.waitForFunction((was) =>
    Number(document.querySelector("[data-fill=position]").textContent.replaceAll(",", "")) === was - 3,
  before, { timeout: 8_000 });
  await stage.reopen();
  await fan.context.close();
  cable.remove();
}

export async function a_computer_that_slept_with_the_page_in_sight_asks_at_once(stage) {
  await stage.shut();
  const fan = await stage.fan();
  await fan.context.addInitScript(() => {
    const now = Date.now;
    globalThis.asleep = 0;
    Date.now = () => now() + globalThis.asleep;
  });
  await stage.join(fan);
  await waitScene(fan.page, "waiting");
  await settle();
  const asked = fan.page.waitForRequest(/\/api\/status\/\d+(\?seen=\d+)?$/, { timeout: 5_000 });
  await fan.page.evaluate(() => { globalThis.asleep = 3_600_000; });
  await asked;
  await stage.reopen();
  await fan.context.close();
}

export async function where_events_fail_the_page_polls_and_a_sound_that_is_off_stays_off(stage) {
  await stage.shut();
  const others = await Promise.all([1, 2, 3].map(() => stage.issue(stage.newUser())));
  const fan = await stage.fan({ size: "phone" });
  await fan.page.route("**/events**", (route) => route.abort());
  await stage.join(fan);
  await waitScene(fan.page, "waiting");
  const before = await position(fan.page);
  await stage.call("DELETE", "/api/issue", undefined, others[0].token);
  await fan.page.waitForFunction((text) => document.querySelector("[data-fill=position]").textContent !== text, before);
  // The first touch allows the sound, the second switches it off.
  for (const words of [/on$/, /off$/]) {
    await fan.page.locator("#sound").click();
    await fan.page.locator("#sound").filter({ hasText: words }).waitFor();
  }
  await stage.reopen();
  await waitScene(fan.page, "turn");
  assert.equal(await fan.page.evaluate(() => document.documentElement.dataset.rung), undefined);
  await fan.context.close();
}

export async function the_waiting_page_with_all_it_loads_is_small(stage) {
  await stage.shut();
  const fan = await stage.fan({ size: "phone" });
  await stage.join(fan);
  await waitScene(fan.page, "waiting");
  const devtools = await fan.context.newCDPSession(fan.page);
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  await fan.page.reload();
  await fan.page.waitForFunction(() => document.documentElement.dataset.ready);
  await settle();
  assert.ok(bytes > 5_000 && bytes < 50_000, `${bytes} bytes`);
  await stage.reopen();
  await fan.context.close();
}

export async function without_a_script_the_waiting_page_refreshes_itself_and_lets_in(stage) {
  await stage.shut();
  await stage.issue(stage.newUser());
  const fan = await stage.fan({ size: "phone", javaScriptEnabled: false });
  await stage.join(fan, "/stagedoor/line?back=/stagedoor/tickets");
  await waitScene(fan.page, "waiting");
  assert.match(await fan.page.locator("[data-fill=position]").innerText(), /^\d/);
  const refresh = await fan.page.locator("head noscript").innerHTML();
  assert.match(refresh, /http-equiv="refresh" content="\d+;url=\/stagedoor\/line\?back=\/stagedoor\/tickets"/);
  await stage.reopen();
  // Nobody touches anything from here on: the page goes in by its own refreshes.
  await fan.page.waitForURL(/\/stagedoor\/tickets/, { timeout: 60_000 });
  await fan.context.close();
}

export async function a_closed_line_and_an_ended_session_say_so(stage) {
  await stage.operate({ mode: "closed" });
  await settle();
  const late = await stage.fan();
  await stage.join(late);
  await waitScene(late.page, "closed");
  await stage.mustBeAccessible(late.page, "the closed line");
  await stage.reopen();
  await settle();
  await late.page.goto(`${stage.address}/stagedoor/line`);
  assert.equal(await shown(late.page), "join");
  await stage.mustBeAccessible(late.page, "the welcome");
  await stage.join(late);
  await waitScene(late.page, "turn");
  const token = (await late.context.cookies()).find(({ name }) => name === "stagedoor_token");
  await stage.call("DELETE", "/api/issue", undefined, token.value);
  await late.page.goto(`${stage.address}/stagedoor/seats`);
  await waitScene(late.page, "over");
  await stage.mustBeAccessible(late.page, "the ended session");
  await late.context.close();
}

export async function a_gated_page_leads_through_the_line_and_a_program_gets_its_refusal(stage) {
  const fan = await stage.fan();
  await fan.page.goto(`${stage.address}/some/page?of=theirs`);
  assert.match(fan.page.url(), /\/stagedoor\/line\?back=\/some\/page%3Fof%3Dtheirs$/);
  const program = await fetch(`${stage.address}/some/page`, { redirect: "manual" });
  assert.equal(program.status, 401);
  const evil = await fetch(`${stage.address}/stagedoor/line`, {
    method: "POST", redirect: "manual", body: new URLSearchParams({ user: "5" }),
    headers: { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  });
  assert.equal(evil.status, 403);
  await fan.context.close();
}
