// Runs the tests of the pages against the gateway at ADDRESS; with a word, only those that have it
// in their name.
import * as line from "./line.mjs";
import * as shop from "./shop.mjs";
import { Stage } from "./stage.mjs";
import * as tickets from "./tickets.mjs";
import * as troubles from "./troubles.mjs";

const [address, only = ""] = process.argv.slice(2);
const rooms = { ...line, ...shop, ...tickets, ...troubles };
const tests = Object.entries(rooms).filter(([name]) => name.includes(only));
const stage = await Stage.open(address);
const failed = [];
for (const [name, test] of tests) {
  const began = Date.now();
  try {
    await test(stage);
    console.log(`ok      ${name.replaceAll("_", " ")} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAILED  ${name.replaceAll("_", " ")}\n${error.stack}`);
    await stage.reopen();
  }
}
await stage.close();
console.log(`${tests.length - failed.length} of ${tests.length} passed`);
process.exit(failed.length || tests.length === 0 ? 1 : 0);
