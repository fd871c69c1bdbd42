"""Shows: scenes to present, their file, and what stands in where a live answer is late, fails or stalls."""
