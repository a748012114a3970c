"""Downloads of models from the Hugging Face hub and Kaggle; nothing else here uses the network."""

import errno
from contextlib import suppress
from functools import partial
from pathlib import Path

from reasoning_train.errors import UserError

HUB_FILES = ["*.json", "*.safetensors", "tokenizer.model", "*.jinja"]
ELSE = "or give a folder: --model.weights DIR"


def hub_folder(repository: str, revision: str | None = None) -> Path:
    """Return the snapshot of a Hugging Face repository, downloading it unless it is cached.

    Args:
        repository: Id of the repository, `owner/name`.
        revision: Commit; None for the newest.

    Returns:
        The snapshot's folder, which is named after its commit.

    Raises:
        UserError: The snapshot cannot be downloaded.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError

    take = partial(snapshot_download, repository, revision=revision, allow_patterns=HUB_FILES)
    if revision is not None:
        with suppress(LocalEntryNotFoundError):
            return Path(take(local_files_only=True))
    try:
        return Path(take())
    except GatedRepoError as error:
        raise UserError(
            f"{repository!r} is behind a licence: accept it on the model's page and log in "
            f"(`hf auth login`, or HF_TOKEN), {ELSE}"
        ) from error
    except (OSError, ValueError) as error:
        raise _cannot(repository, error) from error


def kaggle_folder(handle: str) -> Path:
    """Return the folder of a Kaggle model that is attached, cached, or now downloaded.

    Args:
        handle: `owner/model/framework/variation[/version]`, without a version for the newest.

    Raises:
        UserError: The model cannot be downloaded.
    """
    import kagglehub
    from kagglehub import exceptions

    try:
        return Path(kagglehub.model_download(handle))
    except (exceptions.UnauthenticatedError, exceptions.CredentialError) as error:
        raise UserError(
            f"{handle!r} needs a Kaggle account: set KAGGLE_USERNAME and KAGGLE_KEY, {ELSE}"
        ) from error
    except (
        OSError,
        ValueError,
        exceptions.BackendError,
        exceptions.DataCorruptionError,
        exceptions.NotFoundError,
    ) as error:
        raise _cannot(handle, error) from error


def _cannot(name: str, error: Exception) -> Exception:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return error
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UserError(f"cannot download {name!r}: {reason} ({ELSE})")
