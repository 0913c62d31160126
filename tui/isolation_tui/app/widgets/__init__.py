"""The parts that screens are made of. Each shows a run; none changes it."""
