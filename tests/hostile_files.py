"""Model files made to do harm, each with words of the line that refuses it: `nn/test_hostile_models.py` loads them."""

import json
import pickle
import struct

from striate.models import shipped_models
from striate.nn import limits

SHIPPED = shipped_models()["lenet5"]


def unpacked(content):
    """A .safetensors file's header, as data, and its tensors' bytes."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def packed(head, data=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


HEAD, DATA = unpacked(SHIPPED.read_bytes())
METADATA = json.loads(HEAD["__metadata__"]["striate"])


def with_text(text):
    """The model that ships with another text as its metadata, and no checksum."""
    return packed({**HEAD, "__metadata__": {"striate": text}}, DATA)


def with_metadata(**parts):
    return with_text(json.dumps({**METADATA, **parts}))


def with_table(**fields):
    return with_metadata(table={**METADATA["table"], **fields})


def with_rows(*rows, last=True):
    """A table of these rows, and a Dense one after them."""
    after = [{"type": "Dense", "name": "Out", "units": 10}] if last else []
    table = {**METADATA["table"], "rows": [*rows, *after], "recipe": {"loss": "cross_entropy"}, "expected": None}
    return with_metadata(table=table, reliability=None)


def inside(depth, row):
    for _ in range(depth):
        row = {"type": "Add", "name": "a", "body": [row]}
    return row


def with_tensor(name, **fields):
    return packed({**HEAD, name: {**HEAD[name], **fields}}, DATA)


DROPOUT = {"type": "Dropout", "name": "d"}
TEXT = HEAD["__metadata__"]["striate"]
FIRST = next(name for name in HEAD if name != "__metadata__")
HOSTILE = {
    "an empty file": (b"", "no header of .safetensors"),
    "seven bytes": (b"striate", "no header"),
    "a pickle": (pickle.dumps({"C1.weight": [1.0]}), "no header of .safetensors; pickles and archives are not read"),
    "a header longer than the file": (struct.pack("<Q", 2**63) + b"{}", "no header"),
    "a long header": (packed(b" " * (limits.MOST_BYTES + 1)), "a header of 4,000,001 bytes, where 4,000,000 are the"),
    "a header of nested lists": (packed(b"[" * 1_000_000), "not a model file"),
    "a header of nested objects": (packed(b'{"a":' * 500_000), "not a model file"),
    "a header that is no text": (packed(bytes(range(128, 256)) * 1000), "not a model file"),
    "no metadata": (packed({}), "not a Striate model of format 1"),
    "metadata that are a list": (packed({"__metadata__": []}), "not a model file"),
    "metadata that are a number": (with_text("17"), "not a Striate model of format 1"),
    "metadata that are no JSON": (with_text("{"), "not a model file"),
    "metadata of nested lists": (with_text("[" * 100_000), "recursion"),
    "metadata of many empty lists": (with_text(f"[{'[],' * 1_000_000}[]]"), "not a Striate model of format 1"),
    "a key twice": (with_text('{"format": 2, ' + TEXT[1:]), "an object has a key twice: format, format"),
    "a number of 4000 digits": (with_metadata(x=int("9" * 4000)), "a whole number of 4000 digits"),
    "NaN": (with_metadata(scores={"top1": float("nan")}), "NaN is no finite number"),
    "1e999": (with_text(TEXT.replace('"seconds": ', '"seconds": 1e999, "x": ', 1)), "1e999 is no finite number"),
    "half a character": (with_metadata(classes=["\ud800", *"123456789"]), "the name of a class is no text"),
    "a class that is a number": (with_metadata(classes=[*range(10)]), "classes are not a list of names"),
    "one class twice": (with_metadata(classes=["a"] * 10), "two classes have one name"),
    "many classes": (with_metadata(classes=[str(i) for i in range(300_000)]), "300000 class names for a table with"),
    "training that is a list": (with_metadata(training=[]), "training and scores are not objects"),
    "no table": (with_metadata(table=None), "table: expected fields, got None"),
    "a table that is a word": (with_metadata(table="lenet5"), "table: expected fields"),
    "a long word for a table": (with_metadata(table="x" * 1_000_000), "table: expected fields, got 'xxx"),
    "a row of no kind": (with_rows({"type": "Exec", "name": "a"}), "unknown type 'Exec'"),
    "a long name of a row": (with_rows({**DROPOUT, "name": "d" * 1_000_000}), "a name has at most 100 letters"),
    "a long name around many rows": (
        with_rows({"type": "Add", "name": "a" * 1_000_000, "body": [{**DROPOUT, "rate": "x"}] * 15_000}),
        "rate: expected a finite number, got 'x'",
    ),
    "a name of torch's": (with_rows({**DROPOUT, "name": "forward"}), "the name 'forward' is taken by torch.nn.Module"),
    "a million units": (with_rows({"type": "Dense", "name": "F", "units": 10**9}), "parameters, too many for a file of"),
    "10^20 - 1 maps": (with_rows({"type": "Conv", "name": "C", "maps": 10**20 - 1, "kernel": 1}), "too many for a file"),
    "a kernel of 10^9": (
        with_rows({"type": "Conv", "name": "C", "maps": 1, "kernel": 10**9, "padding": 10**9}),
        "parameters, too many for a file of",
    ),
    "classes without end": (with_rows({"type": "Dense", "name": "Out", "units": 10**18}, last=False), "10 class names"),
    "an input of 10^6 x 10^6": (
        with_table(input=[1, 10**6, 10**6], rows=[{"type": "AveragePool", "name": "S", "kernel": 10**6, "stride": 1},
                                                  {"type": "Dense", "name": "Out", "units": 10}],
                   recipe={"loss": "cross_entropy"}, expected=None, preprocessing={}),
        "input must have at most 50,331,648 values, as 3x4096x4096",
    ),
    "padding of 10^6": (
        with_rows({"type": "MaxPool", "name": "S", "kernel": 10**6, "stride": 10**6, "padding": 10**6 - 1}),
        "GB, and this machine has",
    ),
    "maps of zeros": (with_rows({"type": "Identity", "name": "I", "maps": 10**9}), "too many for a file of"),
    "10^8 windows": (
        with_table(input=[1, 10**8, 10**8], preprocessing={}, recipe={"loss": "cross_entropy"}, expected=None,
                   rows=[{"type": "AdaptiveAveragePool", "name": "S", "size": 10**8},
                         {"type": "Dense", "name": "Out", "units": 10}]),
        "input must have at most 50,331,648 values, as 3x4096x4096",
    ),
    "a figure of 10^7 pixels": (
        with_table(preprocessing={**METADATA["table"]["preprocessing"], "figure": [20, 10**7]}),
        "figure",
    ),
    "many rows": (with_rows(*({**DROPOUT, "name": f"d{i}"} for i in range(80_000))), "rows and lists in them, where"),
    "many connections": (
        with_rows({"type": "Conv", "name": "C", "maps": 600_000, "kernel": 1, "connections": [[0]] * 600_000}),
        "600,0",
    ),
    "sparse kernels, written out": (
        with_rows({"type": "AdaptiveAveragePool", "name": "A", "size": 1},
                  {"type": "Identity", "name": "I", "maps": 10**8},
                  {"type": "Conv", "name": "C", "maps": 1000, "kernel": 1, "connections": [[0]] * 1000}),
        "one image needs 400 GB, and this machine has",
    ),
    "many prototypes": (with_rows({"type": "RBF", "name": "R", "prototypes": [["#"]] * 300_000}), "rows and lists in"),
    "branches without end": (with_rows(inside(17, DROPOUT)), "row d: is nested in more than 16 others"),
    "branches that no stack bears": (with_rows(inside(200, DROPOUT)), "is nested too deeply"),
    "a wide tower": (with_table(towers=10**18), "towers"),
    "a missing tensor": (packed({n: v for n, v in HEAD.items() if n != FIRST}, DATA), "not a model file"),
    "another dtype": (with_tensor(FIRST, dtype="I32"), f"tensor {FIRST} is I32"),
    "a narrow dtype": (with_tensor(FIRST, dtype="F16"), "not a model file"),
    "a dtype that there is not": (with_tensor(FIRST, dtype="X99"), "not a model file"),
    "another shape": (with_tensor(FIRST, shape=[10**12]), "not a model file"),
    "a shape that overflows": (with_tensor(FIRST, shape=[2**32, 2**32]), "not a model file"),
    "a negative shape": (with_tensor(FIRST, shape=[-1]), "not a model file"),
    "overlapping tensors": (with_tensor("C1.weight", data_offsets=[0, 600]), "not a model file"),
    "bytes after the last tensor": (SHIPPED.read_bytes() + b"\0" * 1_000_000, "not a model file"),
    "a hole between tensors": (
        packed({n: {**v, "data_offsets": [o + 8 for o in v["data_offsets"]]} if n != "__metadata__" else v
                for n, v in HEAD.items()}, b"\0" * 8 + DATA),
        "not a model file",
    ),
}  # fmt: skip
