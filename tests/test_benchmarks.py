"""A measurement that can not be finished ends, and says why."""

import asyncio
import sys

import pytest

from benchmarks import alerting


@pytest.mark.parametrize(
    ("program", "said"),
    [("import time; time.sleep(60)", "within 0 s: measure on a quieter machine"), ("", "its process ended")],
)
def test_who_never_hears_an_alert_is_not_waited_for_for_ever(
    program: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "PATIENCE_SECONDS", 0.3 if program else 60)

    async def wait() -> None:
        command = (sys.executable, "-S", "-c", program)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        try:
            await alerting._line_of(process, alerting.NOT_ALL)
        finally:
            await alerting._ended(process)

    with pytest.raises(RuntimeError, match=said) as error:
        asyncio.run(wait())
    assert "began to listen after it was rung" in str(error.value)
