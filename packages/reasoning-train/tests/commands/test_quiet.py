import errno
import logging

import pytest

from reasoning_train.commands.quiet import hush_libraries


@pytest.fixture(autouse=True)
def hushed() -> None:
    hush_libraries()


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("name", ["absl", "asyncio"])
def test_a_full_disk_is_not_said_again_for_every_array(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger(name)
    try:
        raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        logger.exception("Task exception was never retrieved")
    logger.error("a thread raised: RESOURCE_EXHAUSTED: No space left on device")
    logger.error("the checkpoint has no metadata")
    assert [record.getMessage() for record in caplog.records] == ["the checkpoint has no metadata"]
