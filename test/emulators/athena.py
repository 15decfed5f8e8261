"""Runs a query for Athena on log files in a folder, in DuckDB: argv is the query, the table's DDL, the logs, the answer.

What CloudTrailInputFormat and JsonSerDe make of the files is done here as AWS describes it: a row a record, field names
in small letters, and what the table calls a string as the JSON that it is.
"""
import gzip
import json
import re
import sys
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

query_file, ddl_file, logs, answer = (Path(argument) for argument in sys.argv[1:])

ddl = re.sub(r"^--.*$", "", ddl_file.read_text(), flags=re.M)
table = sqlglot.parse_one(ddl, read="athena")
definitions = table.this.expressions
columns = {column.name: column.kind for column in definitions}
location = re.search(r"LOCATION\s+'s3://([^']+)'", ddl)[1]
template = re.search(r"'storage.location.template'\s*=\s*'s3://([^']+)'", ddl)[1]
partitions = re.findall(r"\$\{(\w+)\}", template)
folders = re.compile(re.sub(r"\\\$\\\{day\\\}", r"(?P<day>\\d{4}/\\d\\d/\\d\\d)",
                            re.sub(r"\\\$\\\{(account|region)\\\}", r"(?P<\1>[^/]+)", re.escape(template))) + "/[^/]+$")


def to_value(value, kind):
    if value is None:
        return None
    if kind.is_type(exp.DataType.Type.STRUCT):
        fields = {name.lower(): field for name, field in value.items()}
        return {field.name: to_value(fields.get(field.name), field.args["kind"]) for field in kind.expressions}
    if kind.is_type(exp.DataType.Type.ARRAY):
        return [to_value(item, kind.expressions[0]) for item in value]
    return value if isinstance(value, str) else json.dumps(value)


rows = []
for file in sorted(logs.rglob("*.json.gz")):
    place = folders.match(file.relative_to(logs).as_posix())
    if not place:
        continue
    for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]:
        fields = {name.lower(): value for name, value in record.items()}
        row = {name: to_value(fields.get(name), kind) for name, kind in columns.items() if name not in partitions}
        rows.append(json.dumps(row | {name: place[name] for name in partitions}))
(answer / "rows.ndjson").write_text("\n".join(rows))

types = {name: kind.sql("duckdb") for name, kind in columns.items()} | {name: "VARCHAR" for name in partitions}
described = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
database = duckdb.connect()
database.execute(f'CREATE SCHEMA "{table.this.this.db}"')
database.execute(
    f"""CREATE TABLE "{table.this.this.db}"."{table.this.this.name}" AS SELECT * FROM
    read_json('{answer / "rows.ndjson"}', format = 'newline_delimited', columns = {{{described}}})"""
)

unload = re.fullmatch(
    r"UNLOAD \((.*)\) TO 's3://[^/]+/([^']+/)'\s+WITH \(format = 'JSON', partitioned_by = ARRAY\['bucket'\]\)\s*",
    query_file.read_text(),
    re.S,
)
select, prefix = unload[1], unload[2]
(translated,) = sqlglot.transpile(select, read="athena", write="duckdb")
target = answer / prefix
target.mkdir(parents=True)
database.execute(f"COPY ({translated}) TO '{target}' (FORMAT json, PARTITION_BY (bucket), COMPRESSION gzip)")
(answer / "rows.ndjson").unlink()
print(json.dumps({"records": len(rows)}))
