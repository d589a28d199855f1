import { $, Chart, Rate, act, call, duration, element, num, poll, rows, text } from "/sample.js";

const incoming = new Rate();
const outgoing = new Rate();
const chart = new Chart($("chart"), [
    { name: "in a second", color: "var(--in)" },
    { name: "out a second", color: "var(--out)" },
    { name: "waiting (right)", color: "var(--lag)", axis: "right", fill: true },
], { legend: $("legend") });
let listening = true;
let highest = 900;

function show(stats) {
    const inRate = incoming.update(stats.received);
    const outRate = outgoing.update(stats.delivery.delivered);
    text("pace", "delivered at " + num(stats.perSecond) + " a second, no more");
    text("in", num(inRate));
    text("received", num(stats.received) + " came to the topic");
    text("out", num(outRate));
    text("delay", stats.delivery.lastDelayMs === null ? "" : "newest one after " + duration(stats.delivery.lastDelayMs));
    showTank(stats, inRate, outRate);
    showProof(stats.delivery);
    text("failed", stats.failed ? num(stats.failed) : "");
    listening = stats.listening;
    text("listen", listening ? "Pause" : "Go on");
    chart.push(inRate, outRate, stats.waiting);
    links(stats);
}

function showTank(stats, inRate, outRate) {
    highest = Math.max(highest, stats.waiting);
    text("waiting", num(stats.waiting));
    $("water").style.height = (90 * stats.waiting) / highest + "%";
    const change = inRate - outRate;
    if (stats.waiting < 8) text("trend", "nothing piles up");
    else if (change > 0.5) text("trend", "+" + num(change) + " a second");
    else if (outRate > 0.5) text("trend", num(change) + " a second, empty in " + duration((1000 * stats.waiting) / Math.max(outRate - inRate, 0.1)));
    else text("trend", "it waits, and is not lost");
}

function showProof(delivery) {
    text("delivered", num(delivery.delivered));
    const fine = delivery.outOfOrder === 0;
    $("proof").replaceChildren(
        "out of order ", element("b", { class: fine ? "out" : "bad" }, num(delivery.outOfOrder)),
        ", repeats caught ", element("b", {}, num(delivery.duplicates)));
}

function links(stats) {
    $("bus").href = stats.busUrl + "/swagger-ui.html";
    $("shop").href = location.protocol + "//" + location.hostname + ":" + (Number(location.port) - 1) + "/";
    text("curl", `# what waits
curl ${stats.busUrl}/v1/groups/notification

# a notification that cannot be delivered
curl ${location.origin}/notifications -H 'Content-Type: application/json' -d '{"recipient":"nobody","text":"Hello"}'

# what failed, on the bus and here
curl '${stats.busUrl}/v1/topics/failed-messages/partitions/0/records'
curl ${location.origin}/failed

# correct it and send it back
curl ${location.origin}/failed/0-0/send-back -H 'Content-Type: application/json' -d '{"value":{"id":"a","recipient":"ann@example.com","text":"Hello"}}'`);
}

const clock = (ms) => new Date(ms).toLocaleTimeString([], { hour12: false });

function edit(message) {
    text("editId", message.id);
    $("value").value = JSON.stringify(message.value, null, 2);
    const dialog = $("edit");
    dialog.onclose = () => {
        if (dialog.returnValue !== "send") return;
        act(() => call("POST", "/failed/" + message.id + "/send-back", { value: JSON.parse($("value").value) }),
            (done) => (done.already ? "It was sent back before, to " : "Sent back to ") + done.topic + " " + done.copy)
            .then(showLists);
    };
    dialog.returnValue = "";
    dialog.showModal();
    $("value").setSelectionRange(0, 0);
    $("value").scrollTop = 0;
}

async function showLists() {
    try {
        const [failed, delivered] = await Promise.all([call("GET", "/failed"), call("GET", "/notifications")]);
        $("none").hidden = failed.length > 0;
        rows($("failures"), failed.slice(0, 6), (m) => [
            m.id, m.error.replace(/^\w+: /, ""), element("span", { class: "n" }, num(m.attempts)), "\u00a0\u00a0" + clock(m.failedAt),
            m.sentBackTo
                ? element("span", { class: "chip out" }, "sent back to " + m.sentBackTo)
                : element("button", { onclick: () => edit(m) }, "Edit, send back")]);
        document.querySelectorAll("#failures td:nth-child(3)").forEach((td) => td.classList.add("n"));
        rows($("deliveries"), delivered.slice(0, 6), (d) => [d.source, d.recipient, clock(d.deliveredAt)]);
        document.querySelectorAll("#deliveries td:nth-child(3)").forEach((td) => td.classList.add("n"));
    } catch (failure) { /* the light says so already */ }
}

$("listen").onclick = () => act(() => call("POST", "/delivery/" + (listening ? "stop" : "start")));
$("good").onclick = () => act(() => call("POST", "/notifications", { recipient: "ann@example.com", text: "Hello Ann" }), "It is on the bus");
$("bad").onclick = () => act(() => call("POST", "/notifications", { recipient: "ann at example", text: "Hello Ann" }), "It is on the bus; its delivery will fail");

poll("/stats", 1000, show);
(async function lists() {
    await showLists();
    setTimeout(lists, 1500);
})();
