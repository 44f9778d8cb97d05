"""The held-out questions: written before the model was trained, shared with no training wording."""
