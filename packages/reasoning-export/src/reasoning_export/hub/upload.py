"""Uploads an export to the Hugging Face Hub; with `kaggle.upload`, all that uses the network.

A repository is created private. All files arrive in a single commit, after the large ones were
sent, so that nobody ever sees half of an export; only then is it made public, if that is wanted.
Large files are stored by their content: what an interrupted upload has sent is not sent again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from reasoning_export.card.provenance import FILE
from reasoning_export.errors import ExportError, UploadError
from reasoning_export.hub.repository import Repository
from reasoning_export.verification import verify

if TYPE_CHECKING:
    from huggingface_hub import HfApi

OWN = (".gitattributes",)
"""What the Hub itself puts into a new repository."""
WEIGHTS = (".safetensors", ".safetensors.index.json", ".gguf")
"""Files that an earlier export may leave behind, and that a loader would take for this one's."""


def check_ready(repository: Repository) -> None:
    """Check the library, the token and the owner before spending time on an export.

    Raises:
        ExportError: huggingface_hub or a valid token is missing, or the owner is somebody else.
        UploadError: The Hub cannot be reached.
    """
    try:
        from huggingface_hub import HfApi, get_token
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError:
        raise ExportError("uploading needs huggingface_hub; pip install huggingface_hub") from None
    if get_token() is None:
        raise ExportError(
            "no token for the Hub; put one with write access into HF_TOKEN, or run `hf auth login`"
        )
    with _told(repository, "is not checked yet"):
        try:
            who = HfApi().whoami()
        except HfHubHTTPError as error:
            if error.response.status_code in (401, 403):
                raise ExportError(
                    "the Hub does not know this token; make one with write access and put it "
                    "into HF_TOKEN, or run `hf auth login`"
                ) from None
            raise
    token = who.get("auth", {}).get("accessToken", {})
    if token.get("role") == "read":
        raise ExportError("this token may only read; make one with write access")
    owners = [str(who.get("name")), *(str(x.get("name")) for x in who.get("orgs") or [])]
    if repository.owner.lower() not in map(str.lower, owners):
        raise ExportError(
            f"this token belongs to {owners[0]!r}, which cannot write to {repository.owner!r}; "
            f"the owner can be {', '.join(owners)}"
        )


def upload(out: Path, repository: Repository, *, public: bool = False, message: str = "") -> str:
    """Upload an export in one commit, as a new version if the repository exists.

    Args:
        out: The export.
        repository: Where to.
        public: Make the repository public afterwards; else a new one stays private.
        message: Of the commit.

    Returns:
        The address of the commit.

    Raises:
        ExportError: The export has changed, or the repository holds what is not an export.
        UploadError: The Hub refused, or cannot be reached; the export stays as it is.
    """
    verify(out)
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi()
    files = sorted(path for path in out.rglob("*") if path.is_file())
    names = [path.relative_to(out).as_posix() for path in files]
    with _told(repository, "holds what it held before"):
        api.create_repo(str(repository), private=True, exist_ok=True)
        old = _stale(api, repository, names)
        commit = api.create_commit(
            str(repository),
            [
                *(CommitOperationDelete(name) for name in old),
                *(CommitOperationAdd(*pair) for pair in zip(names, files, strict=True)),
            ],
            commit_message=message or "Upload an export of reasoning-export",
        )
    if public:
        with _told(repository, "is complete and private"):
            api.update_repo_settings(str(repository), private=False)
    return str(commit.commit_url)


def _stale(api: "HfApi", repository: Repository, names: list[str]) -> list[str]:
    """Weights of an earlier export that the new one does not replace.

    Raises:
        ExportError: The repository holds something else than an export.
    """
    info = api.model_info(str(repository))
    there = {file.rfilename for file in info.siblings or []} - set(OWN)
    if there and FILE not in there:
        raise ExportError(
            f"{repository} holds {min(there)!r} and no {FILE}: it was not made by "
            "reasoning-export; choose another name"
        )
    return sorted(name for name in there - set(names) if name.endswith(WEIGHTS))


@contextmanager
def _told(repository: Repository, state: str) -> Iterator[None]:
    """Turn whatever an upload fails with into one line that says what to do.

    `huggingface_hub` raises errors of httpx, of its storage clients, and bare ones around them.
    """
    try:
        yield
    except ExportError:
        raise
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        reason = next((x.strip() for x in str(cause).splitlines() if x.strip()), repr(cause))
        raise UploadError(
            f"the Hub did not take {repository}, which {state}: {reason}; "
            "run the same command again: what was sent is not sent again"
        ) from error
