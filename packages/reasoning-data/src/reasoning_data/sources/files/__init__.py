"""Read rows from files: JSONL, JSON, CSV and Parquet, compressed or plain."""
