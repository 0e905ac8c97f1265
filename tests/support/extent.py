"""How far a campaign goes: a part in CI, all of it where `bench/campaign.py` asks for it."""

import os

ALL = bool(os.environ.get("FAULTS_ALL"))
"""Whether everything is run: every way to fail, every byte, every company, every seed's people."""
SEED = int(os.environ.get("FAULTS_SEED", "20261122"))
"""What campaigns are drawn from; `bench/campaign.py` draws others."""
