"""The classifier of car makes: its photographs, its fit, its signature; a second Trainer."""
