"""How much memory a process takes."""

from pathlib import Path


def resident_bytes(process: int | None = None) -> int:
    """Bytes a process holds in RAM; this one when no id is given. 0 where the system does not tell."""
    status = Path(f"/proc/{process or 'self'}/status")
    try:
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)
