// Sends the eight calls of the contract, as they stand there, to the mock at ADDRESS and compares
// what comes back with what the contract shows.
import assert from "node:assert/strict";

const [address] = process.argv.slice(2);

const calls = [
  ["POST /api/issue", { userId: 123 }, { userId: 123, waitingId: 10, status: "waiting" }],
  ["GET /api/status/123", null, { userId: 123, waitingId: 5, status: "waiting" }],
  ["GET /api/available-dates", null, ["2024-10-01", "2024-10-02"]],
  [
    "GET /api/available-seats/2024-10-01",
    null,
    [{ seatNumber: 1, status: "available", price: 10000 }],
  ],
  [
    "POST /api/reserve",
    { userId: 123, seatId: 10 },
    { userId: 123, seatId: 10, status: "reserved", amount: 10000 },
  ],
  ["GET /api/123/balance", null, { userId: 123, balance: 10000 }],
  ["POST /api/123/charge", { amount: 10000 }, { userId: 123, balance: 20000 }],
  [
    "POST /api/process",
    { userId: 123, amount: 10000 },
    { userId: 123, amount: 10000, status: "success", paymentTime: "2024-10-06T12:00:00Z" },
  ],
];

// The members of `found` that `wanted` has: the contract may add some.
function common(found, wanted) {
  if (Array.isArray(wanted)) return found.map((item, at) => common(item, wanted[at]));
  if (typeof wanted !== "object") return found;
  return Object.fromEntries(Object.keys(wanted).map((name) => [name, found[name]]));
}

async function send(call, body, more = {}) {
  const [method, path] = call.split(" ");
  const headers = { "X-Queue-Token": "any", "Content-Type": "application/json", ...more };
  const answer = await fetch(address + path, { method, headers, body: body && JSON.stringify(body) });
  return [answer.status, await answer.json()];
}

for (const [call, body, wanted] of calls) {
  const [status, found] = await send(call, body);
  assert.equal(status, 200, `${call}: ${JSON.stringify(found)}`);
  assert.deepEqual(common(found, wanted), wanted, call);
  console.log(`${call}: ${JSON.stringify(found)}`);
}

// What the contract refuses, the mock refuses too.
const prefer = { Prefer: "code=409, example=seat_taken" };
const [status, refusal] = await send("POST /api/reserve", { userId: 123, seatId: 10 }, prefer);
assert.deepEqual([status, refusal.code, refusal.seatIds], [409, "seat_taken", [10]]);
const [wrong] = await send("POST /api/reserve", { userId: 123, seatId: "ten" });
assert.equal(wrong, 422, "a seat id that is text");
console.log("all eight calls, a refusal that was asked for, and one that was earned");
