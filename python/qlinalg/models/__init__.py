"""Language models as readable linalg, from their configuration and the names of their tensors."""
