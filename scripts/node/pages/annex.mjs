// A second gateway beside the first, whose cables to Redis and to the box office can be cut, and
// which may serve a queue of its own with a small concert.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Cable, Stage } from "./stage.mjs";

const run = promisify(execFile);
const READY_MS = 20_000;

/** A program of ours with the settings of the running system. Answers its exit code and words. */
export async function program(name, ...words) {
  const path = join(process.env.BINARIES, name);
  const done = await run(path, words).catch((error) => error);
  return { code: done.code ?? 0, said: `${done.stdout}${done.stderr}`.trim() };
}

async function must(name, ...words) {
  const { code, said } = await program(name, ...words);
  assert.equal(code, 0, `${name} ${words.join(" ")}: ${said}`);
}

async function freePort() {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

export class Annex extends Stage {
  /** Serves this queue. Its browser and its complaints are those of `stage`. */
  static async open(stage, queue = "main") {
    const [toRedis, toShop] = await Promise.all([
      Cable.lay(process.env.REDIS_URL, 6379), Cable.lay(process.env.UPSTREAM_URL, 80)]);
    const redis = new URL(process.env.REDIS_URL);
    [redis.hostname, redis.port] = ["127.0.0.1", new URL(toRedis.address).port];
    const [port, adminPort] = [await freePort(), await freePort()];
    const annex = new Annex(`http://127.0.0.1:${port}`, stage.browser, queue);
    Object.assign(annex, { complaints: stage.complaints, toRedis, toShop });
    await must("gateway", "queue", "create", queue);
    const log = openSync(join(process.env.LOGS, "annex.log"), "a");
    annex.gateway = spawn(join(process.env.BINARIES, "gateway"), ["serve"], {
      stdio: ["ignore", log, log],
      env: {
        ...process.env, QUEUES: queue, REDIS_URL: String(redis), UPSTREAM_URL: toShop.address,
        GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
      },
    });
    annex.kill = () => annex.gateway.kill("SIGKILL");
    process.once("exit", annex.kill);
    await annex.ready();
    return annex;
  }

  async ready() {
    const deadline = Date.now() + READY_MS;
    while (!(await fetch(`${this.address}/readyz`).catch(() => ({}))).ok) {
      assert.ok(Date.now() < deadline, "the second gateway is not ready");
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Puts seats of one row on sale for this queue, thirty days from now. */
  async sell(concert, seats) {
    const folder = mkdtempSync(join(tmpdir(), "stagedoor-annex-"));
    const date = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const rows = Array.from({ length: seats }, (_, seat) =>
      `${concert},${date},Attic,A,${seat + 1},20000,${seat + 1},24,${this.queue}`);
    const file = join(folder, "concert.csv");
    const columns = "concert,date,section,row,seat,price,number,cancel_until_hours,queue";
    writeFileSync(file, [columns, ...rows, ""].join("\n"));
    await must("booking", "import", file);
    rmSync(folder, { recursive: true });
  }

  async close() {
    const ended = once(this.gateway, "exit");
    this.kill();
    await ended;
    process.removeListener("exit", this.kill);
    for (const cable of [this.toRedis, this.toShop]) cable.remove();
  }
}
