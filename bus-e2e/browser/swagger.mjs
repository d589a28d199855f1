// Uses Swagger UI as a person would: "Try it out", fill in, "Execute", read the answer.
// node swagger.mjs BUS_URL CHROMIUM_FOLDER SCREENSHOT; prints what it saw as one JSON document.
import { launch } from "./browser.mjs";

const [busUrl, folder, screenshot] = process.argv.slice(2);
const browser = await launch(folder);
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 } });
  const offHost = [];
  const errors = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== new URL(busUrl).host) {
      offHost.push(request.url());
    }
  });
  page.on("pageerror", (error) => errors.push(String(error)));

  await page.goto(`${busUrl}/swagger-ui.html`);
  const produce = await tryOut(page, "post", "/v1/topics/{topic}", { topic: "from-browser" }, {
    type: "application/json",
    text: '{"from":"a browser"}',
  });
  const poll = await tryOut(page, "post", "/v1/groups/{group}/members/{member}/poll", {
    group: "browsers",
    member: "one",
    topics: "from-browser",
    wait: "5s",
  });
  await page.screenshot({ path: screenshot, fullPage: true });
  console.log(JSON.stringify({ produce, poll, offHost, errors }));
} finally {
  await browser.close();
}

async function tryOut(page, method, path, parameters, body) {
  const block = page
    .locator(`.opblock-${method}`)
    .filter({ has: page.locator(`[data-path="${path}"]`) });
  await block.locator(".opblock-summary-control").click();
  await block.locator(".try-out__btn").first().waitFor();
  if ((await block.locator(".try-out__btn.cancel").count()) === 0) {
    await block.locator(".try-out__btn").click();
  }
  for (const [name, value] of Object.entries(parameters)) {
    await block.locator(`tr[data-param-name="${name}"] input[type="text"]`).fill(value);
  }
  if (body) {
    const types = block.locator(".opblock-section-request-body .content-type");
    if ((await types.count()) > 0) await types.selectOption(body.type);
    await block.locator("textarea.body-param__text").fill(body.text);
  }
  await block.locator(".btn.execute").click();
  const answer = block.locator(".live-responses-table tbody tr").first();
  await answer.locator(".highlight-code").first().waitFor();
  return {
    status: Number((await answer.locator(".response-col_status").innerText()).trim().split(/\s/)[0]),
    body: JSON.parse(await answer.locator(".highlight-code code, .highlight-code pre").first().innerText()),
  };
}
