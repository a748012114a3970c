import errno

import pytest

from reasoning_train.errors import is_disk_full


def raised_from(error: Exception, cause: Exception) -> Exception:
    try:
        raise error from cause
    except Exception as made:
        return made


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        ValueError("RESOURCE_EXHAUSTED: Error writing 'x': No space left on device [os_error=28]"),
        raised_from(RuntimeError("the save failed"), OSError(errno.ENOSPC, "full")),
    ],
)
def test_a_full_disk_is_known_in_every_form(error: Exception) -> None:
    assert is_disk_full(error)


@pytest.mark.parametrize("error", [None, ValueError("no space for doubt"), OSError(errno.EIO, "?")])
def test_other_errors_are_not_taken_for_one(error: Exception | None) -> None:
    assert not is_disk_full(error)
