// Draws a hall into a canvas. What was drawn is kept as a picture a little larger than the view, so
// that moving the view copies a picture instead of drawing thousands of seats.

const LIGHT = {
  levels: ["#4a2fbd", "#0b6f6a", "#b04a05", "#a3195b", "#1f5fa8", "#586400"],
  paper: "#ffffff", ink: "#1b1830", taken: "#dcd9e6", takenInk: "#a19db3", stage: "#e9e6f4", chosen: "#1b1830", onChosen: "#ffffff",
};
const DARK = {
  levels: ["#b5a5ff", "#4fd1c5", "#f6ad55", "#f687b3", "#7fb8f0", "#c5d94a"],
  paper: "#1d1a2c", ink: "#f1eff9", taken: "#2f2b42", takenInk: "#6d6885", stage: "#2b2547", chosen: "#ffffff", onChosen: "#12101d",
};
const MARGIN = 0.5;
/** The side of a pattern, in pixels. */
const TILE = 8;
/** From this many pixels a seat on, its shape, cross and number are drawn. */
const SHAPED = 7;
const NUMBERED = 27;

const dark = matchMedia("(prefers-color-scheme: dark)");
export const palette = () => (dark.matches ? DARK : LIGHT);
export const onPalette = (act) => dark.addEventListener("change", act);

/** A price level is told by its colour and, for who does not see it, by its pattern. */
export function patternOf(context, level) {
  const colours = palette();
  const colour = colours.levels[level % colours.levels.length];
  const shape = level % 6;
  if (shape === 0) return colour;
  const tile = new OffscreenCanvas(TILE, TILE);
  const brush = tile.getContext("2d");
  brush.fillStyle = colour;
  brush.fillRect(0, 0, TILE, TILE);
  brush.fillStyle = brush.strokeStyle = colours.paper;
  brush.lineWidth = 1.6;
  brush.beginPath();
  if (shape === 1) brush.rect(2, 2, 3.2, 3.2);
  if (shape === 2) for (const at of [-8, 0, 8]) { brush.moveTo(at - 1, 9); brush.lineTo(at + 9, -1); }
  if (shape === 3) { brush.moveTo(0, 4); brush.lineTo(8, 4); }
  if (shape === 4) { brush.moveTo(4, 0); brush.lineTo(4, 8); }
  if (shape === 5) { brush.moveTo(4, 0); brush.lineTo(4, 8); brush.moveTo(0, 4); brush.lineTo(8, 4); }
  if (shape === 1) brush.fill();
  else brush.stroke();
  return context.createPattern(tile, "repeat");
}

export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.kept = document.createElement("canvas");
    this.spare = document.createElement("canvas");
    this.view = { scale: 1, x: 0, y: 0 };
    this.fit = 1;
    this.cursor = -1;
    this.frames = 0;
    onPalette(() => this.change());
  }

  /** `states` has a letter a seat, `levels` its price level, `chosen` the fan's own. */
  show(hall, states, levels, labels, words) {
    Object.assign(this, { hall, states, levels, labels, words });
    this.resize();
    this.showAll();
  }

  resize() {
    if (!this.hall) return;
    const { width, height } = this.canvas.getBoundingClientRect();
    const showedAll = this.view.scale === this.fit;
    this.ratio = Math.min(devicePixelRatio || 1, 2);
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.fit = Math.min(width / this.hall.width, height / this.hall.height);
    if (showedAll) this.showAll();
    else this.change();
  }

  showAll() {
    this.view.scale = this.fit;
    this.view.x = (this.hall.width - this.width / this.fit) / 2;
    this.view.y = (this.hall.height - this.height / this.fit) / 2;
    this.change();
  }

  /** Brings a point of the hall to the middle, at this many pixels a seat. */
  lookAt(x, y, scale = this.view.scale) {
    this.view.scale = this.bounded(scale);
    this.view.x = x - this.width / this.view.scale / 2;
    this.view.y = y - this.height / this.view.scale / 2;
    this.soon();
  }

  bounded(scale) {
    return Math.min(Math.max(scale, this.fit), Math.max(48, this.fit));
  }

  move(dx, dy) {
    this.view.x -= dx / this.view.scale;
    this.view.y -= dy / this.view.scale;
    const over = { x: this.width / this.view.scale / 2, y: this.height / this.view.scale / 2 };
    this.view.x = Math.min(Math.max(this.view.x, -over.x), this.hall.width - over.x);
    this.view.y = Math.min(Math.max(this.view.y, -over.y), this.hall.height - over.y);
    this.soon();
  }

  /** Zooms so that the point under the finger stays there. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const at = this.point(px, py);
    this.view.scale = this.bounded(this.view.scale * factor);
    this.view.x = at.x - px / this.view.scale;
    this.view.y = at.y - py / this.view.scale;
    this.soon();
  }

  point(px, py) {
    return { x: this.view.x + px / this.view.scale, y: this.view.y + py / this.view.scale };
  }

  /** Something looks different: the kept picture is of no use any more. */
  change() {
    this.picture = null;
    this.soon();
  }

  soon() {
    if (this.asked || !this.hall) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  paint() {
    const { context, view, ratio } = this;
    const isZooming = this.picture && this.picture.scale !== view.scale;
    if (isZooming) this.sharpenSoon();
    if (!this.picture || (!isZooming && !this.covers())) this.draw();
    const { x, y, scale } = this.picture;
    const stretch = view.scale / scale;
    context.fillStyle = palette().paper;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(stretch, 0, 0, stretch,
      Math.round((x - view.x) * view.scale * ratio), Math.round((y - view.y) * view.scale * ratio));
    context.drawImage(this.kept, 0, 0);
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.drawCursor();
    this.frames += 1;
  }

  sharpenSoon() {
    clearTimeout(this.sharpening);
    this.sharpening = setTimeout(() => this.change(), 90);
  }

  covers() {
    const { view, picture } = this;
    return view.x >= picture.x && view.y >= picture.y &&
      view.x + this.width / view.scale <= picture.x + picture.width &&
      view.y + this.height / view.scale <= picture.y + picture.height;
  }

  /** The picture around the view. What the one before had of it is copied, not drawn again. */
  draw() {
    const { view, ratio } = this;
    const before = this.picture;
    const unit = view.scale * ratio;
    const [spanX, spanY] = [this.width / view.scale, this.height / view.scale];
    // On whole tiles, so that a copy is as sharp as what it was copied from and its pattern goes on.
    const [x, y] = [view.x - spanX * MARGIN, view.y - spanY * MARGIN]
      .map((at) => Math.round(at * unit / TILE) * TILE / unit);
    const [width, height] = [spanX * (1 + 2 * MARGIN), spanY * (1 + 2 * MARGIN)];
    this.picture = { scale: view.scale, x, y, width, height };
    [this.kept, this.spare] = [this.spare, this.kept];
    this.kept.width = Math.ceil(width * unit);
    this.kept.height = Math.ceil(height * unit);
    const brush = this.kept.getContext("2d", { alpha: false });
    if (!before) return this.drawPart(brush, this.picture);
    const [dx, dy] = [Math.round((before.x - x) * unit), Math.round((before.y - y) * unit)];
    brush.drawImage(this.spare, dx, dy);
    for (const part of this.uncovered(before)) this.drawPart(brush, part);
  }

  /** The parts of the picture that the one before had not: at most one beside and one below. */
  uncovered(before) {
    const { x, y, width, height } = this.picture;
    const right = before.x < x;
    const below = before.y < y;
    const wide = Math.min(Math.abs(before.x - x), width);
    const high = Math.min(Math.abs(before.y - y), height);
    return [
      { x: right ? x + width - wide : x, y, width: wide, height },
      { x, y: below ? y + height - high : y, width, height: high },
    ].filter((part) => part.width > 0 && part.height > 0);
  }

  drawPart(brush, part) {
    const unit = this.picture.scale * this.ratio;
    const sight = { unit, left: this.picture.x, top: this.picture.y, size: this.picture.scale };
    brush.save();
    brush.beginPath();
    const [left, top] = [Math.floor((part.x - sight.left) * unit) - 1, Math.floor((part.y - sight.top) * unit) - 1];
    brush.rect(left, top, Math.ceil(part.width * unit) + 3, Math.ceil(part.height * unit) + 3);
    brush.clip();
    brush.fillStyle = palette().paper;
    brush.fillRect(0, 0, this.kept.width, this.kept.height);
    this.drawStage(brush, sight);
    this.drawSeats(brush, sight, this.sort(part));
    this.drawLabels(brush, sight);
    brush.restore();
  }

  /** Seats in sight, by what they look like. */
  sort({ x, y, width, height }) {
    const batches = { taken: [], chosen: [], levels: [] };
    for (const block of this.hall.blocks) {
      if (block.x > x + width || block.x + block.width < x) continue;
      if (block.y > y + height || block.y + block.height < y) continue;
      for (let seat = block.first; seat < block.first + block.count; seat++) {
        const [seatX, seatY] = [this.hall.xs[seat], this.hall.ys[seat]];
        if (seatX > x + width || seatX + 1 < x || seatY > y + height || seatY + 1 < y) continue;
        if (this.chosen?.has(seat)) batches.chosen.push(seat);
        else if (this.states[seat] !== "a") batches.taken.push(seat);
        else (batches.levels[this.levels[seat]] ??= []).push(seat);
      }
    }
    return batches;
  }

  trace(brush, { unit, left, top, size }, seats) {
    const inset = size >= SHAPED ? 0.1 : 0.06;
    const side = (1 - 2 * inset) * unit;
    brush.beginPath();
    for (const seat of seats) {
      const x = (this.hall.xs[seat] + inset - left) * unit;
      const y = (this.hall.ys[seat] + inset - top) * unit;
      if (size >= 14) brush.roundRect(x, y, side, side, side * 0.22);
      else brush.rect(x, y, side, side);
    }
  }

  drawSeats(brush, sight, { taken, chosen, levels }) {
    const colours = palette();
    brush.fillStyle = colours.taken;
    this.trace(brush, sight, taken);
    brush.fill();
    if (sight.size >= SHAPED) this.cross(brush, sight, taken, colours.takenInk);
    levels.forEach((seats, level) => {
      brush.fillStyle = patternOf(brush, level);
      this.trace(brush, sight, seats);
      brush.fill();
    });
    brush.fillStyle = colours.chosen;
    this.trace(brush, sight, chosen);
    brush.fill();
    this.tick(brush, sight, chosen, colours.onChosen);
    if (sight.size >= NUMBERED) this.number(brush, sight, levels.flat(), colours);
  }

  cross(brush, { unit, left, top }, seats, colour) {
    brush.strokeStyle = colour;
    brush.lineWidth = Math.max(1, unit * 0.06);
    brush.beginPath();
    for (const seat of seats) {
      const [x, y] = [(this.hall.xs[seat] - left) * unit, (this.hall.ys[seat] - top) * unit];
      brush.moveTo(x + 0.34 * unit, y + 0.34 * unit);
      brush.lineTo(x + 0.66 * unit, y + 0.66 * unit);
      brush.moveTo(x + 0.66 * unit, y + 0.34 * unit);
      brush.lineTo(x + 0.34 * unit, y + 0.66 * unit);
    }
    brush.stroke();
  }

  tick(brush, { unit, left, top }, seats, colour) {
    brush.strokeStyle = colour;
    brush.lineWidth = Math.max(1, unit * 0.12);
    brush.beginPath();
    for (const seat of seats) {
      const [x, y] = [(this.hall.xs[seat] - left) * unit, (this.hall.ys[seat] - top) * unit];
      brush.moveTo(x + 0.28 * unit, y + 0.52 * unit);
      brush.lineTo(x + 0.44 * unit, y + 0.68 * unit);
      brush.lineTo(x + 0.74 * unit, y + 0.32 * unit);
    }
    brush.stroke();
  }

  number(brush, { unit, left, top }, seats, colours) {
    brush.font = `600 ${Math.round(unit * 0.32)}px system-ui, sans-serif`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    for (const seat of seats) {
      const x = (this.hall.xs[seat] + 0.5 - left) * unit;
      const y = (this.hall.ys[seat] + 0.52 - top) * unit;
      // The pattern must not eat the number.
      brush.fillStyle = colours.levels[this.levels[seat] % colours.levels.length];
      brush.fillRect(x - unit * 0.26, y - unit * 0.2, unit * 0.52, unit * 0.4);
      brush.fillStyle = colours.paper;
      brush.fillText(this.labels[seat], x, y);
    }
  }

  drawStage(brush, { unit, left, top }) {
    const { x, y, width, height } = this.hall.stage;
    brush.fillStyle = palette().stage;
    brush.beginPath();
    brush.roundRect((x - left) * unit, (y - top) * unit, width * unit, height * unit, unit);
    brush.fill();
    const size = Math.min(Math.max(unit * 1.2, 10 * this.ratio), 20 * this.ratio);
    this.write(brush, this.words.stage, (x + width / 2 - left) * unit, (y + height / 2 - top) * unit, size, unit * width);
  }

  drawLabels(brush, { unit, left, top, size }) {
    for (const block of this.hall.blocks) {
      const x = (block.x + block.width / 2 - left) * unit;
      const y = (block.y - 0.9 - top) * unit;
      const wanted = Math.min(Math.max(unit * 1.4, 11 * this.ratio), 22 * this.ratio, size < 5 ? unit * 3 : Infinity);
      this.write(brush, block.name, x, y, wanted, block.width * unit);
    }
  }

  write(brush, words, x, y, height, room) {
    brush.font = `600 ${Math.round(height)}px system-ui, sans-serif`;
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    brush.fillStyle = palette().ink;
    brush.fillText(words, x, y, room);
  }

  drawCursor() {
    if (this.cursor < 0) return;
    const { context, view, ratio, hall } = this;
    const unit = view.scale * ratio;
    const x = (hall.xs[this.cursor] - view.x) * unit;
    const y = (hall.ys[this.cursor] - view.y) * unit;
    context.lineWidth = 3 * ratio;
    context.strokeStyle = palette().paper;
    context.strokeRect(x - 2 * ratio, y - 2 * ratio, unit + 4 * ratio, unit + 4 * ratio);
    context.lineWidth = 2 * ratio;
    context.strokeStyle = palette().ink;
    context.strokeRect(x - 2 * ratio, y - 2 * ratio, unit + 4 * ratio, unit + 4 * ratio);
  }
}
