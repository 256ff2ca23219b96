"""The HTTP interface of `striate serve`, from its OpenAPI document."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import Any


def openapi() -> dict[str, Any]:
    """The document that a running server with LeNet-5 answers at /openapi.json."""
    command = [sys.executable, "-m", "striate", "serve", "lenet5", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            address = json.loads(process.stdout.readline())["address"]
            with urllib.request.urlopen(f"{address}/openapi.json") as answer:
                document: dict[str, Any] = json.load(answer)
        finally:
            process.terminate()
    return document


def http_page() -> str:
    """A section for each operation, then the schemas."""
    document = openapi()
    parts = ["# HTTP", "`striate serve` answers these paths; a running server has this as `/openapi.json`."]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts += [f"## `{method.upper()} {path}`", operation.get("summary", ""), operation.get("description", "")]
            parts += [_code(operation.get("parameters"), "Parameters"), _code(operation.get("requestBody"), "Body")]
            parts += [f"**Answers**\n\n{_answers(operation['responses'])}"]
    parts += ["## Schemas"]
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        parts += [f"### `{name}`", f"```json\n{json.dumps(schema, indent=1, ensure_ascii=False)}\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _code(value: object, title: str) -> str:
    return f"**{title}**\n\n```json\n{json.dumps(value, indent=1, ensure_ascii=False)}\n```" if value else ""


def _answers(responses: dict[str, Any]) -> str:
    return "\n".join(f"- {status}: {answer.get('description', '')}" for status, answer in responses.items())
