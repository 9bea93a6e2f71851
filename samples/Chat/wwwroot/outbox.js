// What was written and is not known to be stored. It outlives a reload of the tab; each message has an id, so that it can be sent again and is stored once.
const key = "chat:outbox";
let entries = JSON.parse(sessionStorage.getItem(key) ?? "[]");

const keep = () => sessionStorage.setItem(key, JSON.stringify(entries));

// Not crypto.randomUUID(): on a phone that reached the server by http it is not there.
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function put(room, text) {
    const entry = { id: newId(), room, text };
    entries.push(entry);
    keep();
    return entry;
}

export const next = () => entries[0];

export const of = (room) => entries.filter((entry) => entry.room === room);

export function remove(id) {
    entries = entries.filter((entry) => entry.id !== id);
    keep();
}
