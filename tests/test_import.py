import subprocess
import sys


def test_import_loads_nothing_heavy():
    code = "import sys, vesalius; print(*{'torch', 'numpy', 'scipy', 'sklearn', 'matplotlib'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_public_names_are_there():
    import vesalius

    assert all(getattr(vesalius, name) for name in vesalius.__all__)
