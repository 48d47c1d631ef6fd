// Takes a picture of every page and state of the gateway at ADDRESS into FOLDER.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Cable, Stage, settle } from "./stage.mjs";

const [address, folder] = process.argv.slice(2);
const stage = await Stage.open(address);
mkdirSync(folder, { recursive: true });

async function shot(fan, name) {
  await fan.page.waitForTimeout(300);
  await fan.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  console.log(name);
}

const phone = (more) => stage.fan({ size: "phone", deviceScaleFactor: 1.5, ...more });
const shown = (fan) => fan.page.locator("#content[data-shown]").waitFor();
const scene = (fan, name) => fan.page.locator(`#line[data-scene="${name}"]`).waitFor();

await waitingPages();
await boxOffice();
await troubles();
await stage.close();

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
  await Promise.all(Array.from({ length: 240 }, () => stage.issue(stage.newUser())));
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
