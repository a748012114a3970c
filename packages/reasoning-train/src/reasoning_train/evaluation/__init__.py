"""What training did and whether it is real: predictions, scores, comparisons, alarms."""
