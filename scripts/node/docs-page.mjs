// Opens the contract's page of the gateway at ADDRESS in a browser: it has to show every call, and
// to ask nobody but the gateway for anything.
import assert from "node:assert/strict";
import puppeteer from "puppeteer";

const [address] = process.argv.slice(2);
const browser = await puppeteer.launch({
  executablePath: process.env.BROWSER,
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage();
const asked = [];
const complaints = [];
page.on("request", (request) => asked.push(request.url()));
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
await page.goto(`${address}/stagedoor/docs/`);
await page.waitForSelector(".opblock", { timeout: 30_000 });

const shown = await page.$$eval(".opblock", (blocks) => blocks.length);
const contract = await (await fetch(`${address}/stagedoor/openapi.json`)).json();
const calls = Object.values(contract.paths).flatMap((path) => Object.keys(path));
await browser.close();

const elsewhere = asked.filter((url) => !url.startsWith(address) && !url.startsWith("data:"));
assert.deepEqual(elsewhere, [], "asked somewhere else");
assert.deepEqual(complaints, [], "the page complains");
assert.equal(shown, calls.length, "calls on the page");
console.log(`${shown} calls shown, ${asked.length} requests, all to the gateway`);
