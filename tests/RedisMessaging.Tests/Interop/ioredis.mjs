// The other side of IoredisTests: a program that knows nothing of the library. It says what it gets, one line each.
import Redis from "ioredis";

const [channel, list, stream] = process.argv.slice(2);
const redis = new Redis(process.env.REDIS_URL);
const subscriber = new Redis(process.env.REDIS_URL);
const message = new Promise((resolve) => subscriber.once("message", (_, body) => resolve(body)));
await subscriber.subscribe(channel);
console.log("subscribed");
console.log(`message ${await message}`);

const [, body] = await redis.brpop(list, 20);
console.log(`popped ${body}`);
const [[, [[, fields]]]] = await redis.xread("BLOCK", 20000, "STREAMS", stream, "0");
console.log(`entry ${fields.join(" ")}`);

await redis.publish(channel, JSON.stringify({ user_id: 4, amount: 40.25 }));
await redis.lpush(list, JSON.stringify({ user_id: 5, amount: 50, note: "서연" }));
await redis.xadd(stream, "*", "user_id", "6", "amount", "60.5");
redis.disconnect();
subscriber.disconnect();
