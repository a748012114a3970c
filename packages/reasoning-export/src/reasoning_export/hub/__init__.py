"""The Hugging Face Hub: a repository's name, and uploads to it."""
