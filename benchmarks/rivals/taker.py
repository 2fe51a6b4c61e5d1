"""Start a receiver as `tocsin sync` starts: what stands by is forked before all else is imported.

python -m benchmarks.rivals.taker HOME ENDPOINT PID[,PID] DATABASE_URL
"""

import sys

from node.standby import stand_by

if __name__ == "__main__":
    standby = stand_by()
    from benchmarks.rivals.taking import take

    take(standby, *sys.argv[1:])
