"""Asks a stand-in for AWS as botocore asks AWS, and compares each raw answer with botocore's model of the operation: every
member is one that the model has, with its type, its enumerated values and its bounds, and none that is required is absent.

Input: JSON as the only argument, {"url", "region", "questions": [{"service", "operation", "input"}]}.
Output: JSON on standard output, {"answers", "spoiled", "findings"}. Each answer is spoiled twice, by a member that no model
has and by a value of another type: `spoiled` counts how many of these were found, and one that was not is a finding.
"""

import copy
import json
import re
import sys
from datetime import datetime
from xml.etree import ElementTree

from botocore.config import Config
from botocore.session import Session

NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float), "boolean": bool}


def differences(shape, value, path):
    """What of a JSON answer does not fit its shape, each as a sentence."""
    if shape.type_name == "structure":
        return of_structure(shape, value, path)
    if shape.type_name == "list":
        if not isinstance(value, list):
            return [f"{path} is {value!r}, not a list"]
        return [each for n, entry in enumerate(value) for each in differences(shape.member, entry, f"{path}[{n}]")]
    if shape.type_name == "map":
        if not isinstance(value, dict):
            return [f"{path} is {value!r}, not a map"]
        return [each for key, entry in value.items() for each in differences(shape.value, entry, f"{path}.{key}")]
    if shape.type_name == "timestamp":
        return [] if is_time(value) else [f"{path} is {value!r}, not a time"]
    if shape.type_name == "string":
        return of_text(shape, value, path)
    fits = isinstance(value, NUMBERS[shape.type_name]) and (shape.type_name == "boolean" or not isinstance(value, bool))
    return [] if fits else [f"{path} is {value!r}, not of type {shape.type_name}"]


def of_structure(shape, value, path):
    if not isinstance(value, dict):
        return [f"{path} is {value!r}, not an object"]
    unknown = [f"{path}.{name} is not in the model" for name in value if name not in shape.members]
    absent = [f"{path}.{name} is required" for name in shape.required_members if name not in value]
    known = [
        each
        for name, entry in value.items()
        if name in shape.members
        for each in differences(shape.members[name], entry, f"{path}.{name}")
    ]
    return unknown + absent + known


def of_text(shape, value, path):
    if not isinstance(value, str):
        return [f"{path} is {value!r}, not a text"]
    if shape.serialization.get("jsonvalue"):
        json.loads(value)
        return []
    if shape.enum and value not in shape.enum:
        return [f"{path} is {value!r}, not one of {', '.join(shape.enum)}"]
    bounds = shape.metadata
    if not bounds.get("min", 0) <= len(value) <= bounds.get("max", len(value)):
        return [f"{path} has {len(value)} characters, not {bounds.get('min', 0)} to {bounds.get('max')}"]
    pattern = bounds.get("pattern")
    return [f"{path} is {value!r}, not {pattern}"] if pattern and not re.fullmatch(pattern, value) else []


def is_time(value):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    try:
        datetime.fromisoformat(value.replace("Z", "+00:00"))
        return True
    except (AttributeError, ValueError):
        return False


def from_xml(shape, element):
    """The answer of EC2's protocol as its JSON would be. Elements that the model lacks keep their own names."""
    if shape.type_name == "structure":
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        plain = {}
        for child in element:
            tag = child.tag.split("}")[-1]
            if tag == "requestId":
                continue
            name = names.get(tag)
            plain[name or tag] = from_xml(shape.members[name], child) if name else child.text
        return plain
    if shape.type_name == "list":
        return [from_xml(shape.member, child) for child in element]
    text = element.text or ""
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text == "true" if shape.type_name == "boolean" else text


def answer_of(session, url, region, question):
    client = session.create_client(
        question["service"], region_name=region, endpoint_url=url, config=Config(retries={"total_max_attempts": 1})
    )
    raw = {}
    client.meta.events.register("before-parse", lambda response_dict, **_: raw.update(response_dict))
    method = client.meta.method_to_api_mapping
    name = next(key for key, operation in method.items() if operation == question["operation"])
    getattr(client, name)(**question["input"])
    model = client.meta.service_model
    shape = model.operation_model(question["operation"]).output_shape
    if model.protocol == "ec2":
        return shape, from_xml(shape, ElementTree.fromstring(raw["body"]))
    return shape, json.loads(raw["body"])


def spoiled(answer):
    with_more = copy.deepcopy(answer)
    with_more["NoSuchMember"] = "x"
    of_other_type = copy.deepcopy(answer)
    of_other_type[next(iter(answer))] = 1.5
    return [with_more, of_other_type]


def main():
    given = json.loads(sys.argv[1])
    session = Session()
    findings, answers, found = [], 0, 0
    for question in given["questions"]:
        path = f"{question['service']} {question['operation']}"
        shape, answer = answer_of(session, given["url"], given["region"], question)
        answers += 1
        if not answer:
            findings.append(f"{path} answered nothing")
            continue
        findings += differences(shape, answer, path)
        for each in spoiled(answer):
            if differences(shape, each, path):
                found += 1
            else:
                findings.append(f"{path}: a spoiled answer passed: {json.dumps(each)[:200]}")
    json.dump({"answers": answers, "spoiled": found, "findings": findings}, sys.stdout)


main()
