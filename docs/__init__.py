"""Pictures and pages a README is too short for, and the script that makes the pictures."""
