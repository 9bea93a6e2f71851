// Everything that is shown. What people wrote becomes text nodes, never markup.
const element = (id) => document.getElementById(id);
const log = element("log");
const lines = element("lines");
const text = element("text");
const hues = 9;
const groupedWithin = 5 * 60 * 1000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const states = { connecting: "connecting…", reconnecting: "reconnecting…", "catching-up": "catching up…", connected: "connected" };

let last = null;        // the last line shown: what follows it may belong to it
let lastDay = null;
let unread = 0;
let isFollowing = true; // the end is in view, and stays there
let shape = "";         // of the log, when it was looked at last

function make(tag, className, ...content) {
    const made = document.createElement(tag);
    made.className = className;
    made.append(...content);
    return made;
}

function avatarOf(name) {
    const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % hues;
    return make("span", `avatar hue-${hue}`, [...name][0].toUpperCase());
}

export function showState(state) {
    element("state").dataset.state = state;
    element("state-text").textContent = states[state];
    document.body.dataset.state = state;
    text.placeholder = state === "reconnecting" || state === "connecting" ? "Not connected: sent later" : "Write a message";
}

export function showMe(name, server) {
    element("my-name").textContent = name;
    element("my-server").textContent = server;
    const avatar = avatarOf(name);
    avatar.id = "my-avatar";
    avatar.setAttribute("aria-hidden", "true");
    element("my-avatar").replaceWith(avatar);
}

export function showRooms(rooms, current, me) {
    const focused = document.activeElement?.dataset?.room;
    element("rooms").replaceChildren(...rooms.map((room) => {
        const button = make("button", "room", make("span", "room-name", room.title));
        button.type = "button";
        button.dataset.room = room.id;
        if (room.people.length > 0) {
            button.append(make("span", "count", String(room.people.length), make("span", "unseen", " online")));
        }
        if (room === current) {
            button.setAttribute("aria-current", "page");
        }
        return make("li", "", button);
    }));
    if (focused) {
        element("rooms").querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
    }
    element("room-title").textContent = current.title;
    element("room-people").textContent = `${current.people.length} online`;
    element("people-count").textContent = current.people.length;
    element("people").replaceChildren(...current.people.map((person) => {
        const avatar = avatarOf(person.name);
        avatar.setAttribute("aria-hidden", "true");
        const name = make("span", "person-name", person.name);
        if (person.name === me) {
            name.append(make("span", "you", " you"));
        }
        return make("li", "person", avatar, make("span", "person-text", name, make("small", "", person.server)));
    }));
    showTitle();
}

// A room from its beginning, with what waits to be sent to it.
export function showLines(all, waiting, me) {
    quietly(() => {
        lines.replaceChildren();
        last = lastDay = null;
        all.forEach((line) => append(line, line.name === me));
        waiting.forEach(addWaiting);
    });
    toEnd();
}

export function addLine(line, own) {
    lines.querySelector(`[data-waiting="${CSS.escape(line.id)}"]`)?.remove();
    append(line, own);
    if (own || isFollowing) {
        toEnd();
    }
    if (!own && (document.hidden || !isFollowing)) {
        unread++;
        showUnread();
    }
}

// What was said while this page was away, with a word on how much that is in front of it.
export function addMissed(add, isNew) {
    if (isNew) {
        quietly(add);
        toEnd();
        unread = 0;
        showUnread();
        return;
    }
    const note = make("li", "note");
    const before = last;
    place(note);
    last = null;
    const missed = add();
    if (missed > 0) {
        note.append(make("span", "", `caught up: ${missed} ${missed === 1 ? "message" : "messages"}`));
        if (isFollowing) {
            toEnd();
        }
    } else {
        note.remove();
        last = before;
    }
}

function append(line, own) {
    const at = new Date(line.at);
    const day = calendar.format(at);
    if (day !== lastDay) {
        place(make("li", "day", make("span", "", day)));
        last = null;
    }
    const continues = last !== null && last.name === line.name && line.at - last.at < groupedWithin;
    const item = bubble(line.name, line.text, own, continues, time(at));
    item.dataset.position = line.position;
    place(item);
    [last, lastDay] = [line, day];
}

function time(at) {
    const shown = make("time", "", clock.format(at));
    shown.dateTime = at.toISOString();
    return shown;
}

function bubble(name, content, own, continues, aside) {
    const avatar = avatarOf(name);
    avatar.setAttribute("aria-hidden", "true");
    return make("li", `line${own ? " own" : ""}${continues ? " continues" : ""}`,
        avatar, make("div", "said", make("span", "who", name), make("div", "row", make("p", "bubble", content), aside)));
}

// What waits to be sent stays below everything else.
function place(item) {
    lines.insertBefore(item, lines.querySelector("[data-waiting]"));
}

export function addWaiting(entry) {
    const item = bubble(element("my-name").textContent, entry.text, true, true, make("span", "waiting", "waiting"));
    item.dataset.waiting = entry.id;
    lines.append(item);
    toEnd();
}

// Not sent, and it never will be: its author can have it back.
export function refuse(entry, reason) {
    const item = lines.querySelector(`[data-waiting="${CSS.escape(entry.id)}"]`);
    if (item) {
        const back = make("button", "quiet", "Edit");
        back.type = "button";
        back.addEventListener("click", () => {
            item.remove();
            text.value = text.value ? `${entry.text}\n${text.value}` : entry.text;
            grow();
            text.focus();
        });
        item.querySelector(".waiting").replaceChildren(`not sent: ${reason} `, back);
        item.classList.add("refused");
    }
}

// What is put there at once is not read out.
function quietly(change) {
    log.setAttribute("aria-live", "off");
    change();
    log.setAttribute("aria-live", "polite");
}

function toEnd() {
    log.scrollTop = log.scrollHeight;
    isFollowing = true;
}

function showUnread() {
    element("jump").hidden = unread === 0 || isFollowing;
    element("jump").textContent = `↓ ${unread} new`;
    showTitle();
}

function showTitle() {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${element("room-title").textContent} · Chat`;
}

const shapeOfLog = () => `${log.clientWidth}x${log.clientHeight}`;

function look() {
    if (shape !== shapeOfLog()) {
        return;     // It is being resized, and nobody has scrolled: the observer below sees to it.
    }
    isFollowing = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (isFollowing && !document.hidden && unread > 0) {
        unread = 0;
    }
    showUnread();
}

log.addEventListener("scroll", look, { passive: true });
document.addEventListener("visibilitychange", look);
element("jump").addEventListener("click", toEnd);
// The keyboard of a phone, or a window that shrinks: who was at the end stays there.
new ResizeObserver(() => {
    shape = shapeOfLog();
    if (isFollowing) {
        toEnd();
    }
}).observe(log);

// The composer grows with its text.
function grow() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
}

export function onSend(send) {
    const submit = () => {
        const content = text.value.trim();
        if (content && send(content)) {
            text.value = "";
            grow();
        }
        text.focus();
    };
    text.addEventListener("input", grow);
    text.addEventListener("keydown", (key) => {
        // While a Hangul syllable is being composed Enter belongs to the input method (229 is how Safari says so).
        if (key.key === "Enter" && !key.shiftKey && !key.isComposing && key.keyCode !== 229) {
            key.preventDefault();
            submit();
        }
    });
    element("composer").addEventListener("submit", (form) => {
        form.preventDefault();
        submit();
    });
}

function drawer(open) {
    document.body.classList.toggle("drawer-open", open);
    element("backdrop").hidden = !open;
    element("menu").setAttribute("aria-expanded", String(open));
    if (open) {
        element("side").querySelector("[aria-current]")?.focus();
    }
}

element("menu").addEventListener("click", () => drawer(!document.body.classList.contains("drawer-open")));
element("backdrop").addEventListener("click", () => drawer(false));
document.addEventListener("keydown", (key) => {
    if (key.key === "Escape" && document.body.classList.contains("drawer-open")) {
        drawer(false);
        element("menu").focus();
    }
});

export function onRoom(go) {
    element("rooms").addEventListener("click", (click) => {
        const button = click.target.closest("[data-room]");
        if (button) {
            drawer(false);
            go(button.dataset.room);
        }
    });
}

export function askName(proposal) {
    element("name").value = proposal;
    element("hello").showModal();
    element("name").select();
}

export function onName(take) {
    const hello = element("hello");
    element("rename").addEventListener("click", () => {
        drawer(false);
        askName(element("my-name").textContent);
    });
    hello.addEventListener("close", () => {
        if (!element("my-name").textContent) {
            askName("");                    // Escape is no name.
        } else if (matchMedia("(hover: hover)").matches) {
            text.focus();                   // On a phone that would bring up the keyboard.
        }
    });
    element("hello-form").addEventListener("submit", (form) => {
        const name = element("name").value.trim();
        if (!name) {
            form.preventDefault();
            return;
        }
        take(name);
    });
}
