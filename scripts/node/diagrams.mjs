// Renders every Mermaid block of every page of the repository at FOLDER with the browser that
// BROWSER names, and fails with those that do not render.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { renderMermaid } from "@mermaid-js/mermaid-cli";
import puppeteer from "puppeteer";

const [folder] = process.argv.slice(2);
const built = new Set(["target", "node_modules"]);
const pages = pagesBelow("");

// Read from the folder, not from git: a machine that only runs the project need not have it.
function pagesBelow(under) {
  return readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith(".") || built.has(entry.name) ? [] : pagesBelow(path);
    }
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

// A page in another language has the same blocks.
const seen = new Set();

function blocksOf(page) {
  const text = readFileSync(join(folder, page), "utf8");
  return [...text.matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
}

// The sandbox of Chromium needs rights that containers and root do not have.
const browser = await puppeteer.launch({
  executablePath: process.env.BROWSER,
  args: ["--no-sandbox", "--disable-gpu"],
});
let drawn = 0;
const broken = [];
for (const page of pages) {
  for (const [index, block] of blocksOf(page).entries()) {
    if (seen.has(block)) continue;
    seen.add(block);
    try {
      const { data } = await renderMermaid(browser, block, "svg");
      if (Buffer.from(data).includes("Syntax error")) throw new Error("Syntax error");
      drawn += 1;
    } catch (error) {
      broken.push(`${page}, block ${index + 1}: ${error.message.split("\n").slice(0, 4).join(" ")}`);
    }
  }
}
await browser.close();
console.log(`${drawn} diagrams drawn, ${broken.length} broken`);
broken.forEach((line) => console.error(line));
process.exit(broken.length || drawn < 5 ? 1 : 0);
