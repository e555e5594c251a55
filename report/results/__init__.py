"""What a run's fits and its gate wrote, and the sections about it."""
