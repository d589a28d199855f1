// The page: numbers and controls. The map is in map.js.

import { $, num, text, duration, call, act, poll, Chart, element } from "./sample.js";
import { CabMap, STATES } from "./map.js";

const CABS = [0, 10, 20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000, 3000, 4000, 5000];
const RATES = [1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, null];

const map = new CabMap($("map"), (message) => text("picked", message));
const chart = new Chart(
    $("chart"),
    [
        { name: "in/s", color: "var(--in)" },
        { name: "shown/s", color: "var(--out)" },
        { name: "lag", color: "var(--lag)", axis: "right", fill: true },
    ],
    { points: 120, legend: $("legend") });

/** What happened before the page was opened. */
call("GET", "stats/history").then((samples) => {
    samples.slice(-121).forEach((sample, i, all) => {
        if (i === 0) return;
        const seconds = Math.max(1, sample.atMs - all[i - 1].atMs) / 1000;
        const rate = (name) => Math.max(0, (sample[name] - all[i - 1][name]) / seconds);
        chart.push(rate("inLog"), rate("shown"), sample.lag);
    });
});

const whole = (value) => num(value, value > 0 && value < 9.95 ? 1 : 0);
const rateText = (rate) => (rate === null ? "no limit" : num(rate) + "/s");

// ---- numbers ------------------------------------------------------------------------------------

poll("stats?counts=false", 1000, (stats) => {
    links(stats.busUrl);
    text("in", whole(stats.inPerSecond));
    text("out", whole(stats.shownPerSecond));
    text("lag", num(stats.lag));
    text("behind", stats.behindMs < 1000 ? "0 s" : duration(stats.behindMs));
    text("inNote", num(stats.fixesIn) + " in the log");
    text("outNote", stats.ratePerSecond === null ? "as fast as it can" : `at most ${num(stats.ratePerSecond)}/s`);
    text("lagNote", trend(stats));
    text("ageNote", stats.cabs ? "median age of a cab " + duration(stats.age.medianMs) : "no cab yet");
    text("order", `out of order ${num(stats.orderViolations)} · missed ${num(stats.missed)} · repeated ${num(stats.repeated)}`);
    $("order").className = stats.orderViolations > 0 ? "note bad" : "note";
    $("states").replaceChildren(...STATES.map((state) => stateItem(state, stats.states[state.name])));
    $("lanes").replaceChildren(...lanes(stats.lanes));
    chart.push(stats.inPerSecond, stats.shownPerSecond, stats.lag);
    map.behindMs = stats.behindMs;
    setUnlessHeld("rate", RATES.indexOf(stats.ratePerSecond), () => rateText(stats.ratePerSecond));
});

function trend(stats) {
    const change = stats.inPerSecond - stats.shownPerSecond;
    if (stats.lag > 20 && change < -1) return "empty in " + duration((stats.lag / -change) * 1000);
    if (stats.lag > 20 && change > 1) return "growing by " + num(change) + "/s";
    return stats.lag > 20 ? "steady" : "keeps up";
}

function stateItem(state, count) {
    const mark = element("i");
    mark.style.background = state.color;
    return element("span", { title: state.meaning }, mark, `${state.name} ${num(count)}`);
}

function lanes(partitions) {
    const most = Math.max(1, ...partitions.map((p) => p.end - p.nextOffset));
    return partitions.map((p) => {
        const fill = element("i");
        fill.style.width = (100 * (p.end - p.nextOffset)) / most + "%";
        return element(
            "div",
            { class: "lane", title: `partition ${p.partition}: next offset ${p.nextOffset} of ${p.end}` },
            element("div", { class: "note" }, element("span", {}, "p" + p.partition), element("span", {}, num(p.end - p.nextOffset) + " waiting")),
            element("div", { class: "bar" }, fill),
            element("div", { class: "note" }, element("span", {}, "offset"), element("span", {}, num(p.nextOffset))));
    });
}

// ---- cabs on the map ----------------------------------------------------------------------------

let version = 0;
async function follow() {
    try {
        const answer = await call("GET", "cabs?since=" + version);
        if (answer.version < version) {
            map.clear();
            version = 0;
        } else {
            map.update(answer.items, version === 0);
            version = answer.version;
        }
    } catch (failure) {
        // The light of the page tells; the next round tries again.
    }
    setTimeout(follow, 1000);
}
call("GET", "roads").then((roads) => map.lay(roads)).then(follow);

// ---- controls -----------------------------------------------------------------------------------

const held = new Set();
function setUnlessHeld(id, index, label) {
    if (held.has(id)) return;
    if (index >= 0) $(id).value = index;
    text(id + "Value", label());
}

function slider(id, values, label, send) {
    $(id).addEventListener("input", () => {
        held.add(id);
        text(id + "Value", label(values[$(id).value]));
    });
    $(id).addEventListener("change", async () => {
        await act(() => send(values[$(id).value]));
        held.delete(id);
    });
}

const cabsText = (cabs) => `${num(cabs)} · ${whole(cabs / 10)}/s`;
slider("cabs", CABS, cabsText, (cabs) => call("POST", "fleet", { cabs }));
slider("rate", RATES, rateText, (ratePerSecond) => call("POST", "dashboard", { ratePerSecond }));

poll("fleet", 1000, (fleet) => {
    setUnlessHeld("cabs", CABS.findIndex((size) => size >= fleet.cabs), () => cabsText(fleet.cabs));
    $("cabs").title = `waiting for the bus ${num(fleet.waiting)}, dropped ${num(fleet.dropped)}, skipped ${num(fleet.skipped)}`;
}, element("span"));

$("import").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => act(async () => {
    const file = $("file").files[0];
    const speed = $("speed").value;
    $("file").value = "";
    return call("POST", "fixes/import" + (speed ? "?speed=" + speed : ""), await file.text(), "text/csv");
}, (done) => `${num(done.vehicles)} vehicles, ${num(done.points)} points`));

$("clear").addEventListener("click", (event) => act(async () => {
    event.preventDefault();
    await call("DELETE", "cabs");
    map.clear();
}, "The map is empty; the log is not"));

poll("fixes/import", 1000, (state) => {
    const progress = `${num(state.sent)} of ${num(state.points)} points of ${num(state.vehicles)} vehicles sent`;
    text("importNote", state.running ? progress : state.failure ? `${progress}: ${state.failure}` : state.points ? progress : "");
}, element("span"));

poll("speeding?limit=3", 2000, (report) => {
    const worst = report.worst.map((w) => `${w.cab} ${num(w.fixesOver)}`).join(", ");
    text("speeding", `${num(report.over)} of ${num(report.checked)} fixes above ${num(report.limitKmh)} km/h`
        + (worst ? ` · most often ${worst}` : ""));
}, element("span"));

// ---- links and commands -------------------------------------------------------------------------

function links(bus) {
    if ($("bus").dataset.url === bus) return;
    $("bus").dataset.url = bus;
    $("bus").href = bus + "/swagger-ui.html";
    text("curl", [
        `curl -d '{"cabs":1000}' ${location.origin}/fleet`,
        `curl -d '{"ratePerSecond":50}' ${location.origin}/dashboard`,
        `curl --data-binary @tracks.csv '${location.origin}/fixes/import?speed=60'`,
        `curl ${location.origin}/stats`,
        `curl ${location.origin}/cabs/cab-0001`,
        ``,
        `# the same log, straight from the bus: by offset, as a group of your own, and the lag above`,
        `curl '${bus}/v1/topics/fixes/partitions/0/records?offset=latest&wait=10s'`,
        `curl -X POST '${bus}/v1/groups/my-group/members/me/poll?topics=fixes&max=5'`,
        `curl ${bus}/v1/groups/gps-dashboard`,
        `curl -d '{"lon":23.7311,"lat":37.9842}' '${bus}/v1/topics/fixes?key=my-cab'`,
    ].join("\n"));
}
