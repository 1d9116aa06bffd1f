"""Write the message classes of the contract into the package, or check that they are current.

Needs ``grpcio-tools``==1.76.0: another version writes other code.
"""

import sys
import tempfile
from importlib.resources import files as resources
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).parent
CONTRACT = HERE.parent.parent / "proto"
PACKAGE = HERE / "python"


def main() -> int:
    """Write or check."""
    files = sorted(str(path.relative_to(CONTRACT)) for path in CONTRACT.rglob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        code = protoc.main(
            [
                "protoc",
                f"-I{CONTRACT}",
                f"-I{resources('grpc_tools') / '_proto'}",
                f"--python_out={folder}",
                f"--pyi_out={folder}",
                *files,
            ]
        )
        if code:
            return code
        made = {path.relative_to(folder): path.read_text() for path in Path(folder).rglob("*_pb2*")}
    held = {path.relative_to(PACKAGE): path.read_text() for path in PACKAGE.rglob("*_pb2*")}
    if "--check" in sys.argv:
        stale = sorted(str(path) for path in made.keys() | held if made.get(path) != held.get(path))
        for path in stale:
            print(f"{path} is not what the contract gives; run make_stubs.py", file=sys.stderr)
        return bool(stale)
    for path in held.keys() - made.keys():
        (PACKAGE / path).unlink()
    for path, text in made.items():
        (PACKAGE / path).parent.mkdir(parents=True, exist_ok=True)
        (PACKAGE / path).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
