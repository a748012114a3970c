import subprocess
import sys

HEAVY = ("datasets", "pyarrow", "pandas", "transformers", "sentencepiece", "rensa", "rich")


def test_the_import_is_light():
    code = f"import sys, reasoning_data; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
