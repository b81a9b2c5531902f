// Takes the guards of the worker's protocol away, one at a time, and says which test notices.
//
//   node dev/guards.mjs [--check] [--only NAME,…] [--crash] [--services DIR]
//
// --check: only that each guard still stands where the list says (part of `make check`). Otherwise a copy of the
// committed tree is made under target/guards. With all guards the tests of the protocol must pass; then they run once
// without each, every time against new services in DIR: topics of many runs are more than a small broker can hold, and
// a dead broker would be taken for a guard that was missed. --crash: what no test notices is given to `cargo lab crash`
// with a fixed seed. Ends with 1 if an absence stays unnoticed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const WORKER = 'server/src/worker';
const STORE = 'server/src/store/worker';

// name, file, what stands there, what stands there without the guard
const GUARDS = [
  ['epoch in the fence', `${STORE}/books.rs`, 'fence.partition = moved.partition and fence.epoch = moved.epoch', 'fence.partition = moved.partition'],
  ['offset in the fence', `${STORE}/books.rs`, 'and fence.next_offset = moved.first_offset', ''],
  ['duplicate check', `${STORE}/books.rs`, 'on known.id = any($6)', 'on known.id = any($6) and false'],
  ['conflict check', 'domain/src/ledger/submit.rs', 'if known.body == Body::from(submission)', 'if known.body.kind == submission.kind'],
  ['lock on the accounts', `${STORE}/books.rs`, 'pg_advisory_xact_lock($1, lock)', 'coalesce($1, lock)'],
  ['version of an account that is moved', `${STORE}/save.rs`, ' and account.version = now_is.version_read', ''],
  ['version of an account that is only read', `${STORE}/save.rs`, ' and account.version = read.version', ''],
  ['version of a stripe', `${STORE}/save.rs`, 'and now_is.version <> read.version', 'and false'],
  ['a batch falls with the one before it', `${WORKER}/turns.rs`, '.await.is_ok()\n', '.await.is_ok() || true\n'],
  ['what is not kept is not remembered', `${WORKER}/booker/round.rs`, 'self.store.forget(&books);', ''],
  ['announcements kept until acknowledged', `${WORKER}/sender.rs`, 'let _ = self.jobs.send(Job::Send(batches)).await;', 'self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).extend(batches.iter().map(|batch| (batch.row.partition, batch.row.first_offset)));\n        let _ = self.jobs.send(Job::Send(batches)).await;'],
  ['a new owner says what was left unsaid', `${WORKER}/ownership.rs`, 'recover: true, halted: None', 'recover: false, halted: None'],
  ['no record is passed over', `${WORKER}/continuity.rs`, 'if decoded.follows > *next {', 'if decoded.follows > i64::MAX - 1 {'],
  ['check of the last record', `${WORKER}/ownership.rs`, 'self.check_last_record(fence).await?;', ''],
  ['facts beyond the books', `${WORKER}/ownership.rs`, 'Some(published) if published >= fence.next_offset => {', 'Some(published) if published == i64::MAX => {'],
  ['end of the log', `${WORKER}/ownership.rs`, 'if seen.bounds.end < next {', 'if seen.bounds.end < 0 {'],
  ['start of the log', `${WORKER}/ownership.rs`, 'if seen.bounds.start > next {', 'if seen.bounds.start == i64::MAX {'],
  ['cluster id', `${WORKER}/ownership.rs`, 'if fence.cluster_id != seen.cluster_id {', 'if fence.cluster_id.is_empty() {'],
  ['partition count', `${WORKER}/ownership.rs`, 'if fence.partition_count != seen.partition_count {', 'if fence.partition_count == 0 {'],
  ['stopped owners are ended', `${WORKER}/ownership.rs`, 'let ended = self.store.end_stopped_owners().await?;', 'let ended = 0;'],
  ['signature', `${WORKER}/decode.rs`, 'let ours = self.signer.verify(', 'let ours = !found.kind.is_empty() || self.signer.verify('],
  ['key and partition belong together', `${WORKER}/decode.rs`, 'Err(rejection) => Err(Unread::Rejected(Box::new((rejection, Some(command))))),', 'Err(_) => Ok(command),'],
  ['bad data is bisected', `${WORKER}/booker.rs`, 'Err(Fault::Poison(said)) => bisect(batch, &said, &mut work),', 'Err(Fault::Poison(said)) => self.halt(batch, &said, &mut work).await,'],
  ['a race is tried again', `${WORKER}/booker.rs`, 'Err(Fault::Raced(said)) if races < RACES_MAX => {', 'Err(Fault::Raced(said)) if races > RACES_MAX => {'],
];

const args = process.argv.slice(2);
const only = args.includes('--only') ? args[args.indexOf('--only') + 1].split(',') : [];
const unknown = only.filter(name => !GUARDS.some(guard => guard[0] === name));
if (unknown.length > 0) {
  console.error(`no such guard: ${unknown.join(', ')}; there are: ${GUARDS.map(([name]) => name).join(', ')}`);
  process.exit(2);
}
const chosen = GUARDS.filter(([name]) => only.length === 0 || only.includes(name));

function without([name, file, guard, gap], text) {
  if (text.split(guard).length !== 2) throw new Error(`guard "${name}" stands ${text.split(guard).length - 1} times in ${file}: mend the list in dev/guards.mjs`);
  return text.replace(guard, () => gap);
}

if (args.includes('--check')) {
  for (const guard of GUARDS) without(guard, readFileSync(join(root, guard[1]), 'utf8'));
  process.exit(0);
}

const copy = join(root, 'target/guards/copy');
const services = args.includes('--services') ? args[args.indexOf('--services') + 1] : join(root, '.vigie/guards');
const env = { ...process.env, CARGO_TARGET_DIR: join(root, 'target/guards/build'), CARGO_TERM_COLOR: 'never' };
const run = (command, words) => spawnSync(command, words, { cwd: copy, env, encoding: 'utf8', maxBuffer: 1 << 28 });
mkdirSync(dirname(copy), { recursive: true });
execFileSync('rm', ['-rf', copy]);
execFileSync('git', ['clone', '-q', root, copy]);

/** Names of the tests that fail. */
function failures(words) {
  const { stdout, stderr } = run('cargo', ['test', '-q', ...words]);
  if (/error: could not compile/u.test(stderr)) throw new Error(`does not compile:\n${stderr.slice(-2000)}`);
  const failed = [...stdout.matchAll(/^test (\S+) \.\.\. FAILED$|^ {4}(\S+::\S+)$/gmu)].map((match) => match[1] ?? match[2]);
  return [...new Set(failed)].join(', ');
}

/** What noticed: names of failed tests, or what the crash run counted. */
function noticed() {
  const pure = failures(['-p', 'domain', '-p', 'server', '--lib']);
  if (pure !== '') return pure;
  const shell = { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
  const lines = execFileSync('dev/test-services', [services], shell).trim().split('\n');
  for (const line of lines) env[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
  const real = failures(['-p', 'server', '--test', 'it', '--', 'worker', 'payments::', 'fences::', 'holds::', '--test-threads', '6']);
  execFileSync('dev/services', ['status', '--dir', services], shell);
  if (real !== '') return real;
  if (!args.includes('--crash')) return '';
  run('cargo', ['build', '--release', '-p', 'server', '--bin', 'vigie']);
  const crash = run('cargo', ['run', '--release', '-q', '-p', 'lab', '--', '--vigie', join(env.CARGO_TARGET_DIR, 'release/vigie'), 'crash', '--kills', '8,0,1,2', '--no-web', '--seed', '1']);
  return crash.status === 0 ? '' : `crash: ${crash.stdout.split('\n').filter((line) => /lost|doubled|unbalanced|out_of_order|fault|differ|phantom|answer/u.test(line) && /[1-9]/u.test(line)).map((line) => line.trim()).join('; ') || crash.stderr.slice(-300)}`;
}

const before = noticed();
if (before !== '') {
  console.error(`with all guards in place these fail already: ${before}`);
  process.exit(1);
}
let unnoticed = 0;
for (const guard of chosen) {
  const [name, file] = guard;
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, without(guard, text));
  const by = noticed();
  writeFileSync(path, text);
  if (by === '') unnoticed += 1;
  console.log(`${name} | ${by === '' ? 'NOT NOTICED' : by}`);
}
process.exit(unnoticed === 0 ? 0 : 1);
