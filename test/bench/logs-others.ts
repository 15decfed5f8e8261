/** Other programs that count the events of the watched keys in the same files, where they are installed. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Takes log files and the file of watched keys; gives how many events of those there are, undefined without the program. */
type Read = (paths: string[], keysFile: string) => Promise<number | undefined>;

/** What counts as a use or change, in the bench's own records: the others name a key as well, but are neither. */
const names = ['Encrypt', 'Decrypt', 'GenerateDataKey', 'CreateGrant'];

const count = async (program: string, words: string[], isThere: string[]): Promise<number | undefined> => {
  try {
    await run(program, isThere);
  } catch {
    return undefined;
  }
  const { stdout } = await run(program, words, { maxBuffer: 1e8 });
  return stdout
    .split('\n')
    .filter((line) => /^\d+$/.test(line))
    .reduce((sum, line) => sum + Number(line), 0);
};

const jqFilter = `[.Records[] | select(.eventSource == "kms.amazonaws.com" and (.eventName | IN($names[])) and (.resources[0].ARN | IN($keys[0][].arn)))] | length`;

const pythonScript = `
import gzip, json, sys
keys = {key['arn'] for key in json.load(open(sys.argv[1]))}
names = set(json.loads(sys.argv[2]))
seen = set()
for path in sys.argv[3:]:
    for record in json.load(gzip.open(path))['Records']:
        if record['eventSource'] == 'kms.amazonaws.com' and record['eventName'] in names and any(r['ARN'] in keys for r in record['resources']):
            seen.add(record['eventID'])
print(len(seen))
`;

const duckdbScript = `
import duckdb, json, sys
keys = [key['arn'] for key in json.load(open(sys.argv[1]))]
print(duckdb.execute("""
  select count(distinct r.eventID) from (
    select unnest(Records) as r from read_json(?, maximum_object_size=100000000, columns={
      'Records': 'STRUCT(eventSource VARCHAR, eventName VARCHAR, eventID VARCHAR, resources STRUCT(ARN VARCHAR)[])[]'}))
  where r.eventSource = 'kms.amazonaws.com' and list_contains(?, r.eventName) and list_contains(?, r.resources[1].ARN)
""", [sys.argv[3:], json.loads(sys.argv[2]), keys]).fetchone()[0])
`;

/** DuckDB comes with Python; a virtual environment that has it may be named. */
const python = process.env.BENCH_PYTHON ?? 'python3';

export const tallyPrograms: { name: string; read: Read }[] = [
  {
    name: 'zcat | jq',
    read: (paths, keysFile) =>
      count(
        'bash',
        [
          '-c',
          `zcat "$@" | jq --slurpfile keys ${JSON.stringify(keysFile)} --argjson names '${JSON.stringify(names)}' '${jqFilter}'`,
          'bash',
          ...paths,
        ],
        ['-c', 'jq --version'],
      ),
  },
  {
    name: 'Python, gzip and json',
    read: (paths, keysFile) =>
      count(python, ['-c', pythonScript, keysFile, JSON.stringify(names), ...paths], ['-c', 'import json']),
  },
  {
    name: 'DuckDB, all cores',
    read: (paths, keysFile) =>
      count(python, ['-c', duckdbScript, keysFile, JSON.stringify(names), ...paths], ['-c', 'import duckdb']),
  },
];
