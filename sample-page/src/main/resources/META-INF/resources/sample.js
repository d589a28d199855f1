// What the sample pages share: polling, numbers, rates from totals, one line chart. No dependencies.

export const $ = (id) => document.getElementById(id);

/** 1234567 as 1 234 567, with as many decimals as asked. */
export function num(value, decimals = 0) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    return value.toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))/g, "\u2009");
}

export function text(id, value) {
    $(id).textContent = value;
}

/** Milliseconds as 350 ms, 12 s, 3 min 20 s. */
export function duration(ms) {
    if (ms === null || ms === undefined) return "–";
    if (ms < 1000) return Math.round(ms) + " ms";
    const seconds = Math.round(ms / 1000);
    return seconds < 60 ? seconds + " s" : Math.floor(seconds / 60) + " min " + (seconds % 60) + " s";
}

/** Calls the API; a problem document becomes an Error with its detail. */
export async function call(method, path, body, type = "application/json") {
    const options = { method, headers: { Accept: "application/json" } };
    if (body !== undefined) {
        options.headers["Content-Type"] = type;
        options.body = type === "application/json" ? JSON.stringify(body) : body;
    }
    const response = await fetch(path, options);
    const answer = await response.text();
    const json = answer ? JSON.parse(answer) : null;
    if (!response.ok) throw new Error((json && (json.detail || json.title)) || response.statusText);
    return json;
}

/** Runs an action and shows what came of it at the foot of the page. */
export async function act(action, done) {
    try {
        const result = await action();
        if (done) toast(typeof done === "function" ? done(result) : done);
        return result;
    } catch (failure) {
        toast(failure.message);
        return null;
    }
}

let toastTimer;
export function toast(message) {
    let box = $("toast");
    if (!box) {
        box = document.createElement("div");
        box.id = "toast";
        box.setAttribute("role", "status");
        document.body.append(box);
    }
    box.textContent = message;
    box.classList.add("shown");
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => box.classList.remove("shown"), 3500);
}

/**
 * Fetches a path again and again, one request at a time, and hands the answer on; the light shows
 * whether that works.
 */
export function poll(path, everyMs, show, light = $("light")) {
    const step = async () => {
        try {
            const stats = await call("GET", path);
            show(stats);
            light.className = "light " + (stats.connected === false ? "off" : "on");
            light.title = stats.connected === false ? "the bus cannot be reached" : "live";
        } catch (failure) {
            light.className = "light off";
            light.title = failure.message;
        }
        setTimeout(step, everyMs);
    };
    step();
}

/** Events a second from a growing total, averaged over a few seconds. */
export class Rate {
    constructor(windowMs = 3000) {
        this.windowMs = windowMs;
        this.seen = [];
    }

    /** Takes the total of now; answers the rate. A total that shrinks (a restart) begins anew. */
    update(total, nowMs = performance.now()) {
        const last = this.seen[this.seen.length - 1];
        if (last && total < last.total) this.seen = [];
        this.seen.push({ total, nowMs });
        while (this.seen.length > 2 && nowMs - this.seen[0].nowMs > this.windowMs) this.seen.shift();
        const first = this.seen[0];
        return nowMs > first.nowMs ? ((total - first.total) * 1000) / (nowMs - first.nowMs) : 0;
    }
}

/**
 * Lines over time in an <svg class="chart">. series: [{name, color, axis: "left" | "right", fill}].
 * Each push adds one value a series; the oldest falls out at the left.
 */
export class Chart {
    constructor(svg, series, { points = 120, legend } = {}) {
        this.svg = svg;
        this.series = series.map((s) => ({ axis: "left", ...s, values: [] }));
        this.points = points;
        if (legend) {
            legend.className = "legend";
            legend.replaceChildren(
                ...series.map((s) => {
                    const item = document.createElement("span");
                    const mark = document.createElement("i");
                    mark.style.background = s.color;
                    item.append(mark, s.name);
                    return item;
                }));
        }
    }

    push(...values) {
        this.series.forEach((s, i) => {
            s.values.push(values[i] ?? 0);
            if (s.values.length > this.points) s.values.shift();
        });
        this.draw();
    }

    draw() {
        const width = this.svg.clientWidth || 800;
        const height = this.svg.clientHeight || 190;
        const left = 34;
        const right = this.series.some((s) => s.axis === "right") ? 42 : 8;
        const area = { left, right: width - right, top: 8, bottom: height - 8 };
        this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
        const top = { left: this.topOf("left"), right: this.topOf("right") };
        this.svg.innerHTML = this.grid(area, top) + this.series.map((s) => this.path(s, area, top[s.axis])).join("");
    }

    /** The axis ends at a round number above all of its values. */
    topOf(axis) {
        const values = this.series.filter((s) => s.axis === axis).flatMap((s) => s.values);
        const max = Math.max(1, ...values);
        const unit = 10 ** Math.floor(Math.log10(max));
        return [1, 2, 4, 5, 8, 10].map((m) => m * unit).find((t) => t >= max);
    }

    grid(area, top) {
        const hasRight = this.series.some((s) => s.axis === "right");
        let marks = "";
        for (let i = 0; i <= 4; i++) {
            const y = area.bottom - ((area.bottom - area.top) * i) / 4;
            const label = (t) => ((t * i) / 4 >= 10 || Number.isInteger((t * i) / 4) ? Math.round((t * i) / 4) : ((t * i) / 4).toFixed(1));
            marks += `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${y}" y2="${y}"/>`;
            marks += `<text x="${area.left - 6}" y="${y + 4}" text-anchor="end">${label(top.left)}</text>`;
            if (hasRight) marks += `<text x="${area.right + 6}" y="${y + 4}">${label(top.right)}</text>`;
        }
        return marks;
    }

    path(series, area, top) {
        const step = (area.right - area.left) / (this.points - 1);
        const from = this.points - series.values.length;
        const at = series.values.map((value, i) => {
            const y = area.bottom - (Math.min(value, top) / top) * (area.bottom - area.top);
            return `${(area.left + (from + i) * step).toFixed(1)},${y.toFixed(1)}`;
        });
        if (at.length === 0) return "";
        const line = `<path d="M${at.join("L")}" style="stroke:${series.color}"/>`;
        if (!series.fill) return line;
        const foot = (x) => `${x.toFixed(1)},${area.bottom}`;
        const ground = `M${foot(area.left + from * step)}L${at.join("L")}L${foot(area.right)}Z`;
        return `<path d="${ground}" style="stroke:none;fill:${series.color};opacity:.16"/>` + line;
    }
}

/** Puts cells into a table body, text only; a cell may be an element. */
export function rows(body, items, cells) {
    body.replaceChildren(
        ...items.map((item) => {
            const row = document.createElement("tr");
            for (const cell of cells(item)) {
                const td = document.createElement("td");
                td.append(cell ?? "");
                if (typeof cell === "string") td.title = cell;
                row.append(td);
            }
            return row;
        }));
}

export function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
        else if (name === "class") made.className = value;
        else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
}
