"""campaigns.csv: which network a campaign belongs to."""

from pathlib import Path

import numpy as np

from producer.sending import ProducerError


def write(file: Path, count: int, networks: int, seed: int, header: bool) -> int:
    """Write campaigns 1 to `count`, each in a network from 1 to `networks`. Returns the number of campaigns."""
    network_ids = np.random.default_rng(seed).integers(1, networks, size=count, endpoint=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as out:
        if header:
            out.write("campaign_id,network_id\n")
        out.writelines(f"{campaign},{network}\n" for campaign, network in enumerate(network_ids, start=1))
    return count


def ids(choice: str) -> np.ndarray:
    """Campaign ids: 1 to N for a number N, otherwise the first column of that CSV file, a header left out."""
    if choice.isdigit() and int(choice) > 0:
        return np.arange(1, int(choice) + 1)
    try:
        lines = Path(choice).read_text().splitlines()
    except OSError as e:
        raise ProducerError(f"--campaigns takes a number or a CSV file; {choice}: {e.strerror}.") from e
    found = [int(line.split(",")[0]) for line in lines if line.split(",")[0].strip().isdigit()]
    if not found:
        raise ProducerError(f"{choice} names no campaign: its lines should be campaign_id,network_id.")
    return np.array(found)
