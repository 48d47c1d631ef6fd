// A fan who knows the contract only by docs/openapi.json: joins, waits, picks, charges, reserves,
// pays and looks at the ticket, at the gateway that the command line names.
import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

const address = process.argv[2];
const fan = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);
const gate = createClient<paths>({ baseUrl: address });

type Problem = components["schemas"]["Problem"];

/** The answer, or the refusal as an error. */
function must<T>(what: string, answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) {
    const problem = answer.error as Problem;
    throw new Error(`${what}: ${problem.status} ${problem.code}: ${problem.detail}`);
  }
  console.log(`${what}: ${JSON.stringify(answer.data).slice(0, 160)}`);
  return answer.data;
}

const params = { path: { userId: fan } };
let place = must("issue", await gate.POST("/api/issue", { body: { userId: fan } }));
gate.use({
  onRequest({ request }) {
    request.headers.set("X-Queue-Token", place.token);
    return request;
  },
});
while (place.status !== "activate") {
  await new Promise((resolve) => setTimeout(resolve, place.pollAfterMs));
  place = must("status", await gate.GET("/api/status/{userId}", { params }));
}

const [date] = must("dates", await gate.GET("/api/available-dates"));
const seats = must(
  "seats",
  await gate.GET("/api/available-seats/{date}", { params: { path: { date } } }),
);
const { seatId, price } = seats[0];
must("charge", await gate.POST("/api/{userId}/charge", { params, body: { amount: price } }));
must("balance", await gate.GET("/api/{userId}/balance", { params }));
const hold = must("reserve", await gate.POST("/api/reserve", { body: { userId: fan, seatId } }));

// A refusal is typed too: its codes are those of the contract.
const again = await gate.POST("/api/process", { body: { userId: fan, amount: price + 1 } });
const code = again.response.status === 409 ? (again.error as Problem).code : undefined;
if (code !== "amount_mismatch") throw new Error(`paying too much was answered ${code}`);

const paid = must(
  "process",
  await gate.POST("/api/process", {
    params: { header: { "Idempotency-Key": `order-${fan}` } },
    body: { userId: fan, amount: price },
  }),
);
const tickets = must(
  "reservations",
  await gate.GET("/api/{userId}/reservations", { params }),
);
const ticket = tickets.items.find((one) => one.reservationId === hold.reservationId);
if (paid.status !== "success" || ticket?.status !== "paid") throw new Error("no ticket");
console.log(`fan ${fan} has seat ${seatId} of ${date}`);
