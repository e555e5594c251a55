"""What learns and what is exported: preprocessing, models, losses, Dice, fitting, signatures."""
