"""Earth-observation questions: slots, wordings, truth, grading."""
