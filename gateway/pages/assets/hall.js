// Where the seats of a hall are drawn: one seat is one unit, the stage is on top.

const GAP = 1.8;
const LABEL = 2.2;
const STAGE = 3;
const MOST_BLOCKS = 6;

/** Lays a seat map out: sections as blocks, neighbours of one kind side by side. */
export function layOut(map) {
  const hall = { blocks: [], xs: new Float32Array(map.seats.length), ys: new Float32Array(map.seats.length) };
  let top = STAGE + 0.4;
  const lines = bands(map.sections).flatMap(rowsOfBlocks);
  const widths = lines.map((line) => line.reduce((sum, { width }) => sum + width + GAP, -GAP));
  hall.width = Math.max(...widths, 8) + 2 * GAP;
  lines.forEach((line, index) => {
    let left = (hall.width - widths[index]) / 2;
    for (const block of line) {
      place(hall, block, left, top + LABEL);
      left += block.width + GAP;
    }
    top += LABEL + Math.max(...line.map(({ height }) => height)) + GAP;
  });
  hall.height = top;
  const stage = Math.max(hall.width * 0.4, 6);
  hall.stage = { x: (hall.width - stage) / 2, y: 0.8, width: stage, height: STAGE - 1 };
  return hall;
}

/** `Floor 1` and `Floor 2` are of one kind, and so are 101 and 112. */
function kind(name) {
  return /^\d{3,}$/.test(name) ? name.slice(0, -2) : name.replace(/\s*\S+$/, "");
}

function bands(sections) {
  const found = [];
  for (const section of sections) {
    const name = kind(section.section);
    const last = found.at(-1);
    if (last?.name === name) last.sections.push(section);
    else found.push({ name, sections: [section] });
  }
  return found;
}

function rowsOfBlocks({ sections }) {
  const lines = Math.ceil(sections.length / MOST_BLOCKS);
  const each = Math.ceil(sections.length / lines);
  const blocks = sections.map((section) => ({
    ...section,
    name: section.section,
    width: Math.max(...section.rows.map(({ count }) => count)),
    height: section.rows.length,
  }));
  return Array.from({ length: lines }, (_, line) => blocks.slice(line * each, (line + 1) * each));
}

function place(hall, block, x, y) {
  hall.blocks.push(Object.assign(block, { x, y }));
  block.rows.forEach((row, line) => {
    row.left = x + Math.floor((block.width - row.count) / 2);
    for (let index = 0; index < row.count; index++) {
      hall.xs[row.first + index] = row.left + index;
      hall.ys[row.first + index] = y + line;
    }
  });
}

/** The number of the seat at a point, or -1. */
export function seatAt(hall, x, y) {
  const block = blockAt(hall, x, y);
  const row = block?.rows[Math.floor(y - block.y)];
  const index = row ? Math.floor(x - row.left) : -1;
  return row && index >= 0 && index < row.count ? row.first + index : -1;
}

export function blockAt(hall, x, y) {
  return hall.blocks.find((block) => x >= block.x && x < block.x + block.width &&
    y >= block.y && y < block.y + block.height);
}

/** The next seat in a direction, across aisles; the same one when there is none. */
export function neighbour(hall, seat, dx, dy) {
  for (let step = 1; step < 60; step++) {
    const x = hall.xs[seat] + 0.5 + dx * step;
    const y = hall.ys[seat] + 0.5 + dy * step;
    const found = seatAt(hall, x, y);
    if (found >= 0) return found;
  }
  return seat;
}

export const blockOf = (hall, seat) => hall.blocks.find(({ first, count }) => seat >= first && seat < first + count);
export const rowOf = (block, seat) => block.rows.find(({ first, count }) => seat >= first && seat < first + count);
