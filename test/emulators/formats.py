"""Judges a report by what others wrote: python formats.py FORMAT FILE. Prints its counts as JSON; fails where it is not valid."""

import csv
import json
import sys
from collections import Counter

import botocore.session
import jsonschema
from botocore.validate import ParamValidator
from junitparser import Error, Failure, JUnitXml, Skipped
from markdown_it import MarkdownIt
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding


def judge_asff(file):
    findings = json.load(file)
    service = botocore.session.Session().get_service_model("securityhub")
    shape = service.operation_model("BatchImportFindings").input_shape
    for start in range(0, len(findings), 100):
        report = ParamValidator().validate({"Findings": findings[start : start + 100]}, shape)
        if report.has_errors():
            raise ValueError(report.generate_report())
    for finding in findings:
        if len(json.dumps(finding).encode()) > 240_000:
            raise ValueError(f"{finding['Id']} is larger than Security Hub takes")
    return Counter(finding["Compliance"]["Status"] for finding in findings)


def judge_csv(file):
    rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        for cell in row.values():
            if cell.lstrip()[:1] in ("=", "+", "-", "@"):
                raise ValueError(f"a spreadsheet would run {cell!r}")
    return Counter(row["status"] for row in rows)


def judge_junit(file):
    counts = Counter()
    for suite in JUnitXml.fromstring(file.read().encode()):
        cases = list(suite)
        told = (suite.tests, suite.failures, suite.errors, suite.skipped)
        kinds = [type(case.result[0]) if case.result else None for case in cases]
        if told != (len(cases), kinds.count(Failure), kinds.count(Error), kinds.count(Skipped)):
            raise ValueError(f"the suite tells {told}, its cases {Counter(kinds)}")
        for kind in kinds:
            counts[kind.__name__ if kind else "Passed"] += 1
    return counts


def judge_markdown(file):
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(file.read())
    inline = [child for token in tokens for child in token.children or []]
    if any(token.type in ("html_block", "html_inline", "image") for token in [*tokens, *inline]):
        raise ValueError("there is HTML or an image in it")
    return Counter(token.tag for token in tokens if token.type == "heading_open")


def judge_ocsf(file):
    events = json.load(file)
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.5.0"))
    validators = {
        profiles: jsonschema.Draft202012Validator(schema.get_class_schema("compliance_finding", list(profiles)))
        for profiles in ((), ("cloud",))
    }
    for event in events:
        validators[tuple(event["metadata"].get("profiles", ()))].validate(event)
        ComplianceFinding.model_validate(event)
    return Counter(event["compliance"]["status"] for event in events)


format_name, path = sys.argv[1:]
with open(path, encoding="utf-8", newline="") as report:
    print(json.dumps(globals()[f"judge_{format_name}"](report)))
