// Fingers, mouse and keys on the seat map.

const TAP_PIXELS = 8;
const STEP = 0.2;

/** `tap(x, y)` in pixels; `key(event)` answers whether it was of use. */
export function hold(canvas, painter, { tap, key }) {
  const fingers = new Map();
  let travelled = 0;
  let spread = 0;

  const where = (event) => {
    const frame = canvas.getBoundingClientRect();
    return { x: event.clientX - frame.left, y: event.clientY - frame.top };
  };
  const middle = () => {
    const [one, other = one] = fingers.values();
    return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
  };
  const distance = () => {
    const [one, other] = fingers.values();
    return other ? Math.hypot(one.x - other.x, one.y - other.y) : 0;
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, where(event));
    if (fingers.size === 1) travelled = 0;
    spread = distance();
    canvas.classList.add("grabbing");
  });

  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = middle();
    fingers.set(event.pointerId, where(event));
    const after = middle();
    travelled += Math.abs(after.x - before.x) + Math.abs(after.y - before.y);
    if (fingers.size === 2) {
      travelled = Infinity;
      const wider = distance();
      if (spread > 0) painter.zoom(wider / spread, after.x, after.y);
      spread = wider;
    }
    if (travelled > TAP_PIXELS) painter.move(after.x - before.x, after.y - before.y);
  });

  const lift = (event) => {
    if (!fingers.has(event.pointerId)) return;
    const at = where(event);
    fingers.delete(event.pointerId);
    spread = distance();
    if (fingers.size > 0) return;
    canvas.classList.remove("grabbing");
    if (event.type === "pointerup" && travelled <= TAP_PIXELS) tap(at.x, at.y);
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);

  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = where(event);
    painter.zoom(Math.exp(-event.deltaY * 0.0015), at.x, at.y);
  }, { passive: false });

  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zooms = { "+": 1 + STEP * 2, "=": 1 + STEP * 2, "-": 1 / (1 + STEP * 2) };
    if (zooms[event.key]) painter.zoom(zooms[event.key]);
    else if (event.key === "0") painter.showAll();
    else if (!key(event)) return;
    event.preventDefault();
  });
}
