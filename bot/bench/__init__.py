"""The benchmark: our whole check-in turns beside stock Rasa's, measured in one run."""
