// The map: own projection on a canvas, roads drawn once, cabs that glide from fix to fix.

const FRESH_MS = 11000;
const STALE_MS = 30000;
const MAX_GLIDE_MS = 10000;
const FRAME_MS = 40;
const MAX_TRAILS = 600;
const PADDING = 18;

export const STATES = [
    { name: "fresh", color: "var(--out)", meaning: "last fix younger than 11 s" },
    { name: "ageing", color: "var(--lag)", meaning: "last fix older than 11 s" },
    { name: "stale", color: "var(--bad)", meaning: "older than 30 s; its fixes wait in the log" },
    { name: "silent", color: "var(--soft)", meaning: "older than 30 s; it has sent nothing since" },
];

export class CabMap {
    constructor(canvas, tell) {
        this.canvas = canvas;
        this.tell = tell;
        this.cabs = new Map();
        this.behindMs = 0;
        this.pointer = null;
        this.picked = null;
        this.lastFrame = 0;
        canvas.addEventListener("pointermove", (e) => (this.pointer = [e.offsetX, e.offsetY]));
        canvas.addEventListener("pointerleave", () => (this.pointer = null));
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.fit());
        new ResizeObserver(() => this.fit()).observe(canvas);
    }

    /** Takes the roads and begins to draw. */
    lay(roads) {
        this.roads = roads;
        const lons = roads.crossings.map((c) => c[0]);
        const lats = roads.crossings.map((c) => c[1]);
        this.bounds = { west: Math.min(...lons), east: Math.max(...lons), south: Math.min(...lats), north: Math.max(...lats) };
        this.fit();
        requestAnimationFrame((now) => this.frame(now));
    }

    clear() {
        this.cabs.clear();
    }

    /** Takes cabs as the API lists them; the first time they do not glide. */
    update(items, first) {
        const now = performance.now();
        for (const item of items) {
            const old = this.cabs.get(item.cab);
            const cab = { ...item, sentAt: now - item.ageMs, startedAt: now, glideMs: 0, from: [item.lon, item.lat] };
            if (old && !first && old.trip === item.trip) {
                cab.from = this.positionOf(old, now);
                cab.glideMs = Math.min(MAX_GLIDE_MS, now - old.startedAt);
            }
            this.cabs.set(item.cab, cab);
        }
    }

    positionOf(cab, now) {
        const part = cab.glideMs > 0 ? Math.min(1, (now - cab.startedAt) / cab.glideMs) : 1;
        return [cab.from[0] + (cab.lon - cab.from[0]) * part, cab.from[1] + (cab.lat - cab.from[1]) * part];
    }

    stateOf(cab, now) {
        const age = now - cab.sentAt;
        if (age < FRESH_MS) return 0;
        if (age < STALE_MS) return 1;
        return age < this.behindMs + STALE_MS ? 2 : 3;
    }

    /** Sizes the canvas to the screen's pixels and draws the roads aside, once. */
    fit() {
        if (!this.roads) return;
        const ratio = devicePixelRatio || 1;
        const width = this.canvas.clientWidth;
        const height = this.canvas.clientHeight;
        this.canvas.width = width * ratio;
        this.canvas.height = height * ratio;
        const { west, east, south, north } = this.bounds;
        const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
        const scale = Math.min((width - 2 * PADDING) / ((east - west) * squeeze), (height - 2 * PADDING) / (north - south));
        const left = (width - (east - west) * squeeze * scale) / 2;
        const top = (height - (north - south) * scale) / 2;
        this.project = ([lon, lat]) => [left + (lon - west) * squeeze * scale, top + (north - lat) * scale];
        const style = getComputedStyle(document.documentElement);
        const value = (name) => style.getPropertyValue(name).trim();
        this.colors = STATES.map((state) => value(state.color.slice(4, -1)));
        this.ink = { ground: value("--ground"), road: value("--card"), edge: value("--soft"), text: value("--ink") };
        this.ground = this.drawRoads(ratio);
    }

    drawRoads(ratio) {
        const ground = document.createElement("canvas");
        ground.width = this.canvas.width;
        ground.height = this.canvas.height;
        const pen = ground.getContext("2d");
        pen.scale(ratio, ratio);
        pen.fillStyle = this.ink.ground;
        pen.fillRect(0, 0, ground.width, ground.height);
        pen.lineCap = "round";
        // The edges of all roads first, so that crossings stay open.
        for (const [avenue, edge, width] of [[0, 1, 5.4], [1, 1, 9.4], [0, 0, 3.8], [1, 0, 7.6]]) {
            pen.strokeStyle = edge ? this.ink.edge : this.ink.road;
            pen.globalAlpha = edge ? 0.32 : 1;
            pen.lineWidth = width;
            pen.beginPath();
            for (const [from, to, isAvenue] of this.roads.roads) {
                if (isAvenue !== avenue) continue;
                pen.moveTo(...this.project(this.roads.crossings[from]));
                pen.lineTo(...this.project(this.roads.crossings[to]));
            }
            pen.stroke();
        }
        pen.globalAlpha = 1;
        return ground;
    }

    frame(now) {
        requestAnimationFrame((next) => this.frame(next));
        if (now - this.lastFrame < FRAME_MS || !this.ground) return;
        this.lastFrame = now;
        const pen = this.canvas.getContext("2d");
        pen.setTransform(1, 0, 0, 1, 0, 0);
        pen.drawImage(this.ground, 0, 0);
        const ratio = devicePixelRatio || 1;
        pen.scale(ratio, ratio);
        const shown = [...this.cabs.values()].map((cab) => ({
            cab,
            at: this.project(this.positionOf(cab, now)),
            state: this.stateOf(cab, now),
        }));
        if (shown.length <= MAX_TRAILS) shown.forEach((s) => this.drawTrail(pen, s, 1.6, 0.4));
        this.drawCabs(pen, shown);
        this.pick(pen, shown, now);
    }

    drawTrail(pen, { cab, at, state }, width, strength) {
        if (cab.trail.length < 2 || (state === 3 && strength < 1)) return;
        pen.globalAlpha = strength;
        pen.strokeStyle = this.colors[state];
        pen.lineWidth = width;
        pen.lineJoin = "round";
        pen.beginPath();
        cab.trail.slice(0, -1).forEach((point, i) => {
            const [x, y] = this.project(point);
            if (i === 0) pen.moveTo(x, y);
            else pen.lineTo(x, y);
        });
        pen.lineTo(...at);
        pen.stroke();
        pen.globalAlpha = 1;
    }

    /** The ones that need attention lie on top. */
    drawCabs(pen, shown) {
        const radius = shown.length > 1500 ? 2.2 : shown.length > 400 ? 3.2 : 4.6;
        for (const state of [3, 0, 1, 2]) {
            pen.fillStyle = this.colors[state];
            pen.globalAlpha = state === 3 ? 0.45 : 1;
            pen.beginPath();
            for (const s of shown) {
                if (s.state !== state) continue;
                pen.moveTo(s.at[0] + radius, s.at[1]);
                pen.arc(s.at[0], s.at[1], radius, 0, 2 * Math.PI);
            }
            pen.fill();
            if (radius > 3) {
                pen.strokeStyle = this.ink.road;
                pen.lineWidth = 1.2;
                pen.stroke();
            }
        }
        pen.globalAlpha = 1;
    }

    /** Tells of the cab under the pointer. */
    pick(pen, shown, now) {
        if (!this.pointer) return;
        let nearest = null;
        let least = 18;
        for (const s of shown) {
            const distance = Math.hypot(s.at[0] - this.pointer[0], s.at[1] - this.pointer[1]);
            if (distance < least) [nearest, least] = [s, distance];
        }
        if (!nearest) return;
        const cab = nearest.cab;
        this.drawTrail(pen, nearest, 3, 1);
        pen.strokeStyle = this.ink.text;
        pen.lineWidth = 2;
        pen.beginPath();
        pen.arc(nearest.at[0], nearest.at[1], 8, 0, 2 * Math.PI);
        pen.stroke();
        this.tell(`${cab.cab} · ${cab.speedKmh.toFixed(0)} km/h · ${Math.round((now - cab.sentAt) / 1000)} s ago · partition ${cab.partition}, offset ${cab.offset}`);
    }
}
