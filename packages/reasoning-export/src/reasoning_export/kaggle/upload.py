"""Uploads a staged folder with kagglehub; with `hub.upload`, all that uses the network."""

from pathlib import Path

from reasoning_export.errors import ExportError, UploadError
from reasoning_export.kaggle.model_folder import FILES, open_staged
from reasoning_export.kaggle.model_metadata import INSTANCE_FILE, NO_OWNER, KaggleTarget
from reasoning_export.verification import verify


def upload(out: Path, notes: str = "") -> str:
    """Upload a staged folder, as a new version if the variation exists.

    Within one call, kagglehub resumes a broken transfer; a second call sends all files.

    Returns:
        The variation's handle.

    Raises:
        ExportError: kagglehub or credentials are missing, no owner is set, the folder has changed.
        UploadError: Kaggle refused, or cannot be reached; the staged folder stays as it is.
    """
    target = open_staged(out)
    check_ready(target)
    verify(out)
    import kagglehub
    import requests
    from kagglehub.exceptions import BackendError

    try:
        kagglehub.model_upload(
            target.handle,
            str(out / FILES),
            license_name=target.licence,
            version_notes=notes,
            ignore_patterns=[INSTANCE_FILE],
        )
    except (requests.RequestException, BackendError) as error:
        raise UploadError(
            f"Kaggle did not take {target.handle}: {error}; "
            f"{str(out)!r} is complete, run the upload again"
        ) from error
    return target.handle


def check_ready(target: KaggleTarget) -> None:
    """Check credentials and owner before spending time on an export.

    Raises:
        ExportError: kagglehub or credentials are missing, or no owner is set.
    """
    if target.owner == NO_OWNER:
        raise ExportError("no owner is known; give --owner, your name on Kaggle")
    try:
        from kagglehub.config import get_kaggle_credentials
    except ImportError:
        raise ExportError("uploading needs kagglehub; pip install kagglehub") from None
    if get_kaggle_credentials() is None:
        raise ExportError(
            "no Kaggle credentials; put a token into KAGGLE_API_TOKEN, or "
            "set KAGGLE_USERNAME and KAGGLE_KEY (kaggle.com, Settings, API)"
        )
