"""Start a receiver as `tocsin sync` starts: what stands by is forked before all else is imported.

python -m benchmarks.pulling HOME ENDPOINT SERVER_PID SAMPLE DATABASE_URL
"""

import sys

from node.standby import stand_by

if __name__ == "__main__":
    standby = stand_by()
    from benchmarks.receiver import receive

    receive(standby, *sys.argv[1:])
