"""What a training loop needs around its steps: batches, meter, progress, guards, signals."""
