"""Parts of a training loop around its steps: batches, meter, progress, guards, signals."""
