// A headless Chromium out of the npm package, unpacked into a folder of ours, with the package's own
// fonts and libraries where the machine has none.
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Launches a browser; `folder` keeps what is unpacked, for the next time. */
export async function launch(folder) {
  mkdirSync(folder, { recursive: true });
  process.env.TMPDIR = folder; // where the package unpacks to
  const { default: packaged, inflate } = await import("@sparticuz/chromium");
  const executablePath = await packaged.executablePath();
  const env = { ...process.env };
  if (!existsSync("/etc/fonts/fonts.conf")) {
    env.FONTCONFIG_PATH = join(folder, "fonts");
  }
  try {
    return await chromium.launch({ executablePath, args: FLAGS, env });
  } catch (e) {
    if (!/shared libraries/.test(e.message)) throw e;
    const main = createRequire(import.meta.url).resolve("@sparticuz/chromium");
    await inflate(join(dirname(main), "..", "bin", "al2023.tar.br"));
    env.LD_LIBRARY_PATH = join(folder, "al2023", "lib");
    return await chromium.launch({ executablePath, args: FLAGS, env });
  }
}
