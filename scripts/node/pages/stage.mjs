// What the tests of the pages stand on: a browser, fans, and the operator's hand on the line.
import assert from "node:assert/strict";
import net from "node:net";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 860 } },
};

export class Stage {
  static async open(address) {
    const browser = await chromium.launch({
      executablePath: process.env.BROWSER,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
        "--disable-component-update", "--autoplay-policy=no-user-gesture-required"],
    });
    return new Stage(address, browser);
  }

  constructor(address, browser, queue = "main") {
    this.address = address;
    this.browser = browser;
    this.queue = queue;
    this.complaints = [];
    this.nextUser = 10_000_000 + Math.floor(Math.random() * 80_000_000);
  }

  newUser() {
    return this.nextUser++;
  }

  /** A fan with a browser of their own. Whatever is asked of another host, and every complaint of
   * the browser's console, fails the run. */
  async fan({ size = "desktop", locale = "en-GB", ...more } = {}) {
    const context = await this.browser.newContext({ ...SIZES[size], locale, ...more });
    context.setDefaultTimeout(30_000);
    context.on("request", (request) => {
      const url = request.url();
      const isOurs = url.startsWith(this.address) || url.startsWith("http://127.0.0.1:") || url.startsWith("blob:") || url.startsWith("data:");
      if (!isOurs) this.complaints.push(`asked ${url}`);
    });
    context.on("weberror", (error) => this.complaints.push(String(error.error())));
    context.on("console", (message) => {
      const isPolicy = message.text().includes("Content Security Policy");
      if (message.type() === "error" && isPolicy) this.complaints.push(message.text());
    });
    const page = await context.newPage();
    return { context, page, user: this.newUser() };
  }

  /** Joins by the form of the waiting page. A fan keeps to one address: a browser may ask for the
   * icon of the page it has left after it has gone elsewhere, and then the new page's policy refuses
   * the old address. */
  async join(fan, path = "/stagedoor/line", address = this.address) {
    await fan.page.goto(address + path);
    await fan.page.locator("section:not([hidden]) input[name=user]").fill(String(fan.user));
    await fan.page.locator("section:not([hidden]) form.join button").click();
    await fan.page.waitForURL(/\/stagedoor\/line/);
  }

  /** What an operator does: HSET on the config of the line. */
  async operate(fields) {
    const url = new URL(process.env.REDIS_URL);
    const key = `${process.env.REDIS_KEY_PREFIX ?? ""}queue:{${this.queue}}:config`;
    const words = ["HSET", key, ...Object.entries(fields).flat().map(String)];
    const text = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
    const socket = net.connect(Number(url.port || 6379), url.hostname);
    const login = url.password ? `*2\r\n$4\r\nAUTH\r\n$${url.password.length}\r\n${url.password}\r\n` : "";
    socket.write(login + text);
    const [answer] = await new Promise((done, fail) => {
      socket.once("data", (data) => done([String(data)]));
      socket.once("error", fail);
    });
    socket.end();
    assert.doesNotMatch(answer, /^-/, answer);
  }

  /** Without a browser, for the others in line. */
  async call(method, path, body, token) {
    const headers = { "content-type": "application/json" };
    if (token) headers["x-queue-token"] = token;
    const answer = await fetch(this.address + path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, ...(await answer.json()) };
  }

  issue(user) {
    return this.call("POST", "/api/issue", { userId: user });
  }

  /** Nobody else gets in until the operator says so. */
  async shut() {
    await this.operate({ mode: "paused" });
    await settle();
  }

  async reopen() {
    await this.operate({ mode: "open", max_active: 5000, promote_per_second: 200 });
  }

  /** The browser's processes, to be stopped as a machine that sleeps stops them. */
  async processes() {
    const devtools = await this.browser.newBrowserCDPSession();
    const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
    await devtools.detach();
    return processInfo;
  }

  /** axe with every rule of WCAG 2.2 AA that a program can check, in light and in dark. */
  async mustBeAccessible(page, name) {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await this.mustPassAxe(page, `${name}, ${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: null });
  }

  async mustPassAxe(page, name) {
    const found = await page.evaluate(`(() => { ${axeSource}; return axe.run(document, { runOnly:
      ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }); })()`);
    const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
    assert.deepEqual(told, [], `axe on ${name}`);
  }

  async close() {
    await this.browser.close();
    assert.deepEqual(this.complaints, [], "the pages stay within their policy and their host");
  }
}

/** A cable between browser and gateway, to be cut: what is under way breaks, nothing new gets
 * through. A browser that is only told to be offline keeps its open streams. */
export class Cable {
  static async lay(address, usualPort = 80) {
    const cable = new Cable(new URL(address), usualPort);
    await new Promise((done) => cable.server.listen(0, "127.0.0.1", done));
    cable.address = `http://127.0.0.1:${cable.server.address().port}`;
    return cable;
  }

  constructor({ hostname, port }, usualPort) {
    this.ends = new Set();
    this.isCut = false;
    this.server = net.createServer((near) => {
      if (this.isCut) return near.destroy();
      const far = net.connect(Number(port || usualPort), hostname);
      for (const end of [near, far]) {
        this.ends.add(end);
        end.on("error", () => {}).on("close", () => this.ends.delete(end));
      }
      near.pipe(far).pipe(near);
    });
  }

  cut() {
    this.isCut = true;
    for (const end of this.ends) end.destroy();
  }

  mend() {
    this.isCut = false;
  }

  remove() {
    this.cut();
    this.server.close();
  }
}

/** The gateways read the config a few times a second. */
export const settle = () => new Promise((done) => setTimeout(done, 1500));
