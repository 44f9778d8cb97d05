"""Task generators, graders, evaluation runs and performance benchmarks."""
