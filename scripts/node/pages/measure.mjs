// Measures the pages at ADDRESS: frames a second while 15,000 seats are panned with the processor
// slowed four times, and how soon the waiting page works on a slow 4G line.
import { Stage, settle } from "./stage.mjs";

const [address] = process.argv.slice(2);
/** Lighthouse's slow 4G: 150 ms there and back, 1.6 Mbit/s down, 750 kbit/s up. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const SLOWED = 4;
const ROUNDS = 5;
const median = (values) => [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];

const stage = await Stage.open(address);
await stage.reopen();
await panning();
await waiting();
await stage.close();

async function panning() {
  const fan = await stage.fan({ size: "phone" });
  await stage.join(fan, "/stagedoor/line?back=/stagedoor/seats");
  await fan.page.waitForURL(/seats/);
  await fan.page.locator("#content[data-shown]").waitFor();
  await fan.page.locator("#concert").selectOption({ label: "Night in the Arena" });
  await fan.page.waitForFunction(() => document.documentElement.painter.states?.length === 15_000);
  await settle();
  const devtools = await fan.context.newCDPSession(fan.page);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
  for (const [name, scale] of [["everything in sight", 0], ["sections", 9], ["single seats", 28]]) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await pan(fan.page, scale));
    const worst = Math.max(...rounds.map(({ longest }) => longest));
    console.log(`panning, ${name}: median ${median(rounds.map(({ rate }) => rate)).toFixed(1)} frames/s ` +
      `(${rounds.map(({ rate }) => rate.toFixed(1)).join(", ")}), longest frame ${worst.toFixed(0)} ms`);
  }
  await fan.context.close();
}

/** Three seconds of a finger that never rests, there and back; every frame moves and is drawn. */
function pan(page, scale) {
  return page.evaluate((wanted) => new Promise((done) => {
    const { painter } = document.documentElement;
    if (wanted) painter.lookAt(painter.hall.width / 2, painter.hall.height / 2, wanted);
    else painter.showAll();
    const canvas = painter.canvas;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const send = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type,
      { pointerId: 1, clientX: left + x, clientY: top + y, bubbles: true }));
    canvas.setPointerCapture = () => {};
    send("pointerdown", width / 2, height / 2);
    const times = [];
    const frame = (now) => {
      times.push(now);
      const spent = now - times[0];
      if (spent >= 3000) {
        send("pointerup", width / 2, height / 2);
        const gaps = times.slice(1).map((time, index) => time - times[index]);
        return done({ rate: (times.length - 1) / (spent / 1000), longest: Math.max(...gaps) });
      }
      send("pointermove", width * (0.5 + 0.45 * Math.sin(spent / 300)), height * (0.5 + 0.4 * Math.sin(spent / 470)));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(() => requestAnimationFrame(frame));
  }), scale);
}

async function waiting() {
  await stage.shut();
  await stage.issue(stage.newUser());
  const rounds = [];
  let bytes = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const fan = await stage.fan({ size: "phone" });
    const place = await stage.issue(fan.user);
    await fan.context.addCookies([{ name: "stagedoor_token", value: place.token, url: address }]);
    const devtools = await fan.context.newCDPSession(fan.page);
    await devtools.send("Network.enable");
    await devtools.send("Network.emulateNetworkConditions", SLOW_4G);
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
    bytes = 0;
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await fan.page.goto(`${address}/stagedoor/line`, { waitUntil: "commit" });
    await fan.page.waitForFunction(() => document.documentElement.dataset.ready);
    rounds.push(await fan.page.evaluate(() => performance.getEntriesByName("ready")[0].startTime));
    await settle();
    await fan.context.close();
  }
  await stage.reopen();
  console.log(`waiting page, slow 4G and a processor slowed ${SLOWED} times: works after median ` +
    `${median(rounds).toFixed(0)} ms (${rounds.map((ms) => ms.toFixed(0)).join(", ")}), ${bytes} bytes over the wire`);
}
