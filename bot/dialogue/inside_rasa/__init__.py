"""What runs inside Rasa's own Python: the only code of ours that the dialogue engine imports."""
