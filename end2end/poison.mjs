// Sends one record that nobody can decode, so that the operator's pages have something to show.
// Usage: node poison.mjs HOST:PORT TOPIC TEXT. Promises: ends with 0 only after the broker took it into partition 0.
// Speaks the wire protocol itself (Produce, version 3), because the specs need no Kafka client otherwise.
import net from 'node:net';

const [address, topic, words] = process.argv.slice(2);
const [host, port] = address.split(',')[0].split(':');

const int8 = (n) => Buffer.from([n & 0xff]);
const int16 = (n) => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; };
const int32 = (n) => { const b = Buffer.alloc(4); b.writeInt32BE(n); return b; };
const int64 = (n) => { const b = Buffer.alloc(8); b.writeBigInt64BE(BigInt(n)); return b; };
const text = (s) => (s === null ? int16(-1) : join(int16(s.length), Buffer.from(s)));
const list = (...items) => join(int32(items.length), ...items);
const join = (...parts) => Buffer.concat(parts);

function crc32c(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc;
}

// One batch (magic 2) of one record without key; lengths are zigzag and fit a byte below 64.
function batch(value) {
  if (value.length > 50) throw new Error('at most 50 bytes');
  const record = join(int8(0), int8(0), int8(0), int8(1), int8(value.length * 2), value, int8(0));
  const now = Date.now();
  const body = join(int16(0), int32(0), int64(now), int64(now), int64(-1), int16(-1), int32(-1), int32(1), int8(record.length * 2), record);
  const tail = join(int32(0), int8(2), int32(crc32c(body)), body);
  return join(int64(0), int32(tail.length), tail);
}

const records = batch(Buffer.from(words));
const body = join(text(null), int16(-1), int32(5000), list(join(text(topic), list(join(int32(0), int32(records.length), records)))));
const request = join(int16(0), int16(3), int32(1), text('vigie-poison'), body);
const socket = net.connect(Number(port), host, () => socket.write(join(int32(request.length), request)));
let answer = Buffer.alloc(0);
socket.on('data', (chunk) => {
  answer = join(answer, chunk);
  if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return;
  const error = answer.readInt16BE(8 + 4 + 2 + topic.length + 4 + 4);
  if (error !== 0) console.error(`${topic}: the broker refused the record (error ${error})`);
  process.exit(error === 0 ? 0 : 1);
});
socket.setTimeout(6000, () => socket.destroy(new Error('no answer')));
socket.on('error', (error) => { console.error(`${address}: ${error.message}`); process.exit(1); });
