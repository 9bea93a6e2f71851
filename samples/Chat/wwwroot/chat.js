import * as outbox from "./outbox.js";
import * as view from "./view.js";

const mostLines = 500;

// The server that the page came from, or the one that ?server= names: the rooms are the same on all.
const server = new URL(new URLSearchParams(location.search).get("server") ?? location.origin).origin;
const rooms = new Map();
let room;               // the one that is looked at
let name = sessionStorage.getItem("chat:name");
let arrival = 0;        // counts arrivals: one that was overtaken, by another room or another connection, has no say any more
let held = [];          // what the feed brings while the history is being read; null when that is done
let sending = false;
let wasHere = false;

const connection = new signalR.HubConnectionBuilder()
    // No cookies: CORS can do without credentials.
    .withUrl(new URL("/hub", server).href, { withCredentials: false })
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => patience(previousRetryCount) })
    .withServerTimeout(15_000)
    .withKeepAliveInterval(5_000)
    .configureLogging(signalR.LogLevel.None)
    .build();

// Never gives up. Grows to five seconds, and differs from page to page, so that not all of them come back in the same moment.
function patience(tries) {
    return Math.min(5_000, 300 * 2 ** tries) * (0.5 + Math.random() / 2);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const isConnected = () => connection.state === signalR.HubConnectionState.Connected;
const showRooms = () => view.showRooms([...rooms.values()], room, name);

connection.on("Online", (id, people) => {
    if (rooms.has(id)) {
        rooms.get(id).people = people;
        showRooms();
    }
});

connection.on("Said", (id, line) => {
    if (id !== room?.id) {
        return;     // From the room before this one: its history has it.
    }
    if (held) {
        held.push(line);
    } else {
        take(line, room);
    }
});

connection.onreconnecting(() => {
    arrival++;
    held = [];
    view.showState("reconnecting");
});
connection.onreconnected(arrive);
connection.onclose(connect);

async function connect() {
    arrival++;
    held = [];
    view.showState(wasHere ? "reconnecting" : "connecting");
    for (let tries = 0; !isConnected(); tries++) {
        await connection.start().catch(() => pause(patience(tries)));
    }
    await arrive();
}

// Joins the room and reads what was said since the last message from here, whichever server that came from; then sends what was written meanwhile.
async function arrive() {
    const mine = ++arrival;
    held = [];
    view.showState("catching-up");
    try {
        const state = await connection.invoke("Look");
        if (mine !== arrival) {
            return;
        }
        for (const { id, title, people } of state.rooms) {
            rooms.set(id, Object.assign(rooms.get(id) ?? { id, position: null, lines: [] }, { title, people }));
        }
        room ??= rooms.get(decodeURIComponent(location.hash.slice(1))) ?? rooms.values().next().value;
        await catchUp(room, mine);
        if (mine === arrival) {
            wasHere = true;
            view.showState("connected");
            send();
        }
    } catch {
        // The connection went again: its return comes here. Or the server can't read its history for now.
        await pause(2_000);
        if (mine === arrival && isConnected()) {
            await arrive();
        }
    }
}

async function catchUp(here, mine) {
    const isNew = here.position === null;
    showRooms();
    if (isNew) {
        view.showLines(here.lines, outbox.of(here.id), name);
    }
    const missed = [];
    let page = await connection.invoke("Join", here.id, name, here.position);
    missed.push(...page.lines);
    while (page.more) {
        page = await connection.invoke("History", here.id, page.position);
        missed.push(...page.lines);
    }
    if (mine === arrival) {
        // In one go, so that there is no message on the page whose predecessors are not.
        const later = held;
        held = null;
        view.addMissed(() => [...missed, ...later].filter((line) => take(line, here)).length, isNew);
        here.position ??= page.position;
    }
}

// Positions only grow, and both history and feed are in their order: what is not after the last one is here already.
function take(line, here) {
    if (here.position !== null && !isAfter(line.position, here.position)) {
        return false;
    }
    here.position = line.position;
    here.lines = [...here.lines.slice(1 - mostLines), line];
    outbox.remove(line.id);
    view.addLine(line, line.name === name);
    return true;
}

// "1763712000123-0": milliseconds, and a number within them.
function isAfter(one, other) {
    const [time, number] = one.split("-").map(Number);
    const [otherTime, otherNumber] = other.split("-").map(Number);
    return time > otherTime || (time === otherTime && number > otherNumber);
}

// One after the other, in the order in which they were written. Whatever goes wrong on the way, the id lets it be sent again.
async function send() {
    if (sending || held || !isConnected()) {
        return;
    }
    sending = true;
    try {
        for (let entry; !held && (entry = outbox.next());) {
            const said = await connection.invoke("Say", entry.room, entry.id, entry.text);
            if (said.stored) {
                outbox.remove(entry.id);        // Its bubble waits for the line to come back.
            } else if (said.refusal) {
                outbox.remove(entry.id);
                view.refuse(entry, said.refusal);
            } else {
                await pause(2_000);             // Redis is away.
            }
        }
    } catch {
        setTimeout(send, 2_000);
    } finally {
        sending = false;
    }
}

function rejoin() {
    showRooms();
    view.showLines(room.lines, outbox.of(room.id), name);
    if (isConnected()) {
        arrive();
    }
}

view.onSend((text) => {
    if (room) {
        view.addWaiting(outbox.put(room.id, text));
        send();
    }
    return room !== undefined;
});

view.onRoom((id) => {
    if (id !== room.id) {
        room = rooms.get(id);
        location.replace(`#${encodeURIComponent(id)}`);
        rejoin();
    }
});

view.onName((chosen) => {
    const isFirst = !name;
    name = chosen;
    sessionStorage.setItem("chat:name", name);
    localStorage.setItem("chat:name", name);
    view.showMe(name, new URL(server).host);
    if (isFirst) {
        connect();
    } else if (room) {
        rejoin();
    }
});

// A reload keeps the name; another tab may be somebody else.
if (name) {
    view.showMe(name, new URL(server).host);
    connect();
} else {
    view.askName(localStorage.getItem("chat:name") ?? "");
}
