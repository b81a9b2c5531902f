// Waits until a broker serves, not just listens. Usage: node ready.mjs HOST:PORT SECONDS PID
// Promises: ends with 0 only after a canary record was acknowledged, a producer id was given and a group coordinator
// answered a commit's question; these are the three things that come seconds after the port. Speaks the wire protocol itself, so that it
// needs no package and starts in 50 ms. Deliberately absent: TLS, SASL, more than one broker.
import net from 'node:net';

const [address, seconds, pid] = process.argv.slice(2);
const [host, port] = address.split(':');
const deadline = Date.now() + Number(seconds) * 1000;
const topic = 'vigie.canary';
const group = 'vigie.canary';

const int8 = (n) => Buffer.from([n & 0xff]);
const int16 = (n) => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; };
const int32 = (n) => { const b = Buffer.alloc(4); b.writeInt32BE(n); return b; };
const uint32 = (n) => { const b = Buffer.alloc(4); b.writeUInt32BE(n >>> 0); return b; };
const int64 = (n) => { const b = Buffer.alloc(8); b.writeBigInt64BE(BigInt(n)); return b; };
const text = (s) => (s === null ? int16(-1) : Buffer.concat([int16(s.length), Buffer.from(s)]));
const list = (...items) => Buffer.concat([int32(items.length), ...items]);
const join = (...parts) => Buffer.concat(parts);

function crc32c(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc;
}

// One record batch (magic 2) of one record without key, value "ready".
function batch() {
  const value = Buffer.from('ready');
  const record = join(int8(0), int8(0), int8(0), int8(1), int8(value.length * 2), value, int8(0));
  const now = Date.now();
  const body = join(int16(0), int32(0), int64(now), int64(now), int64(-1), int16(-1), int32(-1), int32(1), int8(record.length * 2), record);
  const tail = join(int32(0), int8(2), uint32(crc32c(body)), body);
  return join(int64(0), int32(tail.length), tail);
}

// Each question: api key, version, body, and how its answer is read (true = ready).
const questions = {
  topic: [19, 4, join(list(join(text(topic), int32(1), int16(1), list(), list())), int32(5000), int8(0)),
    (a) => [0, 36].includes(a.readInt16BE(8 + 2 + topic.length))],
  canary: [0, 3, (() => { const records = batch(); return join(text(null), int16(-1), int32(5000),
    list(join(text(topic), list(join(int32(0), int32(records.length), records))))); })(),
    (a) => a.readInt16BE(4 + 2 + topic.length + 4 + 4) === 0],
  producer: [22, 0, join(text(null), int32(60000)), (a) => a.readInt16BE(4) === 0],
  coordinator: [10, 0, text(group), (a) => a.readInt16BE(0) === 0],
  committed: [9, 2, join(text(group), list()), (a) => a.readInt16BE(a.length - 2) === 0],
};

function ask(socket, [key, version, body]) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onData = (chunk) => {
      received = join(received, chunk);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.off('data', onData);
      resolve(received.subarray(8));
    };
    socket.on('data', onData).once('error', reject).once('close', () => reject(new Error('closed')));
    socket.setTimeout(6000, () => socket.destroy(new Error('no answer')));
    const request = join(int16(key), int16(version), int32(1), text('vigie-ready'), body);
    socket.write(join(int32(request.length), request));
  });
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const open = new Set(Object.keys(questions));
while (open.size > 0) {
  const socket = net.connect(Number(port), host);
  socket.on('error', () => {});
  try {
    for (const name of [...open]) {
      const answer = await ask(socket, questions[name]);
      if (!questions[name][3](answer)) break;
      open.delete(name);
    }
  } catch { /* not there yet: asked again below */ }
  socket.destroy();
  if (open.size === 0) break;
  if (Date.now() > deadline) {
    console.error(`${address} is not ready after ${seconds} s; still open: ${[...open].join(', ')}`);
    process.exit(1);
  }
  try {
    process.kill(Number(pid), 0);
  } catch {
    console.error(`the broker (process ${pid}) ended while starting`);
    process.exit(1);
  }
  await pause(50);
}
