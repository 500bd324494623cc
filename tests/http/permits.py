"""A city in which one body offers a service about permits, and another may call some of it."""

import json
from pathlib import Path

from tests.http.conftest import TINY

ANSWER = {"200": {"description": "one", "content": {"application/json": {"example": {"permit_no": "P0"}}}}}
DONE = {"200": {"description": "done", "content": {"application/json": {"example": {}}}}}
OPENAPI = {
    "openapi": "3.1.0", "info": {"title": "permits", "version": "1"},
    "paths": {
        "/permits/{number}": {"get": {"operationId": "findPermit", "responses": ANSWER}},
        "/permits/{number}/scan": {
            "get": {"operationId": "scan", "responses": {"200": {"description": "pdf"}}},
            "put": {"operationId": "keepScan", "responses": DONE},
        },
        "/permits": {"post": {"operationId": "newPermit", "responses": DONE}},
        "/hidden": {"get": {"operationId": "hidden", "responses": DONE}},
    },
}  # fmt: skip
SERVICE = """
service: permits/lookup
name: {zh: 许可查询, en: permit lookup}
owner: dept:permits
system: system:permits/register
openapi: lookup.openapi.json
url: URL
purposes: [operation]
timeout: 1s
attempts: 2
quota: 30
breaker: {failures: 3, open_for: 30s}
status: running
tested_elsewhere: {zh: 测试, en: test}
replaces:
  - {name: {zh: 老接口, en: old interface}, state: parallel, until: 2027-03-31}
operations:
  findPermit:
    title: {zh: 查询许可, en: find a permit}
    fields:
      - {name: permit_no, title: {zh: 许可证号, en: permit number}}
      - {name: holder, title: {zh: 持证人, en: holder}, grade: 3, kind: name}
      - {name: phone, title: {zh: 电话, en: phone}, grade: 3, kind: phone}
      - {name: id_number, key: idNumber, title: {zh: 身份证号, en: ID number}, grade: 4, kind: id_number}
      - {name: valid_until, title: {zh: 有效期, en: valid until}}
  scan: {title: {zh: 许可扫描件, en: scan}, passes: [application/pdf]}
  keepScan: {title: {zh: 存入扫描件, en: keep a scan}}
  newPermit: {title: {zh: 申办许可, en: apply for a permit}}
"""
GRANT = """
grant: clinic-calls-permits
from: service:permits/lookup
to: dept:clinic
purpose: operation
basis: {law: hangzhou-2021/8, text: {zh: 必要, en: necessary}}
fields: [findPermit, permit_no, holder, id_number, valid_until, scan, keepScan]
until: 2099-12-31
"""


def department(name: str, person: str, may: str) -> str:
    """Write the file of a body."""
    return (
        f"department: {name}\nname: {{zh: {name}, en: {name}}}\nphone: '0000-2001'\nposts:\n"
        f"  - {{post: {name}_steward, name: {{zh: 专员, en: steward}}, may: [{may}],\n"
        f"     held_by: [{{person: {person}, name: {{zh: {person}, en: {person}}}, demo: true}}]}}\n"
    )


def write_city(folder: Path, url: str, service: str = SERVICE, grant: str = GRANT) -> Path:
    """Write the city into a folder."""
    for file in TINY.rglob("*"):
        if file.is_file() and "tests" not in file.parts[len(TINY.parts) :]:
            copy = folder / file.relative_to(TINY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    written = {
        "departments/permits.yaml": department("permits", "xu", "grant_data"),
        "departments/clinic.yaml": department("clinic", "he", "request_data"),
        "systems/permits/register.yaml": "system: permits/register\nname: {zh: 登记, en: register}\n"
        "owner: dept:permits\n",
        "systems/clinic/desk.yaml": "system: clinic/desk\nname: {zh: 诊台, en: desk}\nowner: dept:clinic\n",
        "services/permits/lookup.yaml": service.replace("URL", url),
        "services/permits/lookup.openapi.json": json.dumps(OPENAPI),
        "grants/clinic-calls.yaml": grant,
    }
    for name, text in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
