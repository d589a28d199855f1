import { $, Chart, Rate, act, call, element, num, poll, rows, text } from "/sample.js";

const COLORS = ["var(--out)", "var(--lag)", "var(--in)"];
const total = new Rate();
const rates = {};
let chart;
let built = false;

function producerRow(producer) {
    const on = element("input", { type: "checkbox", "aria-label": producer.name + " on or off" });
    const slider = element("input", { type: "range", min: 1, max: 60, "aria-label": producer.name + " notices a second" });
    const sent = element("span", { class: "note" });
    const rate = element("output");
    const change = (body) => act(() => call("PUT", "/producers/" + producer.id, body));
    on.addEventListener("change", () => change({ running: on.checked }));
    slider.addEventListener("input", () => (rate.value = slider.value + " / s"));
    slider.addEventListener("change", () => change({ perSecond: Number(slider.value) }));
    const row = element("div", { class: "producer", id: producer.id },
        element("label", { class: "switch" }, on, element("span")),
        element("div", {}, element("b", {}, producer.name), sent),
        slider, rate);
    row.show = (now) => {
        on.checked = now.running;
        sent.textContent = num(now.sent) + " sent" + (now.failed ? ", " + num(now.failed) + " failed" : "");
        if (document.activeElement !== slider) {
            slider.value = now.perSecond;
            rate.value = num(now.perSecond, now.perSecond % 1 ? 1 : 0) + " / s";
        }
    };
    return row;
}

function build(stats) {
    built = true;
    $("producers").replaceChildren(...stats.producers.map(producerRow));
    stats.producers.forEach((p) => (rates[p.id] = new Rate()));
    chart = new Chart($("chart"),
        stats.producers.map((p, i) => ({ name: p.name, color: COLORS[i] })), { legend: $("legend") });
    $("bus").href = stats.busUrl + "/swagger-ui.html";
    $("notifier").href = location.protocol + "//" + location.hostname + ":" + (Number(location.port) + 1) + "/";
    text("curl", `shop=${location.origin}
bus=${stats.busUrl}
json='Content-Type: application/json'

# an order
curl $shop/orders -H "$json" -d '
  {"customer":"17850","lines":[{"sku":"71053",
   "quantity":6,"unitPrice":3.39}]}'

# what the bus holds
curl $bus/v1/topics/orders/partitions/0/records

# a burst; a file of invoices
curl -X POST $shop/producers/burst?seconds=20
curl --data-binary @orders.csv \\
  $shop/orders/import`);
}

function show(stats) {
    if (!built) build(stats);
    const sum = stats.producers.reduce((all, p) => all + p.sent, 0);
    text("rate", num(total.update(sum)));
    text("sent", num(sum) + " since the start");
    text("accepted", num(stats.orders.accepted));
    text("imported", num(stats.orders.imported));
    text("cancelled", num(stats.orders.cancelled) + " of them cancelled");
    text("refused", num(stats.orders.refused));
    stats.producers.forEach((p) => $(p.id).show(p));
    chart.push(...stats.producers.map((p) => rates[p.id].update(p.sent)));
    showBurst(stats.burst);
}

function showBurst(burst) {
    $("burst").disabled = burst.running;
    const done = burst.sent + burst.failed;
    document.querySelector("#bar i").style.width = (burst.total ? (100 * done) / burst.total : 0) + "%";
    if (burst.total) {
        text("burstNote", (burst.running ? "Burst: " : "Last burst: ") + num(burst.sent) + " of " + num(burst.total) +
            " sent" + (burst.failed ? ", " + num(burst.failed) + " failed" : ""));
    }
}

async function showOrders() {
    try {
        const orders = await call("GET", "/orders");
        rows($("orders"), orders.slice(0, 8), (o) => [
            o.orderId,
            element("span", { class: "chip " + (o.type === "cancelled" ? "bad" : "out") }, o.type),
            o.key, num(o.lines), num(o.total, 2), o.record]);
        document.querySelectorAll("#orders td:nth-child(n+4)").forEach((td) => td.classList.add("n"));
    } catch (failure) { /* the light says so already */ }
    setTimeout(showOrders, 1500);
}

const ARTICLES = [
    ["85123A", "White hanging heart T-light holder", 2.55],
    ["71053", "White metal lantern", 3.39],
    ["22752", "Set of 7 babushka nesting boxes", 7.65],
    ["84879", "Assorted colour bird ornament", 1.69],
];

function anOrder() {
    const customer = String(12000 + Math.floor(Math.random() * 6000));
    const picked = ARTICLES.filter(() => Math.random() < 0.6);
    return {
        customer,
        email: "customer" + customer + "@example.com",
        country: "United Kingdom",
        lines: (picked.length ? picked : ARTICLES.slice(0, 1)).map(([sku, description, unitPrice]) =>
            ({ sku, description, unitPrice, quantity: 1 + Math.floor(Math.random() * 11) })),
    };
}

$("order").onclick = () => act(() => call("POST", "/orders", anOrder()), (o) => "Order " + o.orderId + " is on the bus at " + o.record);
$("allOn").onclick = () => act(() => call("POST", "/producers/start"));
$("allOff").onclick = () => act(() => call("POST", "/producers/stop"));
$("burst").onclick = () => act(() => call("POST", "/producers/burst?seconds=20"), (b) => num(b.total) + " notices in 20 s");
$("import").onclick = () => $("file").click();
$("file").onchange = async () => {
    const [file] = $("file").files;
    if (!file) return;
    await act(() => call("POST", "/orders/import", file, "text/csv"),
        (done) => `${num(done.invoices)} invoices with ${num(done.lines)} lines are on the bus; ${num(done.cancelled)} cancelled`);
    $("file").value = "";
};

poll("/stats", 1000, show);
showOrders();
