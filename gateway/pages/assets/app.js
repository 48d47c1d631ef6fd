// What all pages need: texts, calls that know a lost answer from a refusal, notices, countdowns.

const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang;
export const root = document.querySelector("#line, #shop");

/** The text `section.key` with `{name}` filled in. */
export function text(name, values = {}) {
  const [section, key] = name.split(".");
  const found = words[section]?.[key] ?? name;
  return found.replace(/\{(\w+)\}/g, (gap, value) => values[value] ?? gap);
}

const numbers = new Intl.NumberFormat(language);
export const number = (value) => numbers.format(value);
export const won = (value) => text("common.won", { amount: number(value) });

/** Makes an element; texts are only ever set as text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

export function fill(name, value) {
  for (const place of document.querySelectorAll(`[data-fill="${name}"]`)) {
    if (place.textContent !== value) place.textContent = value;
  }
}

export function show(name, is) {
  for (const place of document.querySelectorAll(`[data-show="${name}"]`)) place.hidden = !is;
}

/** Says something where it is seen and heard; a notice with the same name takes its place. */
export function notice(name, message, kind = "") {
  const all = document.getElementById("notices");
  const before = all.querySelector(`[data-notice="${name}"]`);
  if (!message) return before?.remove();
  if (before?.textContent === message) return;
  const line = element("p", { class: `notice ${kind}`, "data-notice": name }, message);
  if (before) before.replaceWith(line);
  else all.append(line);
}

/** A refusal of the server, or a network that does not answer (`code` network, `status` 0). */
export class Trouble extends Error {
  constructor(status, problem) {
    super(problem.code ?? "unknown");
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.problem = problem;
  }

  /** What is true and what to do, in the fan's language. */
  get words() {
    const name = `problem.${this.code}`;
    const known = text(name) === name ? "problem.unknown" : name;
    const { opensAt } = this.problem;
    return text(known, { time: opensAt ? `${moment(opensAt, venue.zone)} (${venue.zone})` : "" });
  }

  /** Nobody knows whether it was done: the answer got lost, or the server broke while answering. */
  get isUnknown() {
    return this.status === 0 || this.status >= 500;
  }

  get retryMs() {
    return (this.problem.retryAfter ?? 2) * 1000 * (1 + Math.random() / 2);
  }
}

/** Calls the server; the token travels as a cookie. Throws a `Trouble`. */
export async function call(method, path, { body, key, patience = 10_000, whole = false } = {}) {
  const headers = { accept: "application/json" };
  if (body) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  const request = { method, headers, signal: AbortSignal.timeout(patience), cache: "no-cache" };
  if (body) request.body = JSON.stringify(body);
  let answer, content;
  try {
    answer = await fetch(path, request);
    content = await answer.json();
  } catch {
    if (!answer || answer.ok) throw new Trouble(0, { code: "network" });
    content = {};
  }
  if (answer.ok) return whole ? { answer, content } : content;
  const retryAfter = Number(answer.headers.get("retry-after")) || undefined;
  const trouble = new Trouble(answer.status, { ...content, retryAfter });
  if (trouble.code === "not_admitted" || trouble.code === "token_missing") toTheLine();
  throw trouble;
}

/** The same, asked again with the same key until the answer is known. `onUnsure` hears of each. */
export async function callUntilKnown(method, path, options, onUnsure = () => {}) {
  const key = options.key;
  for (let pause = 1000; ; pause = Math.min(pause * 1.6, 8000)) {
    try {
      return await call(method, path, { ...options, key });
    } catch (trouble) {
      const again = trouble.isUnknown || trouble.status === 429 || trouble.code === "key_in_progress";
      if (!again || !(trouble instanceof Trouble)) throw trouble;
      onUnsure(trouble);
      await wait(pause * (0.75 + Math.random() / 2));
    }
  }
}

export const wait = (ms) => new Promise((done) => setTimeout(done, ms));
export const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))]
  .map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function toTheLine() {
  location.assign(`/stagedoor/line?back=${encodeURIComponent(location.pathname)}`);
}

/** A clock from what the server said is left; the fan's own clock is never asked for the time. */
export function deadline(leftMs) {
  const end = performance.now() + leftMs;
  return { left: () => Math.max(0, end - performance.now()) };
}

/** `4:59` */
export function minutes(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Where the concert is played that the page is about; the page says it. */
export const venue = { zone: "Asia/Seoul" };

/** A time where the concert is played. */
export function moment(iso, zone, style = { dateStyle: "long", timeStyle: "short" }) {
  return new Intl.DateTimeFormat(language, { ...style, timeZone: zone }).format(new Date(iso));
}

/** A calendar date, which has no zone. */
export function day(date) {
  const style = { weekday: "short", year: "numeric", month: "long", day: "numeric", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language, style).format(new Date(`${date}T00:00:00Z`));
}

/** Whatever may be stored; a browser that forbids it only forgets. */
export const memory = {
  get(key) {
    try { return localStorage.getItem(`stagedoor.${key}`); } catch { return null; }
  },
  set(key, value) {
    try {
      if (value == null) localStorage.removeItem(`stagedoor.${key}`);
      else localStorage.setItem(`stagedoor.${key}`, value);
    } catch { /* only forgotten */ }
  },
};

/** A page in sight whose clock jumps by more than this was asleep with its computer. */
const SLEPT_MS = 10_000;
/** Several signs of one return are one. */
const SAME_MS = 500;

/** Calls when the page is looked at again: a phone that slept, a tab that was away. */
export function whenBack(act) {
  let acted = -Infinity;
  const back = () => {
    if (document.hidden || performance.now() - acted < SAME_MS) return;
    acted = performance.now();
    act();
  };
  document.addEventListener("visibilitychange", back);
  document.addEventListener("resume", back);
  addEventListener("online", back);
  addEventListener("pageshow", (event) => event.persisted && back());
  let seen = Date.now();
  setInterval(() => {
    const hasSlept = Date.now() - seen > SLEPT_MS;
    seen = Date.now();
    if (hasSlept) back();
  }, 1000);
}

function watchNetwork() {
  const tell = () => notice("offline", navigator.onLine ? "" : text("common.offline"), "warn");
  addEventListener("offline", tell);
  addEventListener("online", tell);
  tell();
}

/** The time left in the shop, on top of each of its pages. */
function watchSession() {
  const bar = document.querySelector(".session");
  if (!bar || !(Number(root.dataset.expires) > 0)) return;
  let end = deadline(Number(root.dataset.expires));
  const tell = () => fill("session", minutes(end.left()));
  bar.hidden = false;
  setInterval(tell, 1000);
  tell();
  whenBack(async () => {
    const place = await call("GET", `/api/status/${root.dataset.user}`).catch(() => null);
    if (place?.expiresInMs) end = deadline(place.expiresInMs);
    else if (place?.status === "expired") bar.hidden = true;
  });
}

const here = document.querySelector(`.pages a[href="${location.pathname}"]`);
here?.setAttribute("aria-current", "page");
watchNetwork();
watchSession();
